/** The three codings by node:zlib, and how much memory of theirs a worker may use. */
import {
  brotliCompressSync,
  constants,
  createBrotliCompress,
  createGzip,
  createZstdCompress,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib'
import type { BrotliCompress, BrotliOptions, Gzip, ZstdCompress, ZstdOptions } from 'node:zlib'
import type { Coding, CodingPolicy } from '../../routing/compression.ts'

export type Encoder = Gzip | BrotliCompress | ZstdCompress

/** All streams of a worker together; answers beyond stay uncompressed. */
const MOST_BYTES = 128 * 1024 * 1024
/** Window, tables and buffers of one stream, roughly, with the windows below. */
const STREAM_BYTES = { gzip: 300_000, br: 3_000_000, zstd: 1_500_000 } as const satisfies Record<Coding, number>
/** 512 KiB, as nginx's module for brotli. */
const WINDOW_BITS = 19
/** Levels up to this compress 32 KiB in about a millisecond, so that the event loop can wait for them. */
const HIGHEST_QUICK_LEVEL = { gzip: 6, br: 5, zstd: 6 } as const satisfies Record<Coding, number>

const FLUSH = {
  gzip: constants.Z_SYNC_FLUSH,
  br: constants.BROTLI_OPERATION_FLUSH,
  zstd: constants.ZSTD_e_flush,
} as const satisfies Record<Coding, number>

let bytesInUse = 0

/** Bytes reserved by streams of this worker. */
export function encoderBytesInUse(): number {
  return bytesInUse
}

/** A stream that counts until {@link releaseEncoder}; `null` when too much memory is in use already. */
export function createEncoder({ coding, level }: CodingPolicy): Encoder | null {
  if (bytesInUse + STREAM_BYTES[coding] > MOST_BYTES) return null
  bytesInUse += STREAM_BYTES[coding]
  switch (coding) {
    case 'gzip':
      return createGzip({ level })
    case 'br':
      return createBrotliCompress(brotliOptions(level))
    case 'zstd':
      return createZstdCompress(zstdOptions(level))
  }
}

/** Once for each stream. */
export function releaseEncoder(coding: Coding, encoder: Encoder): void {
  bytesInUse -= STREAM_BYTES[coding]
  encoder.destroy()
}

/** Makes the stream give out all that it was given so far. */
export function flushEncoder(coding: Coding, encoder: Encoder, done: () => void): void {
  encoder.flush(FLUSH[coding], done)
}

/** True when short bodies may be compressed in one go. */
export function isQuick({ coding, level }: CodingPolicy): boolean {
  return level <= HIGHEST_QUICK_LEVEL[coding]
}

/** A short body in one go. */
export function compressAtOnce({ coding, level }: CodingPolicy, body: Buffer): Buffer {
  switch (coding) {
    case 'gzip':
      return gzipSync(body, { level })
    case 'br':
      return brotliCompressSync(body, brotliOptions(level))
    case 'zstd':
      return zstdCompressSync(body, zstdOptions(level))
  }
}

function brotliOptions(level: number): BrotliOptions {
  return {
    params: { [constants.BROTLI_PARAM_QUALITY]: level, [constants.BROTLI_PARAM_LGWIN]: WINDOW_BITS },
  }
}

function zstdOptions(level: number): ZstdOptions {
  return { params: { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_windowLog]: WINDOW_BITS } }
}
