/** The part of a route that says who may use it. */
import type { AddressPolicy } from '../../routing/address-policy.ts'
import type { Route } from '../../routing/model.ts'
import type { AuthGateConfig } from './auth-settings.ts'
import type { Location } from './location.ts'

/**
 * Address list and authentication of a route; with `satisfy: any` they become one gate.
 *
 * @param addresses the list that would stand for itself
 */
export function accessFields(
  { path, settings }: Location,
  routeId: string,
  addresses: AddressPolicy | undefined,
): Pick<Route, 'clientAddresses' | 'gates'> {
  const { gates: all, exemptPaths, satisfiesAny } = settings.auth
  const gates = exemptPaths.some((prefix) => path.startsWith(prefix)) ? [] : all.map((gate) => scoped(gate, routeId))
  if (gates.length === 0) return addresses === undefined ? {} : { clientAddresses: addresses }
  if (!satisfiesAny || (addresses === undefined && gates.length === 1)) {
    return addresses === undefined ? { gates } : { clientAddresses: addresses, gates }
  }
  return { gates: [{ kind: 'satisfy-any', addresses: addresses ?? { deny: [], allow: [] }, gates }] }
}

/** Cached answers are good for one location, as in nginx. */
function scoped(gate: AuthGateConfig, routeId: string): AuthGateConfig {
  return gate.kind === 'external-auth' && gate.cacheKey !== '' ? { ...gate, cacheScope: routeId } : gate
}
