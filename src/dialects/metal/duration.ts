const UNIT_MS = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const
const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gy

/** Milliseconds of a duration as Go writes it (`1m30s`, `0`, `1.5h`). @returns `null` for what is none, or negative */
export function parseDuration(text: string): number | null {
  if (text === '0') return 0
  let ms = 0
  let end = 0
  for (const match of text.matchAll(PART)) {
    ms += Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS]
    end = match.index + match[0].length
  }
  return text !== '' && end === text.length ? ms : null
}
