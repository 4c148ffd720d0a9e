/**
 * One received field, checked and turned into its HTTP/1 line when HPACK reads it for the first time. Fields that the
 * client repeats come out of the dynamic table as the same object, so a usual request costs no check, no table lookup and
 * no new text per field: its lines are concatenated (CPU of the whole proxy per request at 32 streams: 1.1 times with
 * fields checked and joined anew each time).
 */
import { FIELD_VALUE, TOKEN, UNDERSCORE_BIT } from '../http1/field-syntax.ts'
import { fieldKind, PLAIN, SCHEME } from './field-kinds.ts'

/** The request is malformed (RFC 9113, 8.2.1): upper case or no token in the name, or a value that no field may have. */
export const BAD = 1
/** The name has an underscore. */
export const UNDERSCORE = 2

/** Means something in a response, though not in a request: `:status`, `server`, `date`. */
export const ANSWER = 4

/** What a field counts beside its characters (RFC 7541, 4.1; RFC 9113, 6.5.2). */
export const FIELD_OVERHEAD = 32

const ANSWER_NAMES: ReadonlySet<string> = new Set([':status', 'server', 'date'])

export class HeaderField {
  readonly name: string
  /** Latin1, one character a byte. */
  readonly value: string
  /** `name: value\r\n`. */
  readonly line: string
  /** Size in a table or list. */
  readonly size: number
  /** Of {@link fieldKind}. */
  readonly kind: number
  /** {@link BAD}, {@link UNDERSCORE} and {@link ANSWER}. */
  readonly bits: number
  /** What the request parser made of the value: a routing host, an encoded target. `null` until it is asked for. */
  derived: string | null = null

  constructor(name: string, value: string) {
    this.name = name
    this.value = value
    this.line = `${name}: ${value}\r\n`
    this.size = name.length + value.length + FIELD_OVERHEAD
    this.kind = fieldKind(name)
    const isGood = isValue(value) && (this.kind !== SCHEME || isScheme(value))
    this.bits = nameBits(name, this.kind) | (isGood ? 0 : BAD) | (ANSWER_NAMES.has(name) ? ANSWER : 0)
  }
}

function nameBits(name: string, kind: number): number {
  if (kind !== PLAIN) return 0
  if (name === '') return BAD
  let bits = 0
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i)
    const bit = TOKEN[code]!
    if (bit === 0 || (code >= 0x41 && code <= 0x5a)) return BAD
    bits |= bit
  }
  return (bits & UNDERSCORE_BIT) === 0 ? 0 : UNDERSCORE
}

/** No control characters, and no blanks at the ends. */
function isValue(value: string): boolean {
  const { length } = value
  if (length === 0) return true
  for (let i = 0; i < length; i++) if (FIELD_VALUE[value.charCodeAt(i)] !== 1) return false
  return !isBlank(value.charCodeAt(0)) && !isBlank(value.charCodeAt(length - 1))
}

/** RFC 3986, 3.1. */
function isScheme(value: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*$/.test(value)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}
