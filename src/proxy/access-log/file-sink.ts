/** Writes lines to a file through the thread pool, one write at a time. */
import { close, write } from 'node:fs'
import type { LogSink } from './log-sink.ts'

const RETRY_MS = 20

/** @param isOwned close the descriptor with the sink */
export function createFileSink(fd: number, isOwned: boolean): LogSink {
  function writeRest(buffer: Buffer, from: number, done: (error: Error | null) => void): void {
    write(fd, buffer, from, buffer.length - from, null, (error, written) => {
      // Standard output may be a socket or pipe that somebody made non-blocking.
      if (error?.code === 'EAGAIN') setTimeout(writeRest, RETRY_MS, buffer, from, done).unref()
      else if (error !== null) done(error)
      else if (from + written < buffer.length) writeRest(buffer, from + written, done)
      else done(null)
    })
  }
  return {
    write: (chunk, done) => writeRest(chunk, 0, done),
    close: () => {
      if (isOwned) close(fd, () => {})
    },
  }
}
