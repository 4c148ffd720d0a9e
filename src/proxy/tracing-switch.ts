/**
 * Tracing as the rest of the proxy sees it: off, and nothing of it loaded, until the settings turn it on. What is in
 * `tracing/` comes with the first such settings.
 */
import type { TracingSettings } from '../routing/tracing.ts'
import { withoutFields } from '../routing/answer-edits.ts'
import type { CompiledRoute } from '../routing/compile.ts'
import type { RequestObserver, RequestRecord } from './request-record.ts'
import { addSpans, type SpanCounts } from './tracing/span-counts.ts'
import type { Span } from './tracing/trace-context.ts'
import type { Tracer } from './tracing/tracer.ts'

const CLOSE_WAIT_MS = 3000
const CONTEXT_FIELDS = ['traceparent', 'tracestate'] as const

/** Part of the fronts' context. */
export interface TracerHolder {
  readonly tracer: Pick<Tracer, 'start'> | null
}

export class TracingSwitch implements RequestObserver, TracerHolder {
  tracer: Tracer | null = null
  readonly #onProblem: (message: string) => void
  readonly #closeWaitMs: number
  /** Text of the settings that `tracer` has. */
  #settings = ''
  #past: SpanCounts = { exported: 0, dropped: 0 }

  /** @param closeWaitMs how long the last spans may take; tests give less */
  constructor(onProblem: (message: string) => void, closeWaitMs = CLOSE_WAIT_MS) {
    this.#onProblem = onProblem
    this.#closeWaitMs = closeWaitMs
  }

  /** Takes the settings of the next model. A tracer that goes sends what it has in its own time. */
  async apply(settings: TracingSettings | undefined): Promise<void> {
    const text = settings === undefined ? '' : JSON.stringify(settings)
    if (text === this.#settings) return
    this.#settings = text
    const previous = this.tracer
    if (settings === undefined) this.tracer = null
    else {
      const { createTracer } = await import('./tracing/tracer.ts')
      // Another change came meanwhile: it has settled the matter.
      if (this.#settings !== text) return
      this.tracer = createTracer(settings, this.#onProblem)
    }
    if (previous !== null) void this.#end(previous)
  }

  observe(record: RequestRecord): void {
    if (record.span !== null) this.tracer?.end(record)
  }

  /** Since the start. */
  counts(): SpanCounts {
    return this.tracer === null ? this.#past : addSpans(this.#past, this.tracer.counts())
  }

  /** Sends what is there, within a few seconds. */
  async close(): Promise<void> {
    const { tracer } = this
    this.tracer = null
    this.#settings = ''
    if (tracer !== null) await this.#end(tracer)
  }

  async #end(tracer: Tracer): Promise<void> {
    await tracer.close(this.#closeWaitMs)
    this.#past = addSpans(this.#past, tracer.counts())
  }
}

/** Begins the span of a request for a route that is traced. @param lines header lines as received */
export function startSpan(route: CompiledRoute, lines: string, holder: TracerHolder | undefined): Span | null {
  return route.tracing === null ? null : (holder?.tracer?.start(route.tracing, lines) ?? null)
}

/** Header lines for the upstream with our span in place of the client's. */
export function withTraceContext(lines: string, span: Span): string {
  const state = span.traceState === '' ? '' : `tracestate: ${span.traceState}\r\n`
  return `${withoutFields(lines, CONTEXT_FIELDS)}traceparent: ${span.traceParent}\r\n${state}`
}
