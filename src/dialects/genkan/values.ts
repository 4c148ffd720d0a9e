/** Values of our own annotations that ingress-nginx has no form for. */
import type { StatusRange } from '../../routing/resilience.ts'
import { LONGEST_MS } from '../ingress/settings.ts'
import type { Decoder } from '../nginx/values.ts'

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Milliseconds of `500ms`, `30s`, `2m`, `1h` and combinations such as `1m30s`, with decimals as Go writes them. */
export function decodeDuration(minMs: number, maxMs: number = LONGEST_MS): Decoder<number> {
  const accepted = `a time such as "500ms", "30s" or "2m", from ${durationText(minMs)} to ${durationText(maxMs)}`
  return (text) => {
    if (!/^(?:\d{1,9}(?:\.\d{1,6})?(?:ms|s|m|h)){1,4}$/.test(text)) return { ok: false, accepted }
    let total = 0
    for (const [, number = '', unit = ''] of text.matchAll(/([\d.]+)(ms|s|m|h)/g)) {
      total += Number(number) * (UNIT_MS[unit] ?? Number.NaN)
    }
    const value = Math.round(total)
    return value >= minMs && value <= maxMs ? { ok: true, value } : { ok: false, accepted }
  }
}

function durationText(ms: number): string {
  if (ms >= LONGEST_MS) return '24 days'
  if (ms % 3_600_000 === 0 && ms > 0) return `${ms / 3_600_000}h`
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`
}

const MOST_RANGES = 32

/** `200-399,404` */
export const decodeStatuses: Decoder<readonly StatusRange[]> = (text) => {
  const accepted = 'statuses and ranges of them such as "200-299,404", from 100 to 599'
  const ranges: StatusRange[] = []
  for (const part of text.split(',').map((item) => item.trim())) {
    const match = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(part)
    if (match === null) return { ok: false, accepted }
    const from = Number(match[1])
    const to = Number(match[2] ?? match[1])
    if (from > to) return { ok: false, accepted }
    ranges.push({ from, to })
  }
  return ranges.length <= MOST_RANGES ? { ok: true, value: ranges } : { ok: false, accepted: `at most ${MOST_RANGES}` }
}

/** Target of a request: a path with a query if need be. */
export const decodeTarget: Decoder<string> = (text) =>
  /^\/[\x21-\x7e]{0,2047}$/.test(text) && !text.includes('#')
    ? { ok: true, value: text }
    : { ok: false, accepted: 'a path that begins with "/", of printable ASCII characters' }

/** Value of a `Host` field: name or address, with a port if need be. */
export const decodeHost: Decoder<string> = (text) =>
  /^(?:[\w.-]{1,253}|\[[0-9a-fA-F:.]{2,45}\])(?::\d{1,5})?$/.test(text)
    ? { ok: true, value: text }
    : { ok: false, accepted: 'a host name, with a port if need be' }
