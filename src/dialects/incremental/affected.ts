/** Which Ingresses have to be looked at again when some objects were replaced. Rather too many than too few. */
import type { AnyObject, Ingress } from '../../kube/objects.ts'
import { isSameData } from '../../routing/model-delta.ts'
import type { Replacement } from '../../kube/replace-objects.ts'

/** With more than this, all are looked at. */
const MOST_AFFECTED = 200

/** Annotations that give an Ingress further host names. */
const NAMING = /\/(?:server-alias|from-to-www-redirect|server-snippet)$/

/**
 * The Ingresses, by their place in both lists, whose routes can depend on one another and on what was replaced: those that
 * name a replaced object, and all that share hosts with them.
 *
 * @param before and `after` hold the same Ingresses in the same places
 * @returns `null` when it may be any of them, or nearly all
 */
export function findAffected(
  before: readonly Ingress[],
  after: readonly Ingress[],
  replacements: readonly Replacement[],
): readonly number[] | null {
  const isOfEndpointsOnly = replacements.every((one) => isOfEndpoints(one.before))
  const affected = new Set<number>()
  const hosts = new Set<string>()
  const add = (at: number): void => {
    affected.add(at)
    for (const ingress of [before[at]!, after[at]!]) for (const host of hostsOf(ingress)) hosts.add(host)
  }
  for (const { before: old } of replacements) {
    switch (old.kind) {
      case 'Ingress': {
        const at = before.indexOf(old)
        const names = [before[at], after[at]].flatMap((ingress) => (ingress === undefined ? [] : hostsOf(ingress)))
        // Hosts below a wildcard look at its TLS.
        if (at === -1 || names.some((name) => name.startsWith('*.'))) return null
        add(at)
        break
      }
      case 'Service':
      case 'EndpointSlice':
      case 'Endpoints':
      case 'Secret': {
        const { namespace } = old.meta
        const name = 'serviceName' in old ? old.serviceName : old.meta.name
        const seen = new Set<string>()
        for (const [at, ingress] of after.entries()) {
          const use = useOf(ingress, namespace, name, old.kind === 'Secret')
          // Of many that name the same port of a Service, one tells what its endpoints are.
          if (use === null || (isOfEndpointsOnly && use !== '' && seen.has(use))) continue
          seen.add(use)
          add(at)
          if (affected.size > MOST_AFFECTED) return null
        }
        break
      }
      default:
        return null
    }
  }
  if (isOfEndpointsOnly) return [...affected].sort((a, b) => a - b)
  if (!addSharers(before, after, replacements, affected.size, add)) return null
  for (let size = -1; size !== affected.size;) {
    size = affected.size
    for (const at of after.keys()) {
      if (affected.has(at)) continue
      const isNear = [before[at]!, after[at]!].some((ingress) => hostsOf(ingress).some((host) => covers(host, hosts)))
      if (isNear) add(at)
      if (affected.size > MOST_AFFECTED) return null
    }
  }
  return [...affected].sort((a, b) => a - b)
}

/**
 * What an Ingress says about a Service holds for all that route to it: those look at it too. Where they are too many, what
 * it says and to which Services must be as before.
 */
function addSharers(
  before: readonly Ingress[],
  after: readonly Ingress[],
  replacements: readonly Replacement[],
  count: number,
  add: (at: number) => void,
): boolean {
  for (const { before: old, after: fresh } of replacements) {
    if (old.kind !== 'Ingress' || fresh.kind !== 'Ingress') continue
    const services = new Set([...servicesOf(old), ...servicesOf(fresh)])
    const sharers: number[] = []
    for (const at of after.keys()) {
      const isSharer = [before[at]!, after[at]!].some(
        (ingress) =>
          [...services].some((name) => mentions(ingress, name)) ||
          (ingress.meta.namespace === old.meta.namespace && servicesOf(ingress).some((name) => services.has(name))),
      )
      if (isSharer) sharers.push(at)
    }
    if (sharers.length + count <= MOST_AFFECTED) sharers.forEach(add)
    else if (
      !isSameData(old.meta.annotations, fresh.meta.annotations) ||
      !isSameData(servicesOf(old), servicesOf(fresh))
    ) {
      return false
    }
  }
  return true
}

const knownServices = new WeakMap<Ingress, readonly string[]>()

/** Names of the Services that the rules name, in a fixed order. */
function servicesOf(ingress: Ingress): readonly string[] {
  let services = knownServices.get(ingress)
  if (services === undefined) {
    const { rules, defaultBackend } = ingress.spec
    const backends = [...rules.flatMap(({ paths }) => paths.map(({ backend }) => backend)), defaultBackend]
    const names = backends.flatMap((backend) => (backend?.kind === 'service' ? [backend.name] : []))
    services = [...new Set(names)].sort()
    knownServices.set(ingress, services)
  }
  return services
}

export function isOfEndpoints({ kind }: AnyObject): boolean {
  return kind === 'EndpointSlice' || kind === 'Endpoints'
}

/** A wildcard host is near the hosts below it, whose redirects look at its TLS. */
function covers(host: string, hosts: ReadonlySet<string>): boolean {
  if (hosts.has(host)) return true
  if (!host.startsWith('*.')) return false
  const suffix = host.slice(1)
  for (const name of hosts) if (name.endsWith(suffix)) return true
  return false
}

const known = new WeakMap<Ingress, readonly string[]>()

/** Every name that an Ingress may claim; empty text = all hosts. */
function hostsOf(ingress: Ingress): readonly string[] {
  let hosts = known.get(ingress)
  if (hosts === undefined) {
    hosts = readHosts(ingress)
    known.set(ingress, hosts)
  }
  return hosts
}

function readHosts({ spec, meta }: Ingress): readonly string[] {
  const hosts = spec.rules.map(({ host }) => host)
  if (spec.defaultBackend !== undefined) hosts.push('')
  if (hosts.includes('')) for (const entry of spec.tls) hosts.push(...entry.hosts)
  for (const [name, value] of Object.entries(meta.annotations)) {
    if (!NAMING.test(name)) continue
    hosts.push(...value.toLowerCase().split(/[\s,]+/))
    for (const { host } of spec.rules) hosts.push(host.startsWith('www.') ? host.slice(4) : `www.${host}`)
  }
  return [...new Set(hosts)]
}

/** @returns the Service's ports that the rules name, or empty text for another use; `null` when there is none */
function useOf(ingress: Ingress, namespace: string, name: string, isSecret: boolean): string | null {
  const { spec, meta } = ingress
  if (mentions(ingress, name)) return ''
  if (meta.namespace !== namespace) return null
  if (isSecret) return spec.tls.some(({ secretName }) => secretName === name) ? '' : null
  let ports: string | null = null
  const backends = spec.rules.flatMap(({ paths }) => paths.map(({ backend }) => backend))
  if (spec.defaultBackend !== undefined) backends.push(spec.defaultBackend)
  for (const backend of backends) {
    if (backend.kind !== 'service' || backend.name !== name) continue
    const port = backend.port.kind === 'number' ? String(backend.port.number) : backend.port.name
    ports = ports === null || ports.includes(`${port} `) ? (ports ?? `${port} `) : `${ports}${port} `
  }
  return ports
}

/** Annotations name objects of other namespaces too, in several notations. */
function mentions({ meta }: Ingress, name: string): boolean {
  for (const annotation in meta.annotations) if (meta.annotations[annotation]!.includes(name)) return true
  return false
}
