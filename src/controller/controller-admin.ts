/** What the admin server shows of a controller that carries no traffic: it has no routes and no backends. */
import type { AdminSources } from '../admin/sources.ts'
import { VERSION } from '../base/version.ts'
import type { Finding } from '../base/finding.ts'
import type { Leadership } from './live-state.ts'

/** What every such controller knows of its cluster. */
export interface ControllerView {
  readonly leadership: () => Leadership
  /** Since when the cluster cannot be read, milliseconds since the epoch; `null` = it can. */
  readonly staleSinceMs: () => number | null
  /** Kinds that may not be read. */
  readonly forbidden: () => readonly string[]
}

export interface ControllerAdminOptions extends ControllerView {
  readonly state: { readonly findings: readonly Finding[]; readonly isDraining: boolean; readonly hasRead: boolean }
  readonly metrics: () => Iterable<string>
  /** As the API tells it: how often, and when last (ISO 8601, empty = never or not known). */
  readonly applied: () => { readonly configVersion: number; readonly appliedAt: string }
  /** Why it cannot say what becomes of a request. */
  readonly cannotExplain: string
}

export function createControllerAdmin(options: ControllerAdminOptions): AdminSources {
  const { state, metrics, applied, leadership, staleSinceMs, forbidden, cannotExplain } = options
  return {
    health: () => ({ isOk: true }),
    readiness: () => {
      if (state.isDraining) return { isOk: false, reason: 'shutting down' }
      return state.hasRead ? { isOk: true } : { isOk: false, reason: 'the cluster was not read yet' }
    },
    metrics,
    routes: () => [],
    findings: () => state.findings,
    backends: () => [],
    version: () => {
      const stale = staleSinceMs()
      return {
        version: VERSION,
        runtime: process.version,
        ...applied(),
        cluster: { staleSince: stale === null ? '' : new Date(stale).toISOString(), forbidden: forbidden() },
        leadership: leadership(),
      }
    },
    explain: () => ({ error: cannotExplain }),
  }
}
