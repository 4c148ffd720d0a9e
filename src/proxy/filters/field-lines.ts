/** Reads single fields out of `Name: value\r\n` lines, where a filter wants one or two and nobody parsed them. */

/**
 * Values of all fields of a name, trimmed, in order.
 *
 * @param name lower-case
 */
export function fieldValues(lines: string, name: string): readonly string[] {
  const values: string[] = []
  for (let at = 0; at < lines.length;) {
    const next = lines.indexOf('\n', at) + 1
    const end = next === 0 ? lines.length : next
    if (lines.charCodeAt(at + name.length) === 0x3a && lines.slice(at, at + name.length).toLowerCase() === name) {
      values.push(lines.slice(at + name.length + 1, end).trim())
    }
    at = end
  }
  return values
}
