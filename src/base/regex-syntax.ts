/**
 * Reads a regular expression as people write it for nginx (PCRE) or Envoy (RE2) and writes the ECMAScript expression
 * with the same meaning on byte strings. What has no equal is refused, never passed on to mean something else.
 *
 * Converted: `(?i)` `(?s)` `(?i:...)` `(?P<n>...)` `\A` `\z` `\Z` `\h` `\s` `.` `[[:alpha:]]` `[]...]`, and repeat
 * counts above 16 of simple atoms (V8's linear engine takes no larger ones). Refused: look-around, back-references,
 * atomic groups, possessive repeats, recursion, Unicode classes and escapes that ECMAScript reads differently.
 */
import { foldChar, foldRange } from './fold-case.ts'

export interface RegexRefusal {
  /** A state and what would be accepted, to follow `Cannot ...: `. */
  readonly error: string
  /** `not-linear`: a correct expression that this engine must not run. */
  readonly reason: 'syntax' | 'not-linear'
}

export interface TranslatedRegex {
  readonly source: string
  /** Number of capturing groups. */
  readonly captures: number
}

/** Larger counts grow the expression, which is bounded too. */
const MAX_REPEAT = 256
/** V8's linear engine unrolls counts up to this. */
const ENGINE_REPEAT = 16
const MAX_TRANSLATED_LENGTH = 65_536

const SPACE = ' \\t\\n\\x0B\\f\\r'
const CLASS_ESCAPES: Readonly<Record<string, string>> = { s: `[${SPACE}]`, S: `[^${SPACE}]`, h: '[ \\t]' }
const ANCHOR_ESCAPES: Readonly<Record<string, string>> = { A: '^', z: '$', Z: '$', b: '\\b', B: '\\B' }
const SAME_ESCAPES = 'dDwWtnrf'
const POSIX_CLASSES: Readonly<Record<string, string>> = {
  alpha: 'A-Za-z',
  digit: '0-9',
  alnum: 'A-Za-z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  space: SPACE,
  blank: ' \\t',
  punct: '!-\\/:-@\\[-`{-~',
  xdigit: 'A-Fa-f0-9',
  word: '\\w',
}

interface Flags {
  readonly foldsCase: boolean
  readonly dotTakesNewline: boolean
}

/** Thrown inside this file only, turned into a result at its border. */
class Refusal extends Error {
  readonly reason: RegexRefusal['reason']

  constructor(reason: RegexRefusal['reason'], message: string) {
    super(message)
    this.reason = reason
  }
}

/** @returns the ECMAScript source without flags, or why there is none */
export function translateRegexSyntax(source: string, foldsCase: boolean): TranslatedRegex | RegexRefusal {
  try {
    return new Translator(source, { foldsCase, dotTakesNewline: false }).translate()
  } catch (error) {
    if (error instanceof Refusal) return { error: error.message, reason: error.reason }
    throw error
  }
}

class Translator {
  readonly #source: string
  readonly #groups: { readonly flags: Flags; readonly start: number; readonly capturesBefore: number }[] = []
  #flags: Flags
  #at = 0
  #out = ''
  #captures = 0
  /** Where the last atom begins in `#out`, for repeats; -1 when nothing can be repeated. */
  #atom = -1
  #atomCaptures = 0

  constructor(source: string, flags: Flags) {
    this.#source = source
    this.#flags = flags
  }

  translate(): TranslatedRegex {
    while (this.#at < this.#source.length) {
      this.#readOne(this.#source.charAt(this.#at))
      if (this.#out.length > MAX_TRANSLATED_LENGTH) {
        throw new Refusal('not-linear', 'its repeat counts make it too large; accepted are smaller counts')
      }
    }
    if (this.#groups.length > 0) throw new Refusal('syntax', 'a group is not closed; accepted is one ")" for each "("')
    return { source: this.#out, captures: this.#captures }
  }

  #readOne(char: string): void {
    if (char === '(') this.#openGroup()
    else if (char === ')') this.#closeGroup()
    else if (char === '[') this.#emitAtom(this.#readClass())
    else if (char === '\\') this.#readEscape()
    else if (char === '*' || char === '+' || char === '?') this.#readRepeat(char, null)
    else if (char === '{') this.#readBrace()
    else if (char === '.') this.#emitAtom(this.#flags.dotTakesNewline ? '[\\s\\S]' : '[^\\n]', 1)
    else if (char === '|' || char === '^' || char === '$') this.#emitPlain(char, 1)
    else this.#emitAtom(foldChar(char, this.#flags.foldsCase), 1)
  }

  #emitAtom(text: string, consumed = 0): void {
    this.#atom = this.#out.length
    this.#atomCaptures = 0
    this.#out += text
    this.#at += consumed
  }

  #emitPlain(text: string, consumed: number): void {
    this.#atom = -1
    this.#out += text
    this.#at += consumed
  }

  #openGroup(): void {
    const rest = this.#source.slice(this.#at, this.#at + 80)
    const start = this.#out.length
    const capturesBefore = this.#captures
    const inline = /^\(\?([a-zA-Z]*)(?:-([a-zA-Z]+))?([:)])/.exec(rest)
    if (inline !== null) {
      const flags = this.#applyFlags(inline[1] ?? '', inline[2] ?? '')
      this.#at += inline[0].length
      if (inline[3] === ')') {
        this.#flags = flags
        this.#atom = -1
        return
      }
      this.#groups.push({ flags: this.#flags, start, capturesBefore })
      this.#flags = flags
      this.#out += '(?:'
      this.#atom = -1
      return
    }
    const named = /^\(\?(?:P?<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)')/.exec(rest)
    if (named === null && rest.startsWith('(?')) throw refuseGroup(rest)
    if (rest.startsWith('(*')) {
      throw new Refusal('syntax', `the verb ${rest.slice(0, 12)} is not supported; accepted are plain groups`)
    }
    this.#groups.push({ flags: this.#flags, start, capturesBefore })
    this.#captures++
    this.#emitPlain(named === null ? '(' : `(?<${named[1] ?? named[2]}>`, named === null ? 1 : named[0].length)
  }

  #applyFlags(on: string, off: string): Flags {
    const flags = { ...this.#flags }
    for (const [letters, value] of [
      [on, true],
      [off, false],
    ] as const) {
      for (const letter of letters) {
        if (letter === 'i') flags.foldsCase = value
        else if (letter === 's') flags.dotTakesNewline = value
        else throw new Refusal('syntax', `the inline flag "${letter}" is not supported; accepted are i and s`)
      }
    }
    return flags
  }

  #closeGroup(): void {
    const group = this.#groups.pop()
    if (group === undefined) throw new Refusal('syntax', 'a ")" closes no group; accepted is \\) for the character')
    this.#out += ')'
    this.#at++
    this.#flags = group.flags
    this.#atom = group.start
    this.#atomCaptures = this.#captures - group.capturesBefore
  }

  #readEscape(): void {
    const char = this.#source.charAt(this.#at + 1)
    if (char === '') throw new Refusal('syntax', 'it ends in a single backslash; accepted is \\\\ for the character')
    const anchor = ANCHOR_ESCAPES[char]
    if (anchor !== undefined) this.#emitPlain(anchor, 2)
    else if (CLASS_ESCAPES[char] !== undefined) this.#emitAtom(CLASS_ESCAPES[char], 2)
    else if (SAME_ESCAPES.includes(char)) this.#emitAtom(`\\${char}`, 2)
    else if (char === 'x') this.#emitAtom(foldChar(this.#readHex(), this.#flags.foldsCase))
    else if (/[1-9kg]/.test(char)) {
      throw new Refusal('not-linear', `the back-reference \\${char} needs backtracking; accepted are plain patterns`)
    } else if (/[A-Za-z0-9]/.test(char)) throw refuseEscape(char)
    else this.#emitAtom(escapeChar(char), 2)
  }

  /** `\xHH` and `\x{HH}`; leaves the position after it. */
  #readHex(): string {
    const hex = /^\\x(?:([0-9a-fA-F]{2})|\{0*([0-9a-fA-F]{1,2})\})/.exec(this.#source.slice(this.#at, this.#at + 16))
    if (hex === null) throw new Refusal('syntax', 'an \\x is not followed by two hexadecimal digits; accepted is \\x2F')
    this.#at += hex[0].length
    return String.fromCharCode(Number.parseInt(hex[1] ?? hex[2] ?? '0', 16))
  }

  #readBrace(): void {
    const count = /^\{(\d+)(,?)(\d*)\}/.exec(this.#source.slice(this.#at, this.#at + 24))
    if (count === null) {
      this.#emitAtom('\\{', 1)
      return
    }
    const min = Number(count[1])
    const max = count[2] === '' ? min : count[3] === '' ? Number.POSITIVE_INFINITY : Number(count[3])
    this.#readRepeat(count[0], { min, max })
  }

  #readRepeat(text: string, count: { readonly min: number; readonly max: number } | null): void {
    if (this.#atom === -1) throw new Refusal('syntax', `nothing stands before the repeat ${text} that it could repeat`)
    this.#at += text.length
    let suffix = ''
    const next = this.#source.charAt(this.#at)
    if (next === '+') {
      throw new Refusal('syntax', `the possessive repeat ${text}+ is not supported; accepted is ${text} without the +`)
    }
    if (next === '?') {
      suffix = '?'
      this.#at++
    }
    const isLarge =
      count !== null && (count.min > ENGINE_REPEAT || (Number.isFinite(count.max) && count.max > ENGINE_REPEAT))
    if (count === null || !isLarge) this.#out += text + suffix
    else this.#unroll(count.min, count.max, suffix)
    this.#atom = -1
  }

  /** Writes `X{40}` as `X{16}X{16}X{8}`: the same language, in pieces that the linear engine takes. */
  #unroll(min: number, max: number, suffix: string): void {
    const bound = Number.isFinite(max) ? max : min
    if (bound > MAX_REPEAT) {
      throw new Refusal('not-linear', `the repeat count ${bound} is too large; accepted are counts up to ${MAX_REPEAT}`)
    }
    if (max < min) throw new Refusal('syntax', `the repeat count {${min},${max}} is out of order`)
    if (this.#atomCaptures > 0) {
      throw new Refusal(
        'not-linear',
        `a capture group is repeated ${bound} times; accepted are counts up to 16, or (?:...)`,
      )
    }
    const atom = this.#out.slice(this.#atom)
    let text = ''
    for (let left = min; left > 0; left -= ENGINE_REPEAT) text += `${atom}{${Math.min(left, ENGINE_REPEAT)}}`
    if (max === Number.POSITIVE_INFINITY) text += `${atom}*${suffix}`
    else {
      for (let left = max - min; left > 0; left -= ENGINE_REPEAT) {
        text += `${atom}{0,${Math.min(left, ENGINE_REPEAT)}}${suffix}`
      }
    }
    this.#out = this.#out.slice(0, this.#atom) + text
  }

  #readClass(): string {
    this.#at++
    let out = '['
    if (this.#source.charAt(this.#at) === '^') {
      out += '^'
      this.#at++
    }
    let isFirst = true
    while (true) {
      const char = this.#source.charAt(this.#at)
      if (char === '') throw new Refusal('syntax', 'a "[" is not closed; accepted is one "]" for each "["')
      if (char === ']' && !isFirst) break
      isFirst = false
      out += this.#readClassItem()
    }
    this.#at++
    return `${out}]`
  }

  #readClassItem(): string {
    const posix = /^\[:(\^?)([a-z]+):\]/.exec(this.#source.slice(this.#at, this.#at + 16))
    if (posix !== null) {
      const members = POSIX_CLASSES[posix[2] ?? '']
      if (members === undefined || posix[1] === '^') {
        throw new Refusal('syntax', `the class ${posix[0]} is not supported; accepted is for example [:alpha:]`)
      }
      this.#at += posix[0].length
      const isCased = this.#flags.foldsCase && (posix[2] === 'upper' || posix[2] === 'lower')
      return isCased ? 'A-Za-z' : members
    }
    const from = this.#readClassChar()
    if (from.length > 1) return from
    const isRange = this.#source.charAt(this.#at) === '-' && !']'.includes(this.#source.charAt(this.#at + 1) || ']')
    if (!isRange) return foldRange(from, from, this.#flags.foldsCase)
    this.#at++
    const to = this.#readClassChar()
    if (to.length > 1) return `${foldRange(from, from, this.#flags.foldsCase)}\\-${to}`
    if (to < from) throw new Refusal('syntax', `the range ${from}-${to} is out of order; accepted is ${to}-${from}`)
    return foldRange(from, to, this.#flags.foldsCase)
  }

  /** One character, or longer text when it is an escape that stands for several. */
  #readClassChar(): string {
    const char = this.#source.charAt(this.#at)
    if (char !== '\\') {
      this.#at++
      return char
    }
    const next = this.#source.charAt(this.#at + 1)
    if (next === 'x') return this.#readHex()
    this.#at += 2
    if (next === 's') return SPACE
    if (next === 'h') return ' \\t'
    if (next === 'b') return '\\x08'
    if ('dDwWS'.includes(next) && next !== '') return `\\${next}`
    const control = { t: '\t', n: '\n', r: '\r', f: '\f' }[next]
    if (control !== undefined) return control
    if (next === '' || /[A-Za-z0-9]/.test(next)) throw refuseEscape(next)
    return next
  }
}

function escapeChar(char: string): string {
  return /[\^$\\.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char
}

function refuseEscape(char: string): Refusal {
  return new Refusal('syntax', `the escape \\${char} is not supported; accepted are \\d \\w \\s \\b \\xHH and the like`)
}

function refuseGroup(rest: string): Refusal {
  if (/^\(\?<?[=!]/.test(rest)) {
    return new Refusal(
      'not-linear',
      `the look-around ${rest.slice(0, 3)}...) needs backtracking; accepted are plain groups`,
    )
  }
  if (rest.startsWith('(?P='))
    return new Refusal('not-linear', 'a back-reference needs backtracking; accepted are plain groups')
  if (rest.startsWith('(?>')) return new Refusal('syntax', 'atomic groups are not supported; accepted is (?:...)')
  return new Refusal(
    'syntax',
    `the group ${rest.slice(0, 5)} is not supported; accepted are (...), (?:...) and (?<name>...)`,
  )
}
