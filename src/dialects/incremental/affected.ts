/** Which Ingresses have to be looked at again when some objects changed. Rather too many than too few. */
import type { AnyObject, Ingress } from '../../kube/objects.ts'
import { type ObjectChange, versionsOf } from '../../kube/object-change.ts'
import { compareAge } from '../../kube/snapshot.ts'
import { claimsOf } from './ingress-claims.ts'
import type { IngressIndex } from './ingress-index.ts'
import { addSharers } from './service-sharers.ts'

export interface Affected {
  /** As they were, in the order of Snapshots. */
  readonly before: readonly Ingress[]
  readonly after: readonly Ingress[]
  /** Beginnings of the ids of backends that many more Ingresses share: nothing about those may be said anew. */
  readonly shared: ReadonlySet<string>
  /** Beginnings of the ids of backends that no other Ingress uses. */
  readonly owned: ReadonlySet<string>
}

/**
 * The Ingresses whose routes can depend on one another and on what changed: those that changed or name a changed object, and
 * all that share hosts with them.
 *
 * @param unchanged the Ingresses that did not change
 * @param most with more than this besides those that changed, all are looked at
 * @param isSample only endpoints changed, and of many Ingresses that name the same ports of a Service one is enough
 * @returns `null` when it may be any of them, or too many
 */
export function findAffected(
  unchanged: IngressIndex,
  changes: readonly ObjectChange[],
  most: number,
  isSample: boolean,
): Affected | null {
  const [olds, news]: [Ingress[], Ingress[]] = [[], []]
  for (const { before, after } of changes) {
    if (before?.kind === 'Ingress') olds.push(before)
    if (after?.kind === 'Ingress') news.push(after)
  }
  if (Math.max(olds.length, news.length) > most) return null
  const owned = new Set<string>()
  const near = findUsers(unchanged, changes, owned, most, isSample)
  if (near === null) return null
  let shared: ReadonlySet<string> = new Set()
  if (!isSample) {
    const sharers = addSharers(unchanged, changes, near, owned, most)
    if (sharers === null || !addNeighbours(unchanged, [...olds, ...news], near, most)) return null
    shared = sharers
  }
  return {
    before: [...near, ...olds].sort(compareAge),
    after: [...near, ...news].sort(compareAge),
    shared,
    owned,
  }
}

export function isOfEndpoints({ kind }: AnyObject): boolean {
  return kind === 'EndpointSlice' || kind === 'Endpoints'
}

/**
 * Those that name a changed Service, its endpoints or a Secret.
 *
 * @param owned filled with the beginnings of the ids of backends that only these use
 * @returns `null` where they are too many, or something changed that may concern every Ingress
 */
function findUsers(
  ingresses: IngressIndex,
  changes: readonly ObjectChange[],
  owned: Set<string>,
  most: number,
  isSample: boolean,
): Set<Ingress> | null {
  const users = new Set<Ingress>()
  const add = (some: Iterable<Ingress>): void => {
    for (const ingress of some) {
      users.add(ingress)
      if (users.size > most) return
    }
  }
  for (const version of changes.flatMap(versionsOf)) {
    const { namespace, name } = version.meta
    // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- any other kind may concern every Ingress
    switch (version.kind) {
      case 'Ingress':
        break
      case 'Service':
        owned.add(`${namespace}/${name}:`)
        add(ingresses.ofService(namespace, name))
        add(ingresses.mentioning(name))
        break
      case 'EndpointSlice':
      case 'Endpoints': {
        const { serviceName } = version
        const own = ingresses.ofService(namespace, serviceName)
        add(isSample ? onePerPorts(own, serviceName) : own)
        add(ingresses.mentioning(serviceName))
        break
      }
      case 'Secret':
        add(ingresses.ofSecret(namespace, name))
        add(ingresses.mentioning(name))
        break
      default:
        return null
    }
    if (users.size > most) return null
  }
  return users
}

function onePerPorts(users: Iterable<Ingress>, service: string): Iterable<Ingress> {
  const found = new Map<string, Ingress>()
  for (const ingress of users) {
    const ports = claimsOf(ingress).ports.get(service) ?? ''
    if (!found.has(ports)) found.set(ports, ingress)
  }
  return found.values()
}

/**
 * Adds to `near` all that share hosts with those that are near, and so on.
 *
 * @returns false when they are too many
 */
function addNeighbours(
  ingresses: IngressIndex,
  changed: readonly Ingress[],
  near: Set<Ingress>,
  most: number,
): boolean {
  const waiting = [...changed, ...near]
  const seen = new Set<string>()
  const add = (some: Iterable<Ingress>): boolean => {
    for (const ingress of some) {
      if (near.has(ingress)) continue
      near.add(ingress)
      waiting.push(ingress)
      if (near.size > most) return false
    }
    return true
  }
  // Hosts below a wildcard that changed look at its TLS.
  for (const host of changed.flatMap((ingress) => claimsOf(ingress).hosts)) {
    if (host.startsWith('*.') && !add(ingresses.below(host))) return false
  }
  for (const ingress of waiting) {
    for (const host of claimsOf(ingress).hosts) {
      if (seen.has(host)) continue
      seen.add(host)
      if (!add(ingresses.near(host))) return false
    }
  }
  return near.size <= most
}
