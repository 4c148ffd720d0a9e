/** JSON as annotations carry it: keys are matched whatever their case, the way Go decodes them. */

export type JsonObject = ReadonlyMap<string, unknown>

export type ParsedJson =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: string }

/** Parses JSON text; the problem of broken text names the place in it. */
export function parseJson(text: string): ParsedJson {
  try {
    return { ok: true, value: JSON.parse(text) as unknown }
  } catch (error) {
    const where = error instanceof SyntaxError ? error.message.replaceAll(/\s+/g, ' ') : 'syntax error'
    return { ok: false, problem: `it is not JSON (${where.slice(0, 120)}); check quotes, commas and brackets` }
  }
}

/** The members of a JSON object under lower-cased keys; `null` for anything else. The last of two equal keys wins. */
export function toObject(value: unknown): JsonObject | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  return new Map(Object.entries(value).map(([key, member]) => [key.toLowerCase(), member]))
}

/** A text member; `undefined` when absent or of another type. Numbers become their digits, as ports may be either. */
export function textOf(object: JsonObject, key: string): string | undefined {
  const value = object.get(key.toLowerCase())
  if (typeof value === 'string') return value
  return typeof value === 'number' ? String(value) : undefined
}
