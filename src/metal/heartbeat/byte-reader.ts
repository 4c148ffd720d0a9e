/** Reads bytes one field after the other. Reading beyond the end gives zeros and is remembered, so that one look at the end is enough. */
export class ByteReader {
  readonly #bytes: Buffer
  #at = 0
  #isSpent = false

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** More was asked for than there was. */
  get isSpent(): boolean {
    return this.#isSpent
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  byte(): number {
    return this.number(1)
  }

  /** @param length bytes, at most 6 */
  number(length: number): number {
    return this.#take(length) ? this.#bytes.readUIntBE(this.#at - length, length) : 0
  }

  big(): bigint {
    return this.#take(8) ? this.#bytes.readBigUInt64BE(this.#at - 8) : 0n
  }

  bytes(length: number): Buffer {
    return this.#take(length) ? this.#bytes.subarray(this.#at - length, this.#at) : Buffer.alloc(0)
  }

  text(length: number): string {
    return this.bytes(length).toString()
  }

  #take(length: number): boolean {
    if (this.#at + length > this.#bytes.length) {
      this.#isSpent = true
      return false
    }
    this.#at += length
    return true
  }
}
