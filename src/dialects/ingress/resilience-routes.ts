/** Fields of routes and backends that come of {@link ResilienceSettings}. */
import type { Snapshot } from '../../kube/snapshot.ts'
import type { Backend, ForwardAction, UpstreamProtocol, VirtualHost } from '../../routing/model.ts'
import type { HealthCheckConfig } from '../../routing/resilience.ts'
import { readServiceResilience } from '../genkan/resilience.ts'
import type { Report } from '../report.ts'
import { backendIds } from './balancing-routes.ts'
import type { ServedIngress } from './location.ts'
import { backendResilienceOf, mergeResilience, NO_RESILIENCE, type ResilienceSettings } from './resilience-settings.ts'

/** Of a location whose requests are forwarded. */
export function timeoutFields({
  perTryTimeoutMs,
  requestTimeoutMs,
}: ResilienceSettings): Pick<ForwardAction, 'perTryTimeoutMs' | 'requestTimeoutMs'> {
  return {
    ...(perTryTimeoutMs === undefined ? {} : { perTryTimeoutMs }),
    ...(requestTimeoutMs === undefined ? {} : { requestTimeoutMs }),
  }
}

/** HTTP/2 upstreams are asked for a connection only: what a gRPC server answers to a GET says little. */
const CHECK_PROTOCOL = {
  http: 'http',
  https: 'https',
  client: 'http',
  h2c: 'tcp',
  h2: 'tcp',
} as const satisfies Record<UpstreamProtocol, HealthCheckConfig['protocol']>

/**
 * Gives backends what their Service says, and Ingresses that route to them: the Service wins, then the oldest Ingress, word
 * by word.
 *
 * @param served canaries too, oldest first
 * @param hosts what they became
 */
export function withResilience(
  backends: readonly Backend[],
  served: readonly ServedIngress[],
  hosts: readonly VirtualHost[],
  snapshot: Snapshot,
  report: Report,
): readonly Backend[] {
  // Looked for when first needed: there may be very many routes, and few backends have checks.
  let requestless: ReadonlySet<string> | null = null
  const asked = new Map<string, ResilienceSettings>()
  const protocols = new Map<string, UpstreamProtocol>()
  for (const item of served) {
    const { resilience, protocol } = item.settings
    for (const id of backendIds(item)) {
      if (!protocols.has(id)) protocols.set(id, protocol ?? 'http')
      if (resilience === NO_RESILIENCE) continue
      asked.set(id, mergeResilience(asked.get(id) ?? NO_RESILIENCE, resilience))
    }
  }
  return backends.map((backend) => {
    const own = serviceOf(backend, snapshot, report)
    const others = asked.get(backend.id)
    if (own === NO_RESILIENCE && others === undefined) return backend
    const settings = mergeResilience(own, others ?? NO_RESILIENCE)
    requestless ??= backendsThatTakeNoRequest(hosts)
    const protocol = requestless.has(backend.id) ? 'tcp' : CHECK_PROTOCOL[protocols.get(backend.id) ?? 'http']
    // Servers elsewhere know their own name, not the address that it has today.
    const host = backend.target.kind === 'dns' ? backend.target.hostname : ''
    return { ...backend, ...backendResilienceOf(settings, { protocol, host }) }
  })
}

/**
 * Checks show no certificate: a backend that wants one would refuse them all. They speak no HTTP/2 either, which the port of a
 * Service may ask for without an annotation. Both are asked for a connection only.
 */
function backendsThatTakeNoRequest(hosts: readonly VirtualHost[]): ReadonlySet<string> {
  const ids = new Set<string>()
  for (const { routes } of hosts) {
    for (const { action } of routes) {
      if (action.kind !== 'forward') continue
      const hasCertificate = action.upstreamTls !== undefined && action.upstreamTls.clientCertificate !== null
      if (hasCertificate || CHECK_PROTOCOL[action.protocol] === 'tcp') ids.add(action.backendId)
    }
  }
  return ids
}

function serviceOf({ id }: Backend, snapshot: Snapshot, report: Report): ResilienceSettings {
  const slash = id.indexOf('/')
  const service = snapshot.service(id.slice(0, slash), id.slice(slash + 1, id.lastIndexOf(':')))
  return service === undefined ? NO_RESILIENCE : readServiceResilience(service, report)
}
