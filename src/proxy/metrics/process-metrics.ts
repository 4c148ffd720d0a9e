/** Metrics of the proxy's processes: ingress-nginx's `nginx_process_*` names, and what only Node can say as `genkan_*`. */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { formatFamily, type Labels, type MetricFamily } from './exposition.ts'
import type { MirrorCounts } from '../filters/mirror-counts.ts'
import type { SpanCounts } from '../tracing/span-counts.ts'
import { type ProcessFacts, readProcessFacts } from './proc-files.ts'

/** Client connections of all workers. */
export interface ConnectionCounts {
  readonly active: number
  readonly reading: number
  readonly writing: number
  readonly waiting: number
  /** Since the start. */
  readonly accepted: number
  readonly handled: number
  readonly requests: number
}

export interface ProcessMetricsOptions {
  readonly constLabels: Labels
  /** The processes that serve traffic; default this one. */
  readonly pids?: () => readonly number[]
  readonly connections: () => ConnectionCounts
  /** Lines that the access log dropped since the start. */
  readonly droppedLogLines: () => number
  /** Spans of traced requests since the start. Default: none. */
  readonly spans?: () => SpanCounts
  /** Copies of mirrored requests since the start. Default: none. */
  readonly mirrors?: () => MirrorCounts
}

export interface ProcessMetrics {
  /** Prometheus text. Event loop delays are those since the last call. */
  collect(): string
  /** Ends the measuring of the event loop. */
  close(): void
}

const PREFIX = 'nginx_ingress_controller_nginx_process_'
const DELAY_RESOLUTION_MS = 50
const QUANTILES = [0.5, 0.9, 0.99, 1] as const

export function createProcessMetrics(options: ProcessMetricsOptions): ProcessMetrics {
  const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS })
  delay.enable()

  function collectDelay(): string {
    const samples = QUANTILES.map(
      // The histogram measures from timer to timer; what exceeds the interval is the delay.
      (quantile) =>
        [
          { quantile: String(quantile) },
          delay.count === 0 ? 0 : Math.max(0, delay.percentile(quantile * 100) / 1e6 - DELAY_RESOLUTION_MS) / 1000,
        ] as const,
    )
    delay.reset()
    return formatFamily(
      gauge('genkan_event_loop_delay_seconds', 'Delay of timers in this process since the last scrape, by quantile'),
      samples,
    )
  }

  return {
    collect(): string {
      const pids = options.pids?.() ?? [process.pid]
      return (
        formatConnections(options.connections(), options.constLabels) +
        formatProcesses(pids, options.constLabels) +
        collectDelay() +
        formatRuntime() +
        formatFamily(
          counter('genkan_access_log_dropped_total', 'Access log lines dropped because the disk or pipe was too slow'),
          [[{}, options.droppedLogLines()]],
        ) +
        formatSpans(options.spans?.() ?? { exported: 0, dropped: 0 }) +
        formatMirrors(options.mirrors?.() ?? { sent: 0, dropped: 0 })
      )
    },
    close: () => {
      delay.disable()
    },
  }
}

function formatSpans({ exported, dropped }: SpanCounts): string {
  return (
    formatFamily(counter('genkan_spans_exported_total', 'Spans that the trace collector took'), [[{}, exported]]) +
    formatFamily(
      counter('genkan_spans_dropped_total', 'Spans lost: the queue was full, or the collector refused them'),
      [[{}, dropped]],
    )
  )
}

function formatMirrors({ sent, dropped }: MirrorCounts): string {
  return (
    formatFamily(counter('genkan_mirror_requests_total', 'Copies of requests that were sent to mirrors'), [
      [{}, sent],
    ]) +
    formatFamily(
      counter(
        'genkan_mirror_dropped_total',
        'Copies that were not sent: too long, too many at a time, or nobody there',
      ),
      [[{}, dropped]],
    )
  )
}

function formatConnections(counts: ConnectionCounts, constLabels: Labels): string {
  const { active, reading, writing, waiting, accepted, handled, requests } = counts
  return (
    formatFamily(
      gauge(`${PREFIX}connections`, 'Client connections by state'),
      Object.entries({ active, reading, writing, waiting }).map(([state, n]) => [{ ...constLabels, state }, n]),
    ) +
    formatFamily(
      counter(`${PREFIX}connections_total`, 'Client connections since the start'),
      Object.entries({ accepted, handled }).map(([state, n]) => [{ ...constLabels, state }, n]),
    ) +
    formatFamily(counter(`${PREFIX}requests_total`, 'Requests since the start'), [[constLabels, requests]])
  )
}

function formatProcesses(pids: readonly number[], constLabels: Labels): string {
  const facts = pids.map(readProcessFacts).filter((fact) => fact !== null)
  const all = facts.length > 0 ? facts : [ownFacts()]
  const sum = (field: keyof ProcessFacts): number => all.reduce((total, fact) => total + fact[field], 0)
  const one = (family: MetricFamily, value: number): string => formatFamily(family, [[constLabels, value]])
  return (
    one(gauge(`${PREFIX}num_procs`, 'Processes that serve traffic'), all.length) +
    one(counter(`${PREFIX}cpu_seconds_total`, 'CPU seconds used'), sum('cpuSeconds')) +
    one(gauge(`${PREFIX}resident_memory_bytes`, 'Resident memory'), sum('residentBytes')) +
    one(gauge(`${PREFIX}virtual_memory_bytes`, 'Virtual memory'), sum('virtualBytes')) +
    one(counter(`${PREFIX}read_bytes_total`, 'Bytes read from storage'), sum('readBytes')) +
    one(counter(`${PREFIX}write_bytes_total`, 'Bytes written to storage'), sum('writeBytes')) +
    one(
      gauge(`${PREFIX}oldest_start_time_seconds`, 'Start of the oldest process, seconds since the epoch'),
      Math.min(...all.map((fact) => fact.startSeconds)),
    )
  )
}

/** Where there is no /proc, this process speaks for itself. */
function ownFacts(): ProcessFacts {
  const { user, system } = process.cpuUsage()
  return {
    cpuSeconds: (user + system) / 1e6,
    residentBytes: process.memoryUsage.rss(),
    virtualBytes: 0,
    readBytes: 0,
    writeBytes: 0,
    startSeconds: performance.timeOrigin / 1000,
  }
}

function formatRuntime(): string {
  const { heapUsed, heapTotal, external } = process.memoryUsage()
  const { active } = performance.eventLoopUtilization()
  return (
    formatFamily(gauge('genkan_heap_used_bytes', 'JavaScript heap in use'), [[{}, heapUsed]]) +
    formatFamily(gauge('genkan_heap_total_bytes', 'JavaScript heap reserved'), [[{}, heapTotal]]) +
    formatFamily(gauge('genkan_external_memory_bytes', 'Memory of buffers outside the heap'), [[{}, external]]) +
    formatFamily(counter('genkan_event_loop_active_seconds_total', 'Time that the event loop was busy'), [
      [{}, active / 1000],
    ])
  )
}

function gauge(name: string, help: string): MetricFamily {
  return { name, help, type: 'gauge' }
}

function counter(name: string, help: string): MetricFamily {
  return { name, help, type: 'counter' }
}
