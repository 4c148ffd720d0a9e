/** Finds where a text stops being JSON (RFC 8259), because `JSON.parse` does not always say. */

/** What is wrong with a text that `JSON.parse` refused. */
export interface JsonFault {
  readonly offset: number
  readonly words: string
}

type Due = 'value' | 'value or ]' | 'name or }' | 'name' | ':' | ', or end' | 'end'

const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])|(?:true|false|null)(?!\w)/y

/** The first place that no JSON value can have, or the end when the value is unfinished. */
export function findJsonFault(text: string): JsonFault {
  const open: ('{' | '[')[] = []
  let due: Due = 'value'
  let at = 0
  for (;;) {
    at = skipSpace(text, at)
    if (at >= text.length) break
    const mark = text.charAt(at)
    const isValueDue: boolean = due === 'value' || due === 'value or ]'
    if (mark === '"' && (isValueDue || due === 'name' || due === 'name or }')) {
      const end = findStringEnd(text, at)
      if (end.isBad)
        return { offset: end.at, words: 'a text has a line break, a tab or an unknown escape in it, or is not closed' }
      at = end.at
      due = isValueDue ? afterValue(open) : ':'
    } else if ((mark === '{' || mark === '[') && isValueDue) {
      open.push(mark)
      due = mark === '{' ? 'name or }' : 'value or ]'
      at++
    } else if (closes(mark, open.at(-1), due)) {
      open.pop()
      due = afterValue(open)
      at++
    } else if (mark === ':' && due === ':') {
      due = 'value'
      at++
    } else if (mark === ',' && due === ', or end') {
      due = open.at(-1) === '{' ? 'name' : 'value'
      at++
    } else {
      SCALAR.lastIndex = at
      const scalar = isValueDue ? SCALAR.exec(text) : null
      if (scalar === null) return { offset: at, words: describeDue(due) }
      at += scalar[0].length
      due = afterValue(open)
    }
  }
  return { offset: Math.max(0, text.length - 1), words: 'the JSON text ends too early; close what is open' }
}

function afterValue(open: readonly string[]): Due {
  return open.length === 0 ? 'end' : ', or end'
}

function closes(mark: string, open: string | undefined, due: Due): boolean {
  if (mark === '}') return open === '{' && (due === 'name or }' || due === ', or end')
  return mark === ']' && open === '[' && (due === 'value or ]' || due === ', or end')
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (at < text.length && ' \t\r\n'.includes(text.charAt(at))) at++
  return at
}

function findStringEnd(text: string, quote: number): { readonly at: number; readonly isBad: boolean } {
  const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y
  for (let at = quote + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x22) return { at: at + 1, isBad: false }
    if (code < 0x20) return { at, isBad: true }
    if (code !== 0x5c) continue
    escape.lastIndex = at
    const match = escape.exec(text)
    if (match === null) return { at, isBad: true }
    at += match[0].length - 1
  }
  return { at: quote, isBad: true }
}

function describeDue(due: Due): string {
  switch (due) {
    case 'value':
    case 'value or ]':
      return 'a JSON value is due here; write one, with text in double quotes, and no comma after the last'
    case 'name':
    case 'name or }':
      return 'a name in double quotes is due here; write one, and no comma after the last field'
    case ':':
      return 'a ":" is due after the name'
    case ', or end':
      return 'a "," or the closing bracket is due here'
    case 'end':
      return 'nothing may follow the JSON value'
  }
}
