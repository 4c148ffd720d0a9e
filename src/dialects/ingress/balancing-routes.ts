/** Fields of routes and backends that come of {@link BalancingSettings}. */
import { describeObject, originOf } from '../../kube/meta.ts'
import type { IngressBackend } from '../../kube/objects.ts'
import type { AffinityConfig } from '../../routing/affinity.ts'
import type { BalancerConfig } from '../../routing/balancer.ts'
import type { Backend, Route } from '../../routing/model.ts'
import type { Report } from '../report.ts'
import { type BackendRegistry, portText } from './backends.ts'
import { affinityOf, balancerOf, canaryOf } from './balancing-settings.ts'
import type { Location, ServedIngress } from './location.ts'

/** Of a location whose requests are forwarded. */
export function balancingFields(location: Location, backends: BackendRegistry): Pick<Route, 'affinity' | 'canary'> {
  if (location.target.kind !== 'backend') return {}
  const affinity = affinityOf(location.settings.balancing, location.path, location.match.kind === 'regex')
  return { ...(affinity === null ? {} : { affinity }), ...canaryFields(location, affinity, backends) }
}

function canaryFields(
  { canary, path, match }: Location,
  mainAffinity: AffinityConfig | null,
  backends: BackendRegistry,
): Pick<Route, 'canary'> {
  if (canary === undefined || canary.backend.kind !== 'service') return {}
  const { served, backend, backendField } = canary
  const use = {
    ingress: served.ingress,
    field: backendField,
    acceptsTargetPort: served.personality.acceptsTargetPort,
  }
  const backendId = backends.resolve(backend.name, backend.port, use)
  if (backendId === null) return {}
  const own = affinityOf(served.settings.balancing, path, match.kind === 'regex')
  const affinity = mainAffinity === null ? own : mainAffinity.isIgnoredByCanary === true ? null : mainAffinity
  return { canary: canaryOf(served.settings.balancing, backendId, affinity) }
}

/**
 * Gives backends their way of balancing. It belongs to the Service port, whoever routes to it: the oldest Ingress that says
 * anything decides, as in ingress-nginx.
 *
 * @param served canaries too, oldest first
 */
export function withBalancers(
  backends: readonly Backend[],
  served: readonly ServedIngress[],
  report: Report,
): readonly Backend[] {
  const decided = new Map<string, { readonly balancer: BalancerConfig; readonly by: ServedIngress }>()
  const defaults = new Map<string, BalancerConfig>()
  for (const item of served) {
    const own = balancerOf(item.settings.balancing)
    const { defaultAlgorithm } = item.settings.balancing
    for (const id of backendIds(item)) {
      if (defaultAlgorithm !== null) defaults.set(id, defaultAlgorithm)
      if (own === null) continue
      const before = decided.get(id)
      if (before === undefined) decided.set(id, { balancer: own, by: item })
      else if (JSON.stringify(before.balancer) !== JSON.stringify(own)) remark(item, before.by, id, report)
    }
  }
  if (decided.size === 0 && defaults.size === 0) return backends
  return backends.map((backend) => {
    const balancer = decided.get(backend.id)?.balancer ?? defaults.get(backend.id)
    return balancer === undefined || balancer.kind === 'round-robin' ? backend : { ...backend, balancer }
  })
}

/**
 * Ids of the backends that are reached by their Service's address. It belongs to the Service port, whoever routes to it:
 * the oldest Ingress that says anything decides, then the ConfigMap.
 *
 * @param served canaries too, oldest first
 */
export function collectServiceAddressed(served: readonly ServedIngress[]): ReadonlySet<string> {
  const decided = new Map<string, boolean>()
  const defaults = new Set<string>()
  for (const item of served) {
    const { usesServiceAddress, defaultUsesServiceAddress } = item.settings.balancing
    if (usesServiceAddress === null && !defaultUsesServiceAddress) continue
    for (const id of backendIds(item)) {
      if (usesServiceAddress !== null && !decided.has(id)) decided.set(id, usesServiceAddress)
      if (defaultUsesServiceAddress) defaults.add(id)
    }
  }
  for (const [id, isWanted] of decided) {
    if (isWanted) defaults.add(id)
    else defaults.delete(id)
  }
  return defaults
}

/** Ids of the backends that rules of an Ingress name. */
export function backendIds({ ingress }: ServedIngress): ReadonlySet<string> {
  const { rules, defaultBackend } = ingress.spec
  const used: readonly (IngressBackend | undefined)[] = [
    ...rules.flatMap((rule) => rule.paths.map(({ backend }) => backend)),
    defaultBackend,
  ]
  const ids = new Set<string>()
  for (const backend of used) {
    if (backend?.kind === 'service') ids.add(`${ingress.meta.namespace}/${backend.name}:${portText(backend.port)}`)
  }
  return ids
}

function remark({ ingress }: ServedIngress, by: ServedIngress, id: string, report: Report): void {
  report(
    'BALANCING_CONFLICT',
    `Cannot balance ${id} as ${describeObject(ingress)} asks: the older ${describeObject(by.ingress)} asks for another ` +
      'way, and a Service port has one; accepted is the same on both',
    originOf(ingress, 'metadata', 'annotations'),
  )
}
