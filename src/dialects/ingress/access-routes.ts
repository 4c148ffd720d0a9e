/** The part of a route that says whom it serves: origins, addresses, limits, then authentication. */
import type { ConnectionLimitConfig, RateLimit, RateLimitConfig } from '../../routing/gate-config.ts'
import type { Route } from '../../routing/model.ts'
import type { LimitSettings } from './access-settings.ts'
import { accessFields } from './auth-routes.ts'
import type { Location } from './location.ts'

/** Limits come before authentication: attempts are counted, as in ingress-nginx. */
export function guardFields(location: Location, routeId: string): Pick<Route, 'cors' | 'clientAddresses' | 'gates'> {
  const { addresses, limits, cors } = location.settings.access
  const { namespace, name } = location.served.ingress.meta
  const isListed = addresses.deny.length > 0 || addresses.allow.length > 0
  const { gates = [], ...fields } = accessFields(location, routeId, isListed ? addresses : undefined)
  const { limitPath } = location.settings.genkan
  const zone = `${namespace}/${name}${limitPath === '' ? '' : ` ${limitPath}`}`
  const all = [...limitGates(limits, zone), ...gates]
  const hasCors = cors.isEnabled && !cors.isBroken && cors.policy.allowOrigins.length > 0
  return { ...(hasCors ? { cors: cors.policy } : {}), ...fields, ...(all.length === 0 ? {} : { gates: all }) }
}

/** @param zone the Ingress: its hosts and paths are counted together */
function limitGates(limits: LimitSettings, zone: string): readonly (ConnectionLimitConfig | RateLimitConfig)[] {
  const { exempt, burstMultiplier } = limits
  const gates: (ConnectionLimitConfig | RateLimitConfig)[] = []
  if (limits.connections > 0) {
    gates.push({
      kind: 'limit-connections',
      zone,
      max: limits.connections,
      exempt,
      status: limits.connectionStatus,
      ...(limits.connectionKey === '' ? {} : { key: limits.connectionKey }),
    })
  }
  const rates: RateLimit[] = []
  const addRate = (requests: number, perSeconds: RateLimit['perSeconds']): void => {
    if (requests > 0) rates.push({ requests, perSeconds, burst: requests * burstMultiplier })
  }
  addRate(limits.requestsPerSecond, 1)
  addRate(limits.requestsPerMinute, 60)
  if (rates.length > 0) gates.push({ kind: 'limit-rate', zone, limits: rates, exempt, status: limits.rateStatus })
  return gates
}
