/**
 * What must be remembered of streams that are gone (RFC 9113, 5.1): frames for one that we reset may still be on their
 * way and are ignored; for one that ended properly they are an error, another one than for a stream that never was.
 */

const MOST_RESET = 512
const ENDED = 32

export class ClosedStreams {
  readonly #reset = new Set<number>()
  readonly #ended: number[] = []
  #next = 0

  /** We sent RST_STREAM. Forgets the oldest beyond a bound. */
  addReset(streamId: number): void {
    this.#reset.add(streamId)
    if (this.#reset.size <= MOST_RESET) return
    for (const oldest of this.#reset) {
      this.#reset.delete(oldest)
      break
    }
  }

  /** Both sides were done, or the client reset it. */
  addEnded(streamId: number): void {
    this.#ended[this.#next] = streamId
    this.#next = (this.#next + 1) % ENDED
  }

  wasReset(streamId: number): boolean {
    return this.#reset.has(streamId)
  }

  /** True for the last ones. */
  hasEnded(streamId: number): boolean {
    return this.#ended.includes(streamId)
  }
}
