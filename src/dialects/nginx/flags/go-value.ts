/** Values as Go's strconv and time packages read them, because the flags were written for those. */
import { parseBool } from '../../annotations/check-value.ts'
import type { FlagType, FlagValue } from './flag-row.ts'

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

/** What each type accepts, for messages. */
export const ACCEPTED: Readonly<Record<FlagType, string>> = {
  bool: 'true or false',
  int: 'a whole number',
  float: 'a number',
  string: 'text',
  duration: 'a duration such as 30s or 1m30s',
  strings: 'texts separated by commas',
  floats: 'numbers separated by commas',
}

/** @returns `null` for text that is no value of the type */
export function parseGoValue(type: FlagType, text: string): FlagValue | null {
  switch (type) {
    case 'bool':
      return parseBool(text)
    case 'int':
      return parseGoInt(text)
    case 'float':
      return parseGoFloat(text)
    case 'string':
      return text
    case 'duration':
      return parseGoDuration(text)
    case 'strings':
      return parseGoStrings(text)
    case 'floats': {
      const numbers = text.split(',').map((part) => parseGoFloat(part.trim()))
      return numbers.includes(null) ? null : (numbers as readonly number[])
    }
  }
}

/** `strconv.ParseInt(text, 0, 64)`, as far as a number is exact here: `10`, `0x1f`, `0b1`, `0o17`, `017`, `1_000`. */
export function parseGoInt(text: string): number | null {
  const match = /^([+-]?)(0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO]?(?:_?[0-7])+|0|[1-9](?:_?\d)*)$/.exec(text)
  if (match === null) return null
  const digits = (match[2] ?? '').replaceAll('_', '')
  const value = Number(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits)
  if (!Number.isSafeInteger(value)) return null
  return match[1] === '-' ? 0 - value : value
}

function parseGoFloat(text: string): number | null {
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return null
  const value = Number(text)
  return Number.isFinite(value) ? value : null
}

/** `time.ParseDuration`, in milliseconds. */
export function parseGoDuration(text: string): number | null {
  if (/^[+-]?0$/.test(text)) return 0
  if (!/^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return null
  let total = 0
  for (const [, number, unit] of text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    total += Number(number) * (UNIT_MS[unit ?? ''] ?? 0)
  }
  // Go counts nanoseconds in 64 bits: 292 years.
  if (total > 9_223_372_036_854) return null
  return text.startsWith('-') ? 0 - total : total
}

/** One line of CSV, as pflag reads a StringSlice: fields may be quoted, and then hold commas. */
function parseGoStrings(text: string): readonly string[] | null {
  if (text === '') return []
  const fields: string[] = []
  let rest = text
  for (;;) {
    const match = /^(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/.exec(rest)
    if (match === null) return null
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '')
    if (match[3] === '') return fields
    rest = rest.slice(match[0].length)
  }
}
