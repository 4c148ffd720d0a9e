/** Writes protocol buffers (protobuf.dev, "Encoding"): as much as OTLP needs, into one growing buffer. */
import { isUtf8 } from 'node:buffer'

const VARINT = 0
const FIXED64 = 1
const LENGTH = 2
const FIXED32 = 5
const FIRST_BYTES = 1024

export class ProtobufWriter {
  #buffer = Buffer.allocUnsafeSlow(FIRST_BYTES)
  #at = 0

  /** A copy of what was written; the writer is empty afterwards. */
  take(): Buffer {
    const taken = Buffer.from(this.#buffer.subarray(0, this.#at))
    this.#at = 0
    return taken
  }

  /** An enum, or an integer from 0 to 2^53 - 1. */
  integer(field: number, value: number): void {
    this.#key(field, VARINT)
    this.#varint(value)
  }

  fixed32(field: number, value: number): void {
    this.#key(field, FIXED32)
    this.#reserve(4)
    this.#at = this.#buffer.writeUInt32LE(value >>> 0, this.#at)
  }

  fixed64(field: number, value: bigint): void {
    this.#key(field, FIXED64)
    this.#reserve(8)
    this.#at = this.#buffer.writeBigUInt64LE(value, this.#at)
  }

  bytes(field: number, value: Uint8Array): void {
    this.#key(field, LENGTH)
    this.#varint(value.length)
    this.#reserve(value.length)
    this.#buffer.set(value, this.#at)
    this.#at += value.length
  }

  hex(field: number, digits: string): void {
    this.bytes(field, Buffer.from(digits, 'hex'))
  }

  /** Unicode text. */
  text(field: number, value: string): void {
    this.bytes(field, Buffer.from(value, 'utf8'))
  }

  /** Text of one character per byte. Bytes that are not UTF-8, which `string` must be, are read as latin1. */
  byteText(field: number, value: string): void {
    const raw = Buffer.from(value, 'latin1')
    this.bytes(field, isUtf8(raw) ? raw : Buffer.from(value, 'utf8'))
  }

  /** An embedded message: `write` writes its fields with this writer. */
  message(field: number, write: () => void): void {
    this.#key(field, LENGTH)
    const start = this.#at
    this.#reserve(1)
    this.#at += 1
    write()
    const length = this.#at - start - 1
    // Most messages are short; behind a longer length the content moves up.
    const more = varintBytes(length) - 1
    if (more > 0) {
      this.#reserve(more)
      this.#buffer.copyWithin(start + 1 + more, start + 1, this.#at)
    }
    this.#at = start
    this.#varint(length)
    this.#at += length
  }

  #key(field: number, wireType: number): void {
    this.#varint(field * 8 + wireType)
  }

  #varint(value: number): void {
    this.#reserve(8)
    let rest = value
    while (rest >= 0x80) {
      this.#buffer[this.#at++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#buffer[this.#at++] = rest
  }

  #reserve(bytes: number): void {
    const needed = this.#at + bytes
    if (needed <= this.#buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2))
    this.#buffer.copy(larger, 0, 0, this.#at)
    this.#buffer = larger
  }
}

function varintBytes(value: number): number {
  let bytes = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++
  return bytes
}
