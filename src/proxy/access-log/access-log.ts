/**
 * The access log of one worker. A request costs one rendered line added to a string; writing happens elsewhere,
 * 64 KiB at a time or after the flush interval. Memory is bounded: lines that a stalled disk or pipe does not take
 * are dropped and counted, requests never wait.
 */
import type { AccessLogSettings } from '../../routing/model.ts'
import { compileTextPatterns } from '../../routing/request-blocks.ts'
import type { RequestObserver, RequestRecord } from '../request-record.ts'
import type { LogClock } from './log-clock.ts'
import { compileLogFormat, type LogFormat } from './log-format.ts'
import { chooseDestination, isSameDestination, isWatched, openDestination } from './log-destination.ts'
import type { LogSink } from './log-sink.ts'

export interface AccessLog extends RequestObserver {
  /**
   * Applies settings to the requests that end from now on. A place that cannot be opened is reported and the old one
   * kept.
   *
   * @returns variables that no record can answer
   */
  setFormat(settings: AccessLogSettings): readonly string[]
  /** Writes one line, without its line break, one character per byte. Bounded and counted as lines of requests are. */
  append(line: string): void
  /** Opens the target anew after logrotate moved the file. A failure is reported and the old file kept. */
  reopen(): void
  /** Resolves when every line so far is written or dropped. */
  flush(): Promise<void>
  /** Flushes for at most two seconds, then closes. Later requests are not logged. */
  close(): Promise<void>
  /** Lines dropped since the start: `genkan_access_log_dropped_total`. */
  droppedLines(): number
}

export interface AccessLogOptions {
  /** A path, `-` for standard output, an open sink, or empty: where the settings say. */
  readonly target: string | LogSink
  readonly settings: AccessLogSettings
  /** Longest time a line waits, 1000 by default; 100 on standard output, where somebody watches. */
  readonly flushIntervalMs?: number
  /** Told once when lines begin to be lost, and again after writing worked in between. */
  readonly onProblem?: (message: string) => void
  readonly clock?: LogClock
}

/** Bytes gathered before a write. */
const CHUNK_BYTES = 65_536
/** Bytes held in memory, written or not; a line above it is dropped. */
export const MAX_PENDING_BYTES = 8_388_608
const CLOSE_WAIT_MS = 2000
const LINE_FEED = 0x0a

/** @throws {Error} when the target cannot be opened */
export function createAccessLog(options: AccessLogOptions): AccessLog {
  const { target } = options
  let destination = chooseDestination(typeof target === 'string' ? target : '', options.settings)
  let sink = typeof target === 'string' ? openDestination(destination) : target
  let nextSink: LogSink | null = null
  let format: LogFormat | null = null
  let isSkipped: ((uri: string) => boolean) | null = null
  let text = ''
  const sealed: Buffer[] = []
  let isWriting = false
  let isClosed = false
  let hasProblem = false
  let dropped = 0
  let acceptedBytes = 0
  let settledBytes = 0
  let timer: NodeJS.Timeout | null = null
  const waiting: { readonly untilBytes: number; readonly resolve: () => void }[] = []

  function onInterval(): void {
    timer = null
    writeNext()
  }

  /** Copies the text out: as a rope it would keep the heads alive that its pieces were cut from. */
  function seal(): void {
    if (text === '') return
    sealed.push(Buffer.from(text, 'latin1'))
    text = ''
  }

  function writeNext(): void {
    if (isWriting) return
    if (sealed.length === 0) seal()
    const chunk = sealed.shift()
    if (chunk === undefined) return
    isWriting = true
    sink.write(chunk, (error) => settle(chunk, error))
  }

  function settle(chunk: Buffer, error: Error | null): void {
    isWriting = false
    settledBytes += chunk.length
    if (error === null) hasProblem = false
    else {
      dropped += countLines(chunk)
      report(`Cannot write access log: ${error.message}; lines are dropped until writing works again`)
    }
    if (nextSink !== null) {
      sink.close()
      sink = nextSink
      nextSink = null
    }
    while (waiting[0] !== undefined && waiting[0].untilBytes <= settledBytes) waiting.shift()?.resolve()
    if (sealed.length > 0 || waiting.length > 0) writeNext()
  }

  function report(message: string): void {
    if (hasProblem) return
    hasProblem = true
    options.onProblem?.(message)
  }

  function setFormat(settings: AccessLogSettings): readonly string[] {
    format = settings.isEnabled ? compileLogFormat(settings.format, settings.escape, options.clock) : null
    isSkipped = compileTextPatterns(settings.skippedUris ?? [])
    if (target === '') moveTo(settings)
    return format?.unknown ?? []
  }

  function append(line: string): void {
    const bytes = line.length + 1
    if (acceptedBytes - settledBytes + bytes > MAX_PENDING_BYTES) {
      dropped++
      report('Cannot write access log fast enough: its memory is full; lines are dropped until it catches up')
      return
    }
    acceptedBytes += bytes
    text += line + '\n'
    if (text.length >= CHUNK_BYTES) {
      seal()
      writeNext()
    } else {
      timer ??= setTimeout(onInterval, options.flushIntervalMs ?? (isWatched(destination) ? 100 : 1000)).unref()
    }
  }

  function flush(): Promise<void> {
    if (settledBytes === acceptedBytes) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    waiting.push({ untilBytes: acceptedBytes, resolve })
    writeNext()
    return promise
  }

  /** Opens the destination anew. @returns false when that failed */
  function replaceSink(): boolean {
    let opened: LogSink
    try {
      opened = openDestination(destination)
    } catch (error) {
      options.onProblem?.(error instanceof Error ? error.message : String(error))
      return false
    }
    const replaced = nextSink ?? (isWriting ? null : sink)
    replaced?.close()
    if (isWriting) nextSink = opened
    else sink = opened
    return true
  }

  function moveTo(settings: AccessLogSettings): void {
    const previous = destination
    destination = chooseDestination('', settings)
    if (isSameDestination(destination, previous) || isClosed) return
    // What was gathered so far belongs to the old place, unless that is busy.
    seal()
    writeNext()
    if (!replaceSink()) destination = previous
  }

  setFormat(options.settings)
  return {
    setFormat,
    flush,
    droppedLines: () => dropped,

    observe(record: RequestRecord): void {
      if (format === null || isClosed || record.route?.route.isLogged === false) return
      if (isSkipped !== null && isSkipped(record.target)) return
      append(format.render(record))
    },

    append(line: string): void {
      if (!isClosed) append(line)
    },

    reopen(): void {
      if (typeof target !== 'string' || isClosed) return
      replaceSink()
    },

    async close(): Promise<void> {
      if (isClosed) return
      isClosed = true
      if (timer !== null) clearTimeout(timer)
      const { promise: timeout, resolve } = Promise.withResolvers<void>()
      const limit = setTimeout(resolve, CLOSE_WAIT_MS)
      await Promise.race([flush(), timeout])
      clearTimeout(limit)
      seal()
      dropped += sealed.reduce((lines, chunk) => lines + countLines(chunk), 0)
      sealed.length = 0
      nextSink?.close()
      sink.close()
    },
  }
}

function countLines(chunk: Buffer): number {
  let lines = 0
  for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, at + 1)) lines++
  return lines
}
