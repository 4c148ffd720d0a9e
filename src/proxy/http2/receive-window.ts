/** What a connection still takes of its peer's DATA, over all streams (RFC 9113, 5.2 and 6.9.1). */
import type { FrameWriter } from './frames/frame-writer.ts'
import { DEFAULT_WINDOW } from './frames/protocol.ts'

export class ReceiveWindow {
  readonly #writer: FrameWriter
  readonly #leastCredit: number
  #left: number
  #credit = 0

  /** @param bytes in flight, more than {@link DEFAULT_WINDOW} */
  constructor(writer: FrameWriter, bytes: number) {
    this.#writer = writer
    this.#left = bytes
    this.#leastCredit = bytes / 4
  }

  /** Tells the peer, who begins with {@link DEFAULT_WINDOW}. */
  announce(): void {
    this.#writer.windowUpdate(0, this.#left - DEFAULT_WINDOW)
  }

  /** @returns false when the peer sent more than it may */
  take(bytes: number): boolean {
    this.#left -= bytes
    return this.#left >= 0
  }

  /** Bytes that were dealt with. The peer is told of many at once. */
  giveBack(bytes: number): void {
    this.#credit += bytes
    if (this.#credit < this.#leastCredit) return
    this.#left += this.#credit
    this.#writer.windowUpdate(0, this.#credit)
    this.#credit = 0
  }
}
