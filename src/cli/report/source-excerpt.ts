/** The line a finding points at, cut to fit, with a caret line under the word that is meant. */
import { characterWidth, displayWidth } from './display-width.ts'
import { escapeLine } from './escape.ts'

export interface Excerpt {
  /** Safe to print. */
  readonly text: string
  /** Spaces and carets. */
  readonly carets: string
}

const TAB = '    '
/** Columns kept before the caret when a line is too long to show whole. */
const LEAD = 24
const MARK = '…'

/**
 * Renders one source line. `column` is one-based and counts UTF-16 units, as parsers do; `maxWidth` is in terminal
 * columns, and a longer line is shown from a little before the column on.
 */
export function toExcerpt(line: string, column: number, maxWidth: number): Excerpt {
  const start = Math.min(Math.max(column - 1, 0), line.length)
  const width = Math.max(maxWidth, LEAD + 8)
  const before = render(line.slice(0, start))
  const marked = render(line.slice(start, start + markedLength(line, start)))
  const after = render(line.slice(start + markedLength(line, start)))
  const whole = `${before}${marked}${after}`
  if (displayWidth(whole) <= width) return { text: whole.trimEnd(), carets: under(before, marked, width) }
  const lead = displayWidth(before) > LEAD ? `${MARK}${takeEnd(before, LEAD - 1)}` : before
  const room = width - displayWidth(lead) - 1
  return { text: `${lead}${takeStart(`${marked}${after}`, room)}${MARK}`, carets: under(lead, marked, width) }
}

function under(before: string, marked: string, width: number): string {
  const indent = displayWidth(before)
  const length = Math.min(Math.max(displayWidth(marked), 1), Math.max(width - indent - 1, 1))
  return `${' '.repeat(indent)}${'^'.repeat(length)}`
}

/**
 * How many UTF-16 units the value or key at `start` takes: a quoted scalar whole, a plain one up to `: `, ` #` or the
 * end, and up to the next `,`, `]` or `}` inside flow collections.
 */
function markedLength(line: string, start: number): number {
  const rest = line.slice(start)
  const quoted = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')/.exec(rest)
  if (quoted !== null) return quoted[0].length
  const isFlow = /[[{]/.test(line.slice(0, start))
  const end = rest.search(isFlow ? /:(?:\s|$)|\s#|[,\]}]|$/ : /:(?:\s|$)|\s#|$/)
  return rest.slice(0, Math.max(end, 0)).trimEnd().length
}

function render(text: string): string {
  return escapeLine(text.replaceAll('\t', TAB))
}

function takeStart(text: string, width: number): string {
  let taken = ''
  let used = 0
  for (const character of text) {
    used += characterWidth(character)
    if (used > width) break
    taken += character
  }
  return taken
}

function takeEnd(text: string, width: number): string {
  let taken = ''
  let used = 0
  for (const character of Array.from(text).reverse()) {
    used += characterWidth(character)
    if (used > width) break
    taken = character + taken
  }
  return taken
}
