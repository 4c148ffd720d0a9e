/** Begins the span of a request and, when the request is over, hands it to the exporter. Loaded when tracing is on. */
import { randomFillSync } from 'node:crypto'
import { hostname } from 'node:os'
import type { RouteTracing, TracingSettings } from '../../routing/tracing.ts'
import { toByteString } from '../../routing/path-match.ts'
import { VERSION } from '../../base/version.ts'
import { compileLogFormat, type LogFormat } from '../access-log/log-format.ts'
import { fieldValues } from '../filters/field-lines.ts'
import type { RequestRecord } from '../request-record.ts'
import { GrpcCollector } from './grpc-collector.ts'
import { HttpCollector } from './http-collector.ts'
import { encodeSpan } from './otlp-span.ts'
import { createSampler } from './sampler.ts'
import type { SpanCounts } from './span-counts.ts'
import { createSpanExporter, type SpanExporter } from './span-exporter.ts'
import { formatTraceParent, parseTraceParent, parseTraceState, type Span } from './trace-context.ts'

export interface Tracer {
  /** @param lines all header lines of the request as received */
  start(route: RouteTracing, lines: string): Span
  /** Queues the span of a request that is over, if it is sampled. */
  end(record: RequestRecord): void
  close(timeoutMs: number): Promise<void>
  counts(): SpanCounts
}

const HTTP_PORT = 4318
/** Names of spans that are kept compiled. */
const MOST_NAMES = 1000

export function createTracer(settings: TracingSettings, onProblem: (message: string) => void): Tracer {
  const isSampled = createSampler(settings)
  const exporter = settings.collectorHost === '' ? null : createExporter(settings, onProblem)
  const names = new Map<string, LogFormat>()

  function nameOf(record: RequestRecord, span: Span): string {
    if (span.operationName === '') {
      return `${record.method} ${toByteString(record.route?.labels.path ?? '')}`.trimEnd()
    }
    let format = names.get(span.operationName)
    if (format === undefined) {
      if (names.size >= MOST_NAMES) names.clear()
      format = compileLogFormat(span.operationName, 'none')
      names.set(span.operationName, format)
    }
    return format.render(record)
  }

  return {
    start(route, lines): Span {
      const parent = route.trustsIncoming ? parseTraceParent(fieldValues(lines, 'traceparent')) : null
      const traceId = parent?.traceId ?? randomHex(16)
      const spanId = randomHex(8)
      const isKept = isSampled(traceId, parent)
      return {
        traceId,
        spanId,
        parentSpanId: parent?.spanId ?? '',
        isSampled: isKept,
        traceParent: formatTraceParent(traceId, spanId, isKept),
        traceState: parent === null ? '' : parseTraceState(fieldValues(lines, 'tracestate')),
        operationName: route.operationName,
      }
    },

    end(record): void {
      const { span } = record
      if (exporter === null || span === null || !span.isSampled) return
      const durationMs = performance.now() - record.startMs
      exporter.add(encodeSpan(record, span, nameOf(record, span), Date.now(), durationMs))
    },

    close: async (timeoutMs) => {
      await exporter?.close(timeoutMs)
    },
    counts: () => exporter?.counts() ?? { exported: 0, dropped: 0 },
  }
}

function createExporter(settings: TracingSettings, onProblem: (message: string) => void): SpanExporter {
  const { collectorHost: host, collectorPort: port } = settings
  return createSpanExporter({
    settings,
    collector: port === HTTP_PORT ? new HttpCollector(host, port) : new GrpcCollector(host, port),
    resource: {
      'service.name': settings.serviceName,
      'host.name': hostname(),
      'process.pid': String(process.pid),
      'telemetry.sdk.name': 'genkan',
      'telemetry.sdk.language': 'nodejs',
      'telemetry.sdk.version': VERSION,
    },
    onProblem: (reason) => {
      onProblem(
        `Cannot export traces to ${host}:${port}: ${reason}; spans wait as long as there is room, then they are dropped`,
      )
    },
  })
}

const pool = Buffer.alloc(4096)
let poolAt = pool.length

/** Hex digits of cryptographic randomness; never all zero, which is no id. */
function randomHex(bytes: number): string {
  if (poolAt + bytes > pool.length) {
    randomFillSync(pool)
    poolAt = 0
  }
  const hex = pool.toString('hex', poolAt, poolAt + bytes)
  poolAt += bytes
  return /^0+$/.test(hex) ? randomHex(bytes) : hex
}
