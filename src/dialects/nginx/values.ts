/** Values of ingress-nginx annotations and ConfigMap keys. */
import { LONGEST_MS } from '../ingress/settings.ts'

type Decoded<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly accepted: string }

export type Decoder<T> = (text: string) => Decoded<T>

const BOOLEANS: Readonly<Record<string, boolean>> = {
  ...Object.fromEntries(['1', 't', 'T', 'TRUE', 'true', 'True'].map((word) => [word, true])),
  ...Object.fromEntries(['0', 'f', 'F', 'FALSE', 'false', 'False'].map((word) => [word, false])),
}
const SIZE_UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1_048_576, g: 1_073_741_824 }

/** Letters digits `-._~/:` and, in URLs, `,?&=`. */
const URL_TEXT = /^[\w\-.~/:,?&=]+$/
/** The basic class and what expressions and captures need; `_` passes in practice and does no harm. */
const REGEX_TEXT = /^[\w\-.~/:^$[\](){}*+?|&=\\]+$/

function accept<T>(value: T): Decoded<T> {
  return { ok: true, value }
}

function refuse<T>(accepted: string): Decoded<T> {
  return { ok: false, accepted }
}

/** Go's ParseBool. */
export const decodeBoolean: Decoder<boolean> = (text) => {
  const value = Object.hasOwn(BOOLEANS, text) ? BOOLEANS[text] : undefined
  return value === undefined ? refuse('"true" and "false"') : accept(value)
}

/** A whole number without unit; the bounds are inclusive. */
export function decodeInteger(min: number, max: number): Decoder<number> {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    return value >= min && value <= max ? accept(value) : refuse(`a whole number from ${min} to ${max}, without unit`)
  }
}

/** Whole seconds, read into milliseconds. */
export function decodeSeconds(min: number): Decoder<number> {
  const decode = decodeInteger(min, Math.floor(LONGEST_MS / 1000))
  return (text) => {
    const seconds = decode(text)
    return seconds.ok
      ? accept(seconds.value * 1000)
      : refuse(`whole seconds without unit, such as "60"${min > 0 ? `, at least ${min}` : ''}`)
  }
}

/** Bytes; `8m` and the like. A `b` is part of the annotation's syntax, but nginx itself knows none. */
export const decodeSize: Decoder<number> = (text) => {
  const match = /^(\d{1,15})([kmg]?)$/i.exec(text)
  const value =
    match === null ? Number.NaN : Number(match[1]) * (SIZE_UNITS[match[2]?.toLowerCase() ?? ''] ?? Number.NaN)
  return Number.isSafeInteger(value) ? accept(value) : refuse('digits and k, m or g, such as "8m"; "0" is no limit')
}

/** A redirect's target. Variables are refused, as ingress-nginx does since 1.12. */
export function decodeUrl(allowsPath: boolean): Decoder<string> {
  const accepted = `${allowsPath ? 'a path or URL' : 'a URL that begins with http'} of letters, digits and -._~/:,?&=`
  return (text) => {
    if (!URL_TEXT.test(text)) return refuse(`${accepted}${keepingPath(text)}`)
    return allowsPath ? accept(text) : /^https?:\/\//.test(text) ? accept(text) : refuse(accepted)
  }
}

/** What does the same as the variable that redirects of before 1.12 end with. */
function keepingPath(text: string): string {
  const [, origin] = /^(https?:\/\/[\w\-.:]+)\$(?:request_)?uri$/.exec(text) ?? []
  return origin === undefined ? '' : `; to keep path and query write genkan.dev/redirects: "308 /* ${origin}/$1"`
}

export const decodeAbsolutePath: Decoder<string> = (text) =>
  /^\/[\x21\x23-\x3b\x3d\x3f-\x5b\x5d-\x7e]*$/.test(text) && !text.startsWith('//')
    ? accept(text)
    : refuse('a path that begins with one "/"')

/** A path with captures. A URL would make nginx redirect; that is what the redirect annotations are for. */
export const decodeRewriteTarget: Decoder<string> = (text) => {
  if (/^https?:|^\$scheme/i.test(text)) return refuse('a path; for redirects use temporal-redirect')
  return REGEX_TEXT.test(text) ? accept(text) : refuse('a path of letters, digits, -._~/ and captures such as $2')
}

/** One of a few words; `anyCase` ignores case and gives the listed spelling. */
export function decodeWord<const T extends string>(words: readonly T[], anyCase: boolean): Decoder<T> {
  return (text) => {
    const found = words.find((word) => (anyCase ? word.toLowerCase() === text.toLowerCase() : word === text))
    return found === undefined ? refuse(words.join(', ')) : accept(found)
  }
}
