/** What the admin server shows of the running system. */
import { createHash } from 'node:crypto'
import type { AdminSources, VersionInfo } from '../admin/sources.ts'
import { type ControllerFacts, formatControllerMetrics } from '../admin/controller-metrics.ts'
import { VERSION } from '../base/version.ts'
import { formatBackendMetrics } from '../proxy/metrics/backend-exposition.ts'
import { createConstLabels } from '../proxy/metrics/const-labels.ts'
import { createProcessMetrics } from '../proxy/metrics/process-metrics.ts'
import type { MetricsOptions } from '../proxy/metrics/metrics-options.ts'
import { formatRequestMetrics } from '../proxy/metrics/request-exposition.ts'
import { SeriesLayout } from '../proxy/metrics/request-series.ts'
import { parseExplainRequest } from '../routing/explain-request.ts'
import { explain } from '../routing/explain.ts'
import { listRoutes } from '../routing/route-list.ts'
import { readCertificateFacts, readOrphans } from './live-facts.ts'
import type { Leadership, LiveState } from './live-state.ts'
import type { ObservedPlane } from './serve/late-plane.ts'

export function createAdminSources(
  state: LiveState,
  plane: ObservedPlane,
  metrics?: MetricsOptions,
): AdminSources & { close(): void } {
  const layout = new SeriesLayout(metrics)
  const constLabels = createConstLabels({})
  const processes = createProcessMetrics({
    constLabels,
    pids: () => plane.pids(),
    connections: () => plane.connections(),
    droppedLogLines: () => plane.droppedLogLines(),
    spans: () => plane.spans(),
    mirrors: () => plane.mirrors(),
  })
  return {
    health: () => ({ isOk: true }),
    readiness: () =>
      state.isDraining
        ? { isOk: false, reason: 'draining' }
        : state.version === 0
          ? { isOk: false, reason: 'no configuration is served yet' }
          : { isOk: true },
    *metrics() {
      yield* formatRequestMetrics(plane.requestMetrics(), constLabels, layout)
      yield formatBackendMetrics(plane.backendStates(), constLabels)
      yield processes.collect()
      yield formatControllerMetrics(
        {
          applied: state.version,
          failed: state.failures,
          configHash: hashOf(state),
          isLastApplySuccessful: state.isLastApplySuccessful,
          lastSuccessMs: state.appliedAtMs,
          checks: state.checks.list(),
          orphans: readOrphans(state.model),
          certificates: readCertificateFacts(state.model),
          ...leadershipOf(state),
          ...readingOf(state),
          build: { release: VERSION, build: '', repository: '' },
        },
        constLabels,
      )
    },
    routes: () => (state.model === null ? [] : listRoutes(state.model)),
    findings: () => state.findings,
    backends() {
      const states = new Map(plane.backendStates().map(({ id, ...rest }) => [id, rest]))
      return (state.model?.backends ?? []).map(({ id, upstreamName, target }) => {
        const live = states.get(id)
        return {
          id,
          upstreamName,
          endpoints: target.kind === 'endpoints' ? target.endpoints : [],
          dns: target.kind === 'dns' ? `${target.hostname}:${target.port}` : '',
          ...(live === undefined ? {} : { state: live }),
        }
      })
    },
    version: () => ({
      version: VERSION,
      runtime: process.version,
      configVersion: state.version,
      appliedAt: state.appliedAtMs === 0 ? '' : new Date(state.appliedAtMs).toISOString(),
      ...leadershipOf(state),
      ...clusterOf(state),
    }),
    explain(input) {
      const request = parseExplainRequest(input)
      if ('error' in request) return request
      const table = state.explainTable
      return table === null
        ? { error: 'Cannot explain: no configuration is served yet' }
        : { value: explain(table, request.value) }
    },
    close: () => {
      processes.close()
    },
  }
}

function leadershipOf(state: LiveState): { readonly leadership?: Leadership } {
  const leadership = state.leadership()
  return leadership === null ? {} : { leadership }
}

function clusterOf(state: LiveState): Pick<VersionInfo, 'cluster'> {
  const reading = state.reading()
  if (reading === null) return {}
  const { staleSinceMs, forbidden } = reading
  return { cluster: { staleSince: staleSinceMs === null ? '' : new Date(staleSinceMs).toISOString(), forbidden } }
}

function readingOf(state: LiveState): Pick<ControllerFacts, 'cluster'> {
  const reading = state.reading()
  if (reading === null) return {}
  const { staleSinceMs, forbidden } = reading
  return { cluster: { staleSeconds: staleSinceMs === null ? 0 : (Date.now() - staleSinceMs) / 1000, forbidden } }
}

let hashedVersion = 0
let hash = 0

/** 48 bits of a digest over the routes: what ingress-nginx's config_hash is for. */
function hashOf(state: LiveState): number {
  if (state.version !== hashedVersion) {
    hashedVersion = state.version
    hash = createHash('sha256')
      .update(JSON.stringify(state.model?.routes ?? null))
      .digest()
      .readUIntBE(0, 6)
  }
  return hash
}
