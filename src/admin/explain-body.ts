/** Reads the JSON body of `POST /api/v1/explain`. */
import type { ExplainInput } from '../routing/explain-request.ts'

const FIELDS = new Set(['url', 'method', 'headers', 'clientIp'])
const SHAPE =
  'send {"url": "https://host/path", "method"?, "headers"?: {"Name": "value"} or ["Name: value"], "clientIp"?}'

/** Header values are text or, for repeated headers, lists of text. */
export function parseExplainBody(body: string): { readonly value: ExplainInput } | { readonly error: string } {
  let parsed: unknown
  try {
    parsed = JSON.parse(body)
  } catch {
    return { error: `Cannot read the question: it is not JSON; ${SHAPE}` }
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    return { error: `Cannot read the question: it is not a JSON object; ${SHAPE}` }
  const fields = new Map<string, unknown>(Object.entries(parsed))
  for (const name of fields.keys())
    if (!FIELDS.has(name)) return { error: `Cannot read the question: ${JSON.stringify(name)} is unknown; ${SHAPE}` }

  const url = fields.get('url')
  if (typeof url !== 'string') return { error: `Cannot read the question: "url" is not text; ${SHAPE}` }
  const method = fields.get('method')
  if (!isOptionalText(method)) return { error: `Cannot read the question: "method" is not text; ${SHAPE}` }
  const clientIp = fields.get('clientIp')
  if (!isOptionalText(clientIp)) return { error: `Cannot read the question: "clientIp" is not text; ${SHAPE}` }
  const headers = readHeaderLines(fields.get('headers'))
  if (headers === null) return { error: `Cannot read the question: "headers" holds something else than text; ${SHAPE}` }
  return {
    value: {
      url,
      headers,
      ...(typeof method === 'string' ? { method } : {}),
      ...(typeof clientIp === 'string' ? { clientIp } : {}),
    },
  }
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || value === null || typeof value === 'string'
}

function readHeaderLines(value: unknown): readonly string[] | null {
  if (value === undefined || value === null) return []
  if (Array.isArray(value)) return value.every((line) => typeof line === 'string') ? value : null
  if (typeof value !== 'object') return null
  const lines: string[] = []
  for (const [name, given] of Object.entries(value)) {
    const values: unknown[] = Array.isArray(given) ? given : [given]
    for (const text of values) {
      if (typeof text !== 'string') return null
      lines.push(`${name}: ${text}`)
    }
  }
  return lines
}
