/**
 * The grammar of nginx configuration text: words, quotes, comments, blocks. Read to say what a refused snippet was meant to
 * do; nothing of it is ever executed.
 */

export interface Directive {
  /** One-based line of its first word. */
  readonly line: number
  readonly name: string
  /** Without quotes, with variables as they stand. */
  readonly args: readonly string[]
  /** `null` for a directive that ends in `;`. */
  readonly block: readonly Directive[] | null
}

export type ParsedSnippet =
  | { readonly ok: true; readonly directives: readonly Directive[] }
  | { readonly ok: false; readonly line: number; readonly state: string }

/** Longer texts are not read. */
const LONGEST_TEXT = 65_536
const DEEPEST = 8

type Token = { readonly line: number; readonly kind: 'word' | ';' | '{' | '}'; readonly text: string }

export function parseSnippet(text: string): ParsedSnippet {
  if (text.length > LONGEST_TEXT) return { ok: false, line: 1, state: `it has more than ${LONGEST_TEXT} characters` }
  const tokens = tokenize(text)
  const reader = { tokens, at: 0 }
  const directives = readBlock(reader, 0)
  if (typeof directives === 'string') {
    return { ok: false, line: tokens[Math.min(reader.at, tokens.length - 1)]?.line ?? 1, state: directives }
  }
  return { ok: true, directives }
}

interface Reader {
  readonly tokens: readonly Token[]
  at: number
}

/** @returns what is wrong, for a text that is no configuration */
function readBlock(reader: Reader, depth: number): readonly Directive[] | string {
  const out: Directive[] = []
  if (depth > DEEPEST) return 'its blocks are nested too deeply'
  while (reader.at < reader.tokens.length) {
    const first = reader.tokens[reader.at]!
    if (first.kind === '}') return depth === 0 ? 'a "}" closes nothing' : out
    reader.at++
    if (first.kind === ';') continue
    if (first.kind === '{') return 'a block has no name'
    const directive = readDirective(reader, first, depth)
    if (typeof directive === 'string') return directive
    out.push(directive)
  }
  return depth === 0 ? out : 'a block is not closed'
}

function readDirective(reader: Reader, first: Token, depth: number): Directive | string {
  const args: string[] = []
  const { line, text: name } = first
  for (;;) {
    const token = reader.tokens[reader.at]
    if (token === undefined) return `${name} is not ended by ";"`
    if (token.kind === '}') return `${name} is not ended by ";"`
    reader.at++
    if (token.kind === ';') return { line, name, args, block: null }
    if (token.kind === '{') break
    args.push(token.text)
  }
  if (name.endsWith('_by_lua_block')) {
    skipBlock(reader)
    return { line, name, args, block: [] }
  }
  const block = readBlock(reader, depth + 1)
  if (typeof block === 'string') return block
  reader.at++
  return { line, name, args, block }
}

/** Another language: only its braces count. */
function skipBlock(reader: Reader): void {
  for (let depth = 1; depth > 0 && reader.at < reader.tokens.length; reader.at++) {
    const { kind } = reader.tokens[reader.at]!
    if (kind === '{') depth++
    else if (kind === '}') depth--
  }
}

function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = []
  let line = 1
  for (let at = 0; at < text.length;) {
    const char = text[at]!
    if (char === '\n') line++
    if (/\s/.test(char)) at++
    else if (char === '#') {
      const end = text.indexOf('\n', at)
      at = end === -1 ? text.length : end
    } else if (char === ';' || char === '{' || char === '}') {
      tokens.push({ line, kind: char, text: char })
      at++
    } else {
      const word = readWord(text, at)
      tokens.push({ line, kind: 'word', text: word.text })
      line += text.slice(at, word.end).split('\n').length - 1
      at = word.end
    }
  }
  return tokens
}

/** A word ends at a blank, `;` or `{`; `${name}` is part of one, and so is a brace inside it. */
function readWord(text: string, start: number): { readonly text: string; readonly end: number } {
  const quote = text[start]!
  let out = ''
  if (quote === '"' || quote === "'") {
    let at = start + 1
    for (; at < text.length && text[at] !== quote; at++) {
      // A backslash quotes a quote; before anything else, as in an expression, it is itself.
      if (text[at] === '\\' && (text[at + 1] === quote || text[at + 1] === '\\')) at++
      out += text[at] ?? ''
    }
    return { text: out, end: at + 1 }
  }
  let at = start
  for (; at < text.length; at++) {
    const char = text[at]!
    if (char === '\\' && at + 1 < text.length) {
      out += char + text[++at]!
      continue
    }
    if (char === '$' && text[at + 1] === '{') {
      const end = text.indexOf('}', at)
      if (end !== -1) {
        out += text.slice(at, end + 1)
        at = end
        continue
      }
    }
    if (/\s/.test(char) || char === ';' || char === '{') break
    out += char
  }
  return { text: out, end: at }
}
