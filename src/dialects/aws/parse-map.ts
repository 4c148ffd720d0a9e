/** `k=v,k=v` of AWS annotations. */

export type ParsedMap =
  | {
      readonly ok: true
      readonly value: Readonly<Record<string, string>>
      /** The text ends in a comma, which belongs to the last value. */
      readonly hasTrailingComma: boolean
    }
  | { readonly ok: false; readonly problem: string }

/**
 * Splits at commas and each item at its first `=`, and trims. A backslash quotes the next character; a comma that ends
 * the text belongs to the last value, as it does for the AWS controller. Of two equal keys the last one counts.
 */
export function parseMap(text: string): ParsedMap {
  const entries: [string, string][] = []
  const { items, hasTrailingComma } = splitItems(text)
  for (const item of items) {
    const equals = item.indexOf('=')
    const key = item.slice(0, Math.max(equals, 0)).trim()
    if (equals < 0 || key === '') {
      const shown = JSON.stringify(item.trim().slice(0, 60))
      return {
        ok: false,
        problem: `${shown} is not a pair; write key=value,key=value and "\\," for a comma in a value`,
      }
    }
    entries.push([key, item.slice(equals + 1).trim()])
  }
  return { ok: true, value: Object.fromEntries(entries), hasTrailingComma }
}

function splitItems(text: string): { readonly items: readonly string[]; readonly hasTrailingComma: boolean } {
  const items: string[] = []
  let item = ''
  let hasTrailingComma = false
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if (char === '\\' && i + 1 < text.length) item += text[++i]
    else if (char !== ',') item += char
    else if (i === text.length - 1) {
      item += char
      hasTrailingComma = true
    } else {
      items.push(item)
      item = ''
    }
  }
  if (text.trim() !== '') items.push(item)
  return { items, hasTrailingComma }
}
