/** What is seen of a data plane that may not have started yet: until it has, nothing is going on. */
import type { TrafficPlane } from '../plane/traffic-plane.ts'

export type ObservedPlane = Pick<
  TrafficPlane,
  'requestMetrics' | 'connections' | 'pids' | 'droppedLogLines' | 'spans' | 'mirrors' | 'backendStates'
>

const NO_CONNECTIONS = { active: 0, reading: 0, writing: 0, waiting: 0, accepted: 0, handled: 0, requests: 0 }

export function observeLater(plane: () => TrafficPlane | null): ObservedPlane {
  return {
    requestMetrics: () => plane()?.requestMetrics() ?? [],
    connections: () => plane()?.connections() ?? NO_CONNECTIONS,
    pids: () => plane()?.pids() ?? [],
    droppedLogLines: () => plane()?.droppedLogLines() ?? 0,
    spans: () => plane()?.spans() ?? { exported: 0, dropped: 0 },
    mirrors: () => plane()?.mirrors() ?? { sent: 0, dropped: 0 },
    backendStates: () => plane()?.backendStates() ?? [],
  }
}
