/** What the control process and its workers say to each other. Structured clones over the IPC channel. */
import type { MirrorCounts } from '../../proxy/filters/mirror-counts.ts'
import type { ConnectionCounts } from '../../proxy/metrics/process-metrics.ts'
import type { RequestMetricsSnapshot } from '../../proxy/metrics/request-exposition.ts'
import type { SpanCounts } from '../../proxy/tracing/span-counts.ts'
import type { BackendState } from '../../proxy/upstream/backend-states.ts'
import type { RoutingModel, Scheme } from '../../routing/model.ts'
import type { ModelDelta } from '../../routing/model-delta.ts'
import type { OthersShare, ShareReport } from './connection-share.ts'
import type { LimitPlace } from './limit-peers.ts'
import type { PlaneOptions } from './traffic-plane.ts'

export type ToWorker =
  /** Comes with a bound socket, before `start`. */
  | { readonly kind: 'socket'; readonly scheme: Scheme }
  /** Comes with a connection that another worker accepted. */
  | { readonly kind: 'take'; readonly scheme: Scheme; readonly others: OthersShare }
  | { readonly kind: 'share'; readonly others: OthersShare }
  | {
      readonly kind: 'start'
      readonly options: PlaneOptions
      readonly ticketKeys: Uint8Array
      readonly limits: LimitPlace
      readonly others: OthersShare
      readonly version: number
      readonly model: RoutingModel | null
    }
  /** A whole model, whatever the worker has. */
  | { readonly kind: 'model'; readonly version: number; readonly model: RoutingModel }
  /** For a worker that has the version `from`; any other answers `gap`. */
  | { readonly kind: 'delta'; readonly from: number; readonly version: number; readonly delta: ModelDelta }
  | { readonly kind: 'reopen-log' }
  | { readonly kind: 'drain'; readonly graceMs: number; readonly isPatient: boolean }

export type FromWorker =
  | { readonly kind: 'listening' }
  /** The start failed; the worker ends after this. */
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  /** The version is served. */
  | { readonly kind: 'applied'; readonly version: number }
  /** A delta did not fit: a whole model is needed. */
  | { readonly kind: 'gap' }
  /** Comes with a connection for another worker. */
  | { readonly kind: 'give'; readonly scheme: Scheme; readonly report: ShareReport }
  | { readonly kind: 'share'; readonly report: ShareReport }
  /** Sent every second, and once more before the worker ends. */
  | { readonly kind: 'metrics'; readonly metrics: WorkerMetrics }
  | { readonly kind: 'problem'; readonly message: string }

export interface WorkerMetrics {
  readonly requests: readonly RequestMetricsSnapshot[]
  readonly connections: ConnectionCounts
  readonly droppedLogLines: number
  readonly spans: SpanCounts
  readonly mirrors: MirrorCounts
  readonly backends: readonly BackendState[]
}
