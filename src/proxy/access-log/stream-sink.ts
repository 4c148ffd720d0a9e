/**
 * Writes lines to standard output or error when that is a socket, which cannot be opened anew: through Node's own
 * stream, whose writes do not wait. A write that the reader never takes ends with `process.exit`.
 */
import type { Writable } from 'node:stream'
import type { LogSink } from './log-sink.ts'

/** @param stream never closed: it belongs to the process */
export function createStreamSink(stream: Writable): LogSink {
  // The error reaches `done`; without a listener it would also end the process.
  const ignore = (): void => {}
  stream.on('error', ignore)
  return {
    write: (chunk, done) => {
      stream.write(chunk, (error) => {
        done(error ?? null)
      })
    },
    close: () => {
      stream.off('error', ignore)
    },
  }
}
