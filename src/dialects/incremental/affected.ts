/** Which Ingresses have to be looked at again when some objects were replaced. Rather too many than too few. */
import type { AnyObject, Ingress } from '../../kube/objects.ts'
import type { Replacement } from '../../kube/replace-objects.ts'

export interface Affected {
  /** Of Ingresses, in order. */
  readonly places: readonly number[]
  /** Beginnings of the ids of backends that many more Ingresses share: nothing about those may be said anew. */
  readonly shared: ReadonlySet<string>
}

const MOST_AFFECTED = 200

/** Annotations that give an Ingress further host names. */
const NAMING = /\/(?:server-alias|from-to-www-redirect|server-snippet)$/

/**
 * The Ingresses, by their place in both lists, whose routes can depend on one another and on what was replaced: those that
 * name a replaced object, and all that share hosts with them.
 *
 * @param before and `after` hold the same Ingresses in the same places
 * @param most with more than this, all are looked at
 * @returns `null` when it may be any of them, or nearly all
 */
export function findAffected(
  before: readonly Ingress[],
  after: readonly Ingress[],
  replacements: readonly Replacement[],
  most = MOST_AFFECTED,
): Affected | null {
  const isOfEndpointsOnly = replacements.every((one) => isOfEndpoints(one.before))
  const affected = new Set<number>()
  const hosts = new Set<string>()
  const add = (at: number): void => {
    affected.add(at)
    for (const ingress of [before[at]!, after[at]!]) for (const host of hostsOf(ingress)) hosts.add(host)
  }
  for (const { before: old } of replacements) {
    // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- any other kind may concern every Ingress
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
          if (affected.size > most) return null
        }
        break
      }
      default:
        return null
    }
  }
  if (isOfEndpointsOnly) return { places: [...affected].sort((a, b) => a - b), shared: new Set() }
  const shared = addSharers(before, after, replacements, most - affected.size, add)
  if (shared === null) return null
  for (let size = -1; size !== affected.size;) {
    size = affected.size
    for (const at of after.keys()) {
      if (affected.has(at)) continue
      const fresh = after[at]!
      const isNear = isNearTo(fresh, hosts) || (fresh !== before[at] && isNearTo(before[at]!, hosts))
      if (isNear) add(at)
      if (affected.size > most) return null
    }
  }
  return { places: [...affected].sort((a, b) => a - b), shared }
}

/**
 * What an Ingress says about a Service holds for all that route to it: those look at it too.
 *
 * @returns beginnings of the ids of backends that too many share; `null` when something else may be said about them
 */
function addSharers(
  before: readonly Ingress[],
  after: readonly Ingress[],
  replacements: readonly Replacement[],
  room: number,
  add: (at: number) => void,
): ReadonlySet<string> | null {
  const parted = new Set<string>()
  for (const { before: old, after: next } of replacements) {
    if (old.kind !== 'Ingress' || next.kind !== 'Ingress') continue
    const services = [...new Set([...portsByService(old).keys(), ...portsByService(next).keys()])]
    const { namespace } = old.meta
    const sharers: number[] = []
    for (const at of after.keys()) {
      const fresh = after[at]!
      const isSharer =
        shares(fresh, namespace, services) || (fresh !== before[at] && shares(before[at]!, namespace, services))
      if (isSharer) sharers.push(at)
    }
    if (sharers.length <= room) sharers.forEach(add)
    else if (saysMore(old, next)) return null
    else for (const name of services) parted.add(`${namespace}/${name}:`)
  }
  return parted
}

/** Annotations about the Service as much as about the Ingress, whoever's they are. */
const ABOUT_SERVICES = /load-balanc|hash|affinity|service-upstream|canary|health|slow-start|keepalive|backend|target/

/** True when an annotation that may concern a Service differs. */
function saysMore({ meta: { annotations: old } }: Ingress, { meta: { annotations: next } }: Ingress): boolean {
  return Object.keys({ ...old, ...next }).some(
    (name) =>
      old[name] !== next[name] && (ABOUT_SERVICES.test(name) || !name.startsWith('nginx.ingress.kubernetes.io/')),
  )
}

function shares(ingress: Ingress, namespace: string, services: readonly string[]): boolean {
  const own = ingress.meta.namespace === namespace ? portsByService(ingress) : null
  for (const name of services) if (own?.has(name) === true || mentions(ingress, name)) return true
  return false
}

const knownPorts = new WeakMap<Ingress, ReadonlyMap<string, string>>()

/** The Services that the rules name, each with the ports that they name, as one text in a fixed order. */
function portsByService(ingress: Ingress): ReadonlyMap<string, string> {
  let ports = knownPorts.get(ingress)
  if (ports === undefined) {
    const found = new Map<string, Set<string>>()
    const { rules, defaultBackend } = ingress.spec
    for (const backend of [...rules.flatMap((rule) => rule.paths.map((path) => path.backend)), defaultBackend]) {
      if (backend?.kind !== 'service') continue
      const port = backend.port.kind === 'number' ? String(backend.port.number) : backend.port.name
      const own = found.get(backend.name)
      if (own === undefined) found.set(backend.name, new Set([port]))
      else own.add(port)
    }
    ports = new Map([...found].map(([name, own]) => [name, [...own].sort().join(' ')]))
    knownPorts.set(ingress, ports)
  }
  return ports
}

export function isOfEndpoints({ kind }: AnyObject): boolean {
  return kind === 'EndpointSlice' || kind === 'Endpoints'
}

function isNearTo(ingress: Ingress, hosts: ReadonlySet<string>): boolean {
  for (const host of hostsOf(ingress)) if (covers(host, hosts)) return true
  return false
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
  return portsByService(ingress).get(name) ?? null
}

/** Annotations name objects of other namespaces too, in several notations. */
function mentions({ meta }: Ingress, name: string): boolean {
  for (const annotation in meta.annotations) if (meta.annotations[annotation]!.includes(name)) return true
  return false
}
