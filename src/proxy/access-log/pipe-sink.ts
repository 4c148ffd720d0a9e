/**
 * Writes lines to a non-blocking pipe or terminal. Each write ends at a line and is at most `PIPE_BUF` bytes, which
 * POSIX makes atomic: lines of several workers on one pipe do not mix. A longer line is written in pieces.
 */
import { closeSync, writeSync } from 'node:fs'
import type { LogSink } from './log-sink.ts'

const PIPE_BUF = 4096
const RETRY_MS = 10
const LINE_FEED = 0x0a

/** @param fd opened with O_NONBLOCK */
export function createPipeSink(fd: number, isOwned: boolean): LogSink {
  let isClosed = false

  function writeRest(buffer: Buffer, start: number, done: (error: Error | null) => void): void {
    let from = start
    while (from < buffer.length) {
      // The descriptor number may belong to somebody else by now.
      if (isClosed) return done(new Error('Cannot write access log: it was closed'))
      try {
        from += writeSync(fd, buffer, from, pieceEnd(buffer, from) - from)
      } catch (error) {
        if (!isBusy(error)) return done(error instanceof Error ? error : new Error(String(error)))
        setTimeout(writeRest, RETRY_MS, buffer, from, done).unref()
        return
      }
    }
    done(null)
  }
  return {
    write: (chunk, done) => {
      setImmediate(writeRest, chunk, 0, done)
    },
    close: () => {
      isClosed = true
      if (isOwned) closeSync(fd)
    },
  }
}

function pieceEnd(buffer: Buffer, from: number): number {
  const limit = from + PIPE_BUF
  if (buffer.length <= limit) return buffer.length
  const lineEnd = buffer.lastIndexOf(LINE_FEED, limit - 1)
  return lineEnd >= from ? lineEnd + 1 : limit
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN'
}
