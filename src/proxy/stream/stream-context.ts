/** What all streams of a worker share. Fields are replaced, never mutated: read them once per session. */
import type { StreamSettings } from '../../routing/streams.ts'
import type { TimerWheel } from '../timer-wheel.ts'
import type { Cluster } from '../upstream/cluster.ts'
import type { StreamObserver } from './stream-record.ts'

export interface StreamContext {
  settings: StreamSettings
  readonly timers: TimerWheel
  readonly observer: StreamObserver
  /** A backend of the live model. */
  clusterOf(backendId: string): Cluster | null
}

/** How long one endpoint may take to accept a connection: that of HTTP routes by default. */
export const CONNECT_TIMEOUT_MS = 5000
