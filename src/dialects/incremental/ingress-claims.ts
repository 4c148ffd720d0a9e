/** What an Ingress names and claims, read once: whether two Ingresses have to do with each other is asked very often. */
import type { Ingress } from '../../kube/objects.ts'

export interface IngressClaims {
  /** Every name that it may claim; empty text = all hosts. Beside them, in a notation that no host has, the group of an ALB. */
  readonly hosts: readonly string[]
  /** The Services that its rules name, each with the ports that they name, as one text in a fixed order. */
  readonly ports: ReadonlyMap<string, string>
  /** Of its annotations, which name objects of other namespaces too, in several notations. */
  readonly words: ReadonlySet<string>
}

/** Annotations that give an Ingress further host names. */
const NAMING = /\/(?:server-alias|from-to-www-redirect|server-snippet)$/

const known = new WeakMap<Ingress, IngressClaims>()

export function claimsOf(ingress: Ingress): IngressClaims {
  let claims = known.get(ingress)
  if (claims === undefined) {
    claims = { hosts: readHosts(ingress), ports: readPorts(ingress), words: readWords(ingress) }
    known.set(ingress, claims)
  }
  return claims
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
  // Rules of an ALB's members are in one order, whatever their hosts.
  const group = meta.annotations['alb.ingress.kubernetes.io/group.name']?.trim() ?? ''
  if (group !== '') hosts.push(`group ${group}`)
  return [...new Set(hosts)]
}

function readPorts({ spec: { rules, defaultBackend } }: Ingress): ReadonlyMap<string, string> {
  const found = new Map<string, Set<string>>()
  for (const backend of [...rules.flatMap((rule) => rule.paths.map((path) => path.backend)), defaultBackend]) {
    if (backend?.kind !== 'service') continue
    const port = backend.port.kind === 'number' ? String(backend.port.number) : backend.port.name
    const own = found.get(backend.name)
    if (own === undefined) found.set(backend.name, new Set([port]))
    else own.add(port)
  }
  return new Map([...found].map(([name, own]) => [name, [...own].sort().join(' ')]))
}

const NO_WORDS: ReadonlySet<string> = new Set()

/** Whatever may be a name, with and without what dots part. */
function readWords({ meta: { annotations } }: Ingress): ReadonlySet<string> {
  const words = new Set<string>()
  for (const name in annotations) {
    for (const word of annotations[name]!.toLowerCase().split(/[^a-z0-9.-]+/)) {
      words.add(word)
      if (word.includes('.')) for (const label of word.split('.')) words.add(label)
    }
  }
  words.delete('')
  return words.size === 0 ? NO_WORDS : words
}
