/**
 * Which response lines are worth an entry of a client's header table: those that this worker has sent before, on any
 * connection. Lines whose values always change are never asked about. Bounded: two generations of texts.
 */

const MOST_LINES = 512
/** Longer lines take too much of a table of 4 KiB. */
export const LONGEST_LINE = 512

/** Each value is used once or nearly so: an entry would push out one that is useful. */
export const VOLATILE_NAMES: ReadonlySet<string> = new Set([
  'age',
  'content-length',
  'content-range',
  'set-cookie',
  'traceparent',
  'x-amzn-trace-id',
  'x-envoy-upstream-service-time',
  'x-request-id',
  'x-runtime',
])

export class RecurringLines {
  #recent = new Set<string>()
  #older = new Set<string>()

  /** True when the line was asked about before, not too long ago. */
  meet(line: string): boolean {
    if (this.#recent.has(line)) return true
    if (this.#recent.size >= MOST_LINES) {
      this.#older = this.#recent
      this.#recent = new Set()
    }
    // A copy: a slice would keep the whole head that it was cut from.
    this.#recent.add(ownCopy(line))
    return this.#older.has(line)
  }
}

/** The text without the larger one that it may be a slice of; latin1. */
export function ownCopy(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1')
}
