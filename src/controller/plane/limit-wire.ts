/** What workers say to each other about limits: one JSON array a line, asks and answers in order on one connection. */
import type { RateLimit } from '../../routing/gate-config.ts'

export type LimitAsk =
  | readonly ['rate', zone: string, client: string, limits: readonly RateLimit[]]
  | readonly ['acquire', zone: string, client: string, max: number]
  | readonly ['release', zone: string, client: string]
  /** Held since before this connection: counted whatever the limit, so that a new owner knows of it. Not answered. */
  | readonly ['held', zone: string, client: string, count: number]

/** `countRate`'s seconds, or 1 for acquired and 0 for refused. */
export type LimitAnswer = number

/** Longest line; zones, addresses and limits are far shorter. */
export const MOST_LINE_CHARACTERS = 16_384

/** Splits a stream of text into lines. @returns what remains; `null` when a line is too long */
export function takeLines(text: string, take: (line: string) => void): string | null {
  let start = 0
  for (;;) {
    const end = text.indexOf('\n', start)
    if (end === -1) break
    take(text.slice(start, end))
    start = end + 1
  }
  return text.length - start > MOST_LINE_CHARACTERS ? null : text.slice(start)
}
