import type { MirrorCounts } from '../../proxy/filters/mirror-counts.ts'
import type { ConnectionCounts } from '../../proxy/metrics/process-metrics.ts'
import type { MetricsOptions } from '../../proxy/metrics/metrics-options.ts'
import type { RequestMetricsSnapshot } from '../../proxy/metrics/request-exposition.ts'
import type { SpanCounts } from '../../proxy/tracing/span-counts.ts'
import type { BackendState } from '../../proxy/upstream/backend-states.ts'
import type { RoutingModel } from '../../routing/model.ts'
import type { ListeningSockets } from './listening-sockets.ts'

/** The built-in data plane as the controller sees it: in this process, or in worker processes. */
export interface TrafficPlane {
  readonly httpPort: number
  readonly httpsPort: number
  /** What it listens on, for a program that takes over. */
  readonly sockets: ListeningSockets
  /** Serves this model from now on; resolves when every worker does. No connection is closed. */
  apply(model: RoutingModel): Promise<void>
  requestMetrics(): readonly RequestMetricsSnapshot[]
  connections(): ConnectionCounts
  /** Processes that serve traffic. */
  pids(): readonly number[]
  droppedLogLines(): number
  /** Spans of traced requests, exported and dropped since the start. */
  spans(): SpanCounts
  /** Copies of mirrored requests since the start. */
  mirrors(): MirrorCounts
  /** Backends about which there is more to say than the model does, all workers together. */
  backendStates(): readonly BackendState[]
  /** After logrotate moved the access log. */
  reopenLog(): void
  /** Stops accepting, finishes requests for at most `graceMs`, then closes what is left and the log. */
  /** @param isPatient idle HTTP/1.1 connections are not closed before they had one more answer, or the time is over */
  drain(graceMs: number, isPatient?: boolean): Promise<void>
}

export interface PlaneOptions {
  readonly host: string
  /** 0 = any free port. */
  readonly httpPort: number
  readonly httpsPort: number
  /** A path, `-`, `off`, or empty: where the ConfigMap says. */
  readonly accessLog: string
  /** As of `DataPlaneOptions.asksItself`. */
  readonly asksItself?: boolean
  /** Default: as ingress-nginx without flags. */
  readonly metrics?: MetricsOptions
}
