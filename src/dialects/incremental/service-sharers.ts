/** What an Ingress says about a Service holds for all that route to it: when the Ingress changes, those are looked at too. */
import type { Ingress } from '../../kube/objects.ts'
import type { ObjectChange } from '../../kube/object-change.ts'
import { compareAge } from '../../kube/snapshot.ts'
import { claimsOf } from './ingress-claims.ts'
import type { IngressIndex } from './ingress-index.ts'

/** Where a change says nothing new about a Service, no more of its users than these are looked at. */
const FEW = 16

/**
 * Adds to `near` the Ingresses that use a Service of a changed one, and to `owned` the beginnings of the ids of its backends;
 * of Services that many use, only the oldest user of each port.
 *
 * @returns beginnings of the ids of backends that many use; `null` when something else may be said about too many
 */
export function addSharers(
  ingresses: IngressIndex,
  changes: readonly ObjectChange[],
  near: Set<Ingress>,
  owned: Set<string>,
  most: number,
): ReadonlySet<string> | null {
  const shared = new Set<string>()
  for (const [beginning, { namespace, name, isAnew }] of readServices(changes)) {
    const room = most - near.size
    const users = new Set([...ingresses.ofService(namespace, name), ...ingresses.mentioning(name)])
    if (users.size <= Math.min(room, isAnew ? room : FEW)) {
      for (const user of users) near.add(user)
      owned.add(beginning)
    } else if (isAnew) return null
    else {
      for (const user of oldestPerPorts(ingresses.ofService(namespace, name), name)) near.add(user)
      shared.add(beginning)
    }
  }
  return shared
}

interface NamedService {
  readonly namespace: string
  readonly name: string
  /** The changes may say something about the Service that its other users do not show. */
  isAnew: boolean
}

/** The Services that changed Ingresses name, by the beginning of the ids of their backends. */
function readServices(changes: readonly ObjectChange[]): ReadonlyMap<string, NamedService> {
  const services = new Map<string, NamedService>()
  for (const { before, after } of changes) {
    const versions = [before, after].map((version) => (version?.kind === 'Ingress' ? version : undefined))
    for (const version of versions) {
      if (version === undefined) continue
      const { namespace } = version.meta
      for (const name of claimsOf(version).ports.keys()) {
        const beginning = `${namespace}/${name}:`
        const service = services.get(beginning) ?? { namespace, name, isAnew: false }
        services.set(beginning, service)
        service.isAnew ||= whatItSays(versions[0], name) !== whatItSays(versions[1], name)
      }
    }
  }
  return services
}

function oldestPerPorts(users: Iterable<Ingress>, service: string): Iterable<Ingress> {
  const oldest = new Map<string, Ingress>()
  for (const ingress of users) {
    const ports = claimsOf(ingress).ports.get(service) ?? ''
    const known = oldest.get(ports)
    if (known === undefined || compareAge(ingress, known) < 0) oldest.set(ports, ingress)
  }
  return oldest.values()
}

/** Annotations about the Service as much as about the Ingress, whoever's they are. */
const ABOUT_SERVICES = /load-balanc|hash|affinity|service-upstream|canary|health|slow-start|keepalive|backend|target/

/** Empty where an Ingress says nothing about a Service that cannot be seen of the others that use it. */
function whatItSays(ingress: Ingress | undefined, service: string): string {
  const ports = ingress === undefined ? undefined : claimsOf(ingress).ports.get(service)
  if (ingress === undefined || ports === undefined) return ''
  const said = Object.entries(ingress.meta.annotations).filter(
    ([name]) => ABOUT_SERVICES.test(name) || !name.startsWith('nginx.ingress.kubernetes.io/'),
  )
  return said.length === 0 ? '' : JSON.stringify([said, ports])
}
