/**
 * How a replica is, for probes. `/healthz` is ingress-nginx's, for both of its probes: 500 from SIGTERM on. `/readyz` is
 * the same question with other words; `/livez` is answered by the loop that does all work, so a stuck one does not answer.
 */
import type { Health } from '../../admin/sources.ts'
import type { LiveState } from '../live-state.ts'
import type { ObservedPlane } from './late-plane.ts'

export interface ServeHealth {
  health(): Health
  readiness(): Health
  liveness(): Health
}

export function createServeHealth(state: LiveState, plane: ObservedPlane): ServeHealth {
  const lacking = (): string | null => {
    if (state.isDraining) return 'shutting down'
    if (state.version === 0) return 'no configuration is served yet'
    return plane.pids().length === 0 ? 'no worker serves' : null
  }
  return {
    health: () => {
      const reason = lacking()
      return reason === null ? { isOk: true } : { isOk: false, reason, status: state.isDraining ? 500 : 503 }
    },
    readiness: () => {
      const reason = lacking()
      return reason === null ? { isOk: true } : { isOk: false, reason }
    },
    liveness: () => ({ isOk: true }),
  }
}
