/** Recognises templates that write one JSON object a line, and keeps what they write valid JSON. */
import type { TemplatePart } from './template.ts'

const JSON_LITERAL = /^(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)$/

/**
 * Says for each part whether it lies inside a JSON string, or `null` when the template is no JSON object.
 * Variables outside strings must be whole values: `{"a": $status}` is JSON, `{"a": 1$status}` is not.
 */
export function findJsonStrings(parts: readonly TemplatePart[]): readonly boolean[] | null {
  let isInside = false
  let probe = ''
  const flags: boolean[] = []
  for (const part of parts) {
    flags.push(isInside)
    if (part.kind === 'variable') {
      // `null` glued to anything else is no JSON value, `x` inside a string always is text.
      probe += isInside ? 'x' : 'null'
      continue
    }
    isInside = endsInsideString(part.text, isInside)
    probe += part.text
  }
  return isJsonObject(probe) ? flags : null
}

/** Writes a value where JSON expects one: numbers and literals as they are, nothing as `null`, other text as a string. */
export function toJsonValue(value: string | null, escape: (value: string) => string): string {
  if (value === null || value === '') return 'null'
  return JSON_LITERAL.test(value) ? value : `"${escape(value)}"`
}

function endsInsideString(text: string, isInside: boolean): boolean {
  let inside = isInside
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (inside && character === '\\') i++
    else if (character === '"') inside = !inside
  }
  return inside
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}
