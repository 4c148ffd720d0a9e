/** What an Ingress or a Service says about backends that are new, slow, full or ill. Plain data; absent = not said. */
import type { BackendResilience, CircuitLimits, HealthCheckConfig } from '../../routing/resilience.ts'

export interface ResilienceSettings extends Pick<BackendResilience, 'slowStartMs' | 'retryBudgetPercent'> {
  /** There are no checks without a path. */
  readonly healthCheck: Partial<Omit<HealthCheckConfig, 'protocol'>>
  readonly limits: CircuitLimits
  /** Said by an Ingress only. */
  readonly perTryTimeoutMs?: number
  readonly requestTimeoutMs?: number
}

export const NO_RESILIENCE: ResilienceSettings = { healthCheck: {}, limits: {} }

/** Where only the path is said. */
const USUAL_CHECK: Omit<HealthCheckConfig, 'protocol' | 'host' | 'path'> = {
  port: 0,
  intervalMs: 10_000,
  timeoutMs: 2000,
  healthyThreshold: 2,
  unhealthyThreshold: 3,
  expectedStatuses: [{ from: 200, to: 399 }],
}

/** Both said together; where they differ the first wins, word by word. */
export function mergeResilience(first: ResilienceSettings, second: ResilienceSettings): ResilienceSettings {
  return {
    ...second,
    ...first,
    healthCheck: { ...second.healthCheck, ...first.healthCheck },
    limits: { ...second.limits, ...first.limits },
  }
}

/** Fields of a backend. @param usual what checks speak, and `Host` where nobody says another */
export function backendResilienceOf(
  { slowStartMs, healthCheck, limits, retryBudgetPercent }: ResilienceSettings,
  usual: Pick<HealthCheckConfig, 'protocol' | 'host'>,
): BackendResilience {
  const { path } = healthCheck
  return {
    ...(slowStartMs === undefined || slowStartMs === 0 ? {} : { slowStartMs }),
    ...(path === undefined ? {} : { healthCheck: { ...usual, ...USUAL_CHECK, ...healthCheck, path } }),
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
    ...(retryBudgetPercent === undefined ? {} : { retryBudgetPercent }),
  }
}
