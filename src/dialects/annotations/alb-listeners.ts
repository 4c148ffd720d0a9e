/** The `listen-ports` annotation: which ports an ALB listens on. */
import { parseJson } from './json-value.ts'

export interface AlbListener {
  readonly protocol: 'HTTP' | 'HTTPS'
  readonly port: number
}

export type ParsedListeners =
  | { readonly ok: true; readonly listeners: readonly AlbListener[] }
  | { readonly ok: false; readonly problem: string }

const WANTED = 'write \'[{"HTTP": 80}, {"HTTPS": 443}]\''

/**
 * Reads `[{"HTTP":80},{"HTTPS":443}]`; one object with both keys means the same. Numbers may be quoted. An empty array
 * and a port with two protocols are problems, as they are for the AWS controller.
 */
export function parseListenPorts(text: string): ParsedListeners {
  const json = parseJson(text)
  if (!json.ok) return json
  if (!Array.isArray(json.value)) return fail(`it is not a JSON array; ${WANTED}`)
  const protocols = new Map<number, AlbListener['protocol']>()
  for (const entry of json.value as readonly unknown[]) {
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
      return fail(`an entry is not an object; ${WANTED}`)
    }
    for (const [protocol, value] of Object.entries(entry)) {
      if (protocol !== 'HTTP' && protocol !== 'HTTPS') {
        return fail(`the protocol ${JSON.stringify(protocol)} is not known; write "HTTP" or "HTTPS" in capitals`)
      }
      const port = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value
      if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) {
        return fail(`the port of ${protocol} is not a number from 1 to 65535; ${WANTED}`)
      }
      if ((protocols.get(port) ?? protocol) !== protocol)
        return fail(`port ${port} has two protocols; use a port for each`)
      protocols.set(port, protocol)
    }
  }
  if (protocols.size === 0) return fail(`it names no port; ${WANTED}`)
  return { ok: true, listeners: [...protocols].map(([port, protocol]) => ({ protocol, port })) }
}

function fail(problem: string): ParsedListeners {
  return { ok: false, problem }
}
