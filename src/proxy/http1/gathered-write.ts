/**
 * One write for framing text and body bytes together, from a block of memory that is used again whenever the kernel took
 * all of it at once. Shared read buffers must not be handed to `socket.write`: when the kernel's queue is full, libuv
 * keeps the reference and the next read would overwrite bytes that were not sent yet.
 */
import type { Writable } from 'node:stream'

/** Up to this size bytes are joined to the text as latin1: one string write costs less than a buffer write. */
export const SMALL_BYTES = 16_384

const BLOCK_BYTES = 65_536 + 2048
let spare: Buffer | null = null

/** Writes `prefix` (latin1), `buffer[start, end)` and `suffix` (latin1) with one call. The bytes may be reused after it. */
export function writeGathered(
  socket: Writable,
  prefix: string,
  buffer: Buffer,
  start: number,
  end: number,
  suffix: string,
): void {
  const size = prefix.length + end - start + suffix.length
  let block = spare
  if (block === null || size > BLOCK_BYTES) block = Buffer.allocUnsafeSlow(Math.max(size, BLOCK_BYTES))
  spare = null
  let at = prefix === '' ? 0 : block.write(prefix, 0, 'latin1')
  at += buffer.copy(block, at, start, end)
  if (suffix !== '') block.write(suffix, at, 'latin1')
  socket.write(size === block.length ? block : block.subarray(0, size))
  // Nothing waits: the kernel has a copy, nobody refers to the block any more.
  if (socket.writableLength === 0 && block.length === BLOCK_BYTES) spare = block
}
