/**
 * Cuts a file into documents before any is parsed, so that a mistake in one cannot swallow the next: by YAML 1.2
 * section 9.1.2 a line that begins with `---` or `...` ends a document wherever it stands, quoted text included.
 */

/** A part of a file. */
export interface Slice {
  readonly text: string
  /** Offset of the part in the file. */
  readonly start: number
}

const MARKER = /(?<![^\n])(?:---|\.\.\.)(?=[ \t\r\n]|$)/g
const ONLY_DIRECTIVES = /^(?:[ \t\r]*(?:[%#][^\n]*)?\n)*$/

/** Documents of a YAML stream, each with its own markers and directives. Some may be empty. */
export function splitYaml(text: string): Slice[] {
  const slices: Slice[] = []
  let start = 0
  for (const marker of text.matchAll(MARKER)) {
    const isEnd = marker[0] === '...'
    const lineEnd = text.indexOf('\n', marker.index)
    const cut = isEnd ? (lineEnd === -1 ? text.length : lineEnd + 1) : marker.index
    const pending = text.slice(start, cut)
    // `%YAML 1.1` stands before the `---` of the document that it belongs to.
    if (!isEnd && pending.includes('%') && ONLY_DIRECTIVES.test(pending)) continue
    slices.push({ text: pending, start })
    start = cut
  }
  slices.push({ text: text.slice(start), start })
  return slices
}

/** Values of a JSON stream (`{...} {...}`), one slice each; an unfinished last value is a slice too. */
export function splitJson(text: string): Slice[] {
  const slices: Slice[] = []
  let start = skipSpace(text, 0)
  while (start < text.length) {
    const end = findValueEnd(text, start)
    slices.push({ text: text.slice(start, end), start })
    start = skipSpace(text, end)
  }
  return slices
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (at < text.length && ' \t\r\n'.includes(text.charAt(at))) at++
  return at
}

/** End of the value at `from`: after its last bracket, or at white space for anything that is not in brackets. */
function findValueEnd(text: string, from: number): number {
  const marks = /["{}[\]]|\s/g
  let depth = 0
  marks.lastIndex = from
  for (let match = marks.exec(text); match !== null; match = marks.exec(text)) {
    const [mark] = match
    if (mark === '"') marks.lastIndex = skipString(text, match.index)
    else if (mark === '{' || mark === '[') depth++
    else if (mark === '}' || mark === ']') depth--
    else if (depth > 0) continue
    else if (match.index > from) return match.index
    if (depth <= 0 && (mark === '}' || mark === ']')) return match.index + 1
  }
  return text.length
}

function skipString(text: string, quote: number): number {
  for (let at = quote + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x5c) at++
    else if (code === 0x22) return at + 1
  }
  return text.length
}
