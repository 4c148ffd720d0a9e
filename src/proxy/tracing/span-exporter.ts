/**
 * Sends spans in batches: when enough are there, or the oldest has waited long enough. The queue is bounded, requests
 * never wait: spans that find no room are dropped and counted. While the collector fails, pauses grow.
 */
import type { TracingSettings } from '../../routing/tracing.ts'
import type { Collector, ExportOutcome } from './collector.ts'
import { encodeExportRequest } from './otlp-export.ts'
import type { SpanCounts } from './span-counts.ts'

export interface SpanExporter {
  /** @param span encoded */
  add(span: Buffer): void
  /** Sends what is there for at most `timeoutMs`, then ends. What is left is dropped. */
  close(timeoutMs: number): Promise<void>
  /** Since the start. */
  counts(): SpanCounts
}

export interface SpanExporterOptions {
  readonly settings: Pick<TracingSettings, 'scheduleDelayMs' | 'maxBatchSize' | 'maxQueueSize'>
  readonly collector: Collector
  /** Attributes of the process. */
  readonly resource: Readonly<Record<string, string>>
  /** Told once when the collector begins to fail, and again after it worked in between. */
  readonly onProblem: (reason: string) => void
  /** Longest pause after failures; tests take a short one. Default 30 s. */
  readonly longestPauseMs?: number
}

const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 30_000

export function createSpanExporter(options: SpanExporterOptions): SpanExporter {
  const { settings, collector, resource } = options
  const longestPauseMs = options.longestPauseMs ?? LONGEST_PAUSE_MS
  let queue: Buffer[] = []
  let sending: Promise<void> | null = null
  let timer: NodeJS.Timeout | null = null
  let pauseMs = 0
  let hasProblem = false
  let isClosed = false
  let exported = 0
  let dropped = 0

  function schedule(): void {
    if (timer !== null || sending !== null || isClosed || queue.length === 0) return
    const isFull = queue.length >= settings.maxBatchSize
    const delayMs = pauseMs > 0 ? pauseMs : isFull ? 0 : settings.scheduleDelayMs
    timer = setTimeout(send, delayMs).unref()
  }

  function send(): void {
    if (timer !== null) clearTimeout(timer)
    timer = null
    if (sending !== null || queue.length === 0) return
    const batch = queue.splice(0, settings.maxBatchSize)
    sending = collector.send(encodeExportRequest(batch, resource)).then((outcome) => {
      sending = null
      settle(batch, outcome)
      schedule()
    })
  }

  function settle(batch: Buffer[], outcome: ExportOutcome): void {
    if (outcome.kind === 'taken') {
      exported += batch.length - outcome.rejected
      dropped += outcome.rejected
      pauseMs = 0
      hasProblem = false
      return
    }
    pauseMs = Math.min(longestPauseMs, Math.max(FIRST_PAUSE_MS, pauseMs * 2))
    if (!hasProblem) options.onProblem(outcome.reason)
    hasProblem = true
    if (outcome.kind === 'refused') {
      dropped += batch.length
      return
    }
    // The oldest come first again; what has no room any more are the newest.
    queue = [...batch, ...queue]
    dropped += Math.max(0, queue.length - settings.maxQueueSize)
    queue.length = Math.min(queue.length, settings.maxQueueSize)
  }

  return {
    add(span): void {
      if (isClosed || queue.length >= settings.maxQueueSize) {
        dropped++
        return
      }
      queue.push(span)
      if (queue.length === settings.maxBatchSize && timer !== null && pauseMs === 0) {
        clearTimeout(timer)
        timer = null
      }
      schedule()
    },

    async close(timeoutMs): Promise<void> {
      if (isClosed) return
      isClosed = true
      const { promise: timeout, resolve } = Promise.withResolvers<void>()
      const limit = setTimeout(resolve, timeoutMs)
      let isOver = false
      void timeout.then(() => {
        isOver = true
      })
      await Promise.race([drain(() => isOver), timeout])
      clearTimeout(limit)
      if (timer !== null) clearTimeout(timer)
      dropped += queue.length
      queue = []
      collector.close()
    },

    counts: () => ({ exported, dropped }),
  }

  function isFailing(): boolean {
    return hasProblem
  }

  /** One failure is enough: whoever drains does not wait for a collector that is away. */
  async function drain(isOver: () => boolean): Promise<void> {
    if (sending !== null) await sending
    hasProblem = false
    while (queue.length > 0 && !isFailing() && !isOver()) {
      send()
      await sending
    }
  }
}
