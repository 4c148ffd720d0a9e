/**
 * Where log lines go. None of the kinds can hold up the event loop: a file is written by the thread pool; a pipe or
 * terminal is reopened non-blocking and written at once, because a reader that stalls would otherwise hold a pool
 * thread, and with it the exit of the process, for ever; a socket is left to Node's stream for the same reason.
 */
import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import { createFileSink } from './file-sink.ts'
import { createPipeSink } from './pipe-sink.ts'
import { createStreamSink } from './stream-sink.ts'

export interface LogSink {
  /**
   * Takes whole lines. One call at a time: the next comes after `done`, which is called
   * exactly once, never before `write` returned.
   */
  write(chunk: Buffer, done: (error: Error | null) => void): void
  close(): void
}

const { O_APPEND, O_CREAT, O_NONBLOCK, O_WRONLY } = constants
const STANDARD_STREAMS: Readonly<Record<string, number>> = { '-': 1, '/dev/stdout': 1, '/dev/stderr': 2 }

/**
 * @param target a file, a named pipe that has a reader, `-` or `/dev/stdout` or `/dev/stderr`
 * @throws {Error} saying what to do when the target cannot be opened
 */
export function openLogSink(target: string): LogSink {
  const standard = STANDARD_STREAMS[target]
  if (standard !== undefined) return openStandardStream(standard)
  const fd = openTarget(target)
  return isPipe(fd) ? createPipeSink(fd, true) : createFileSink(fd, true)
}

function openTarget(target: string): number {
  try {
    return openSync(target, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o640)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`Cannot open access log ${target}: ${reason}; give a writable file in a folder that exists, or -`, {
      cause: error,
    })
  }
}

/** A redirected file keeps its descriptor, so that both writers share one offset. */
function openStandardStream(fd: number): LogSink {
  if (fstatSync(fd).isSocket()) return createStreamSink(fd === 1 ? process.stdout : process.stderr)
  if (!isPipe(fd) || process.platform !== 'linux') return createFileSink(fd, false)
  try {
    const own = openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK)
    if (isPipe(own)) return createPipeSink(own, true)
    closeSync(own)
  } catch {
    // No /proc, or a pipe of another user: the thread pool writes to the original descriptor.
  }
  return createFileSink(fd, false)
}

function isPipe(fd: number): boolean {
  const stat = fstatSync(fd)
  return stat.isFIFO() || stat.isCharacterDevice()
}
