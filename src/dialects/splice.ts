/**
 * Puts the translation of a few Ingresses into that of all: the hosts that they have to do with are replaced, everything
 * else stays the very same objects. What it leaves behind (backends and certificates that nobody uses any more) goes with the
 * next whole translation.
 */
import { compareFindings, compareText } from '../base/finding.ts'
import { describeObject } from '../kube/meta.ts'
import type { Ingress } from '../kube/objects.ts'
import type { Backend, Certificate, CertificateTable, RoutingModel } from '../routing/model.ts'
import type { Translation } from './translation.ts'

export interface SplicedPart {
  /** Of the Ingresses that share a host with a changed one, and those alone. */
  readonly translation: Translation
  /** All hosts of changed Ingresses, before and after. */
  readonly hosts: ReadonlySet<string>
  /** `Ingress namespace/name` of the changed ones and of those translated with them, gone ones too. */
  readonly objects: ReadonlySet<string>
}

export function spliceTranslation(
  before: Translation,
  { translation: part, hosts, objects }: SplicedPart,
): Translation {
  const isPart = ({ origin }: { readonly origin: { readonly object: string } }): boolean => objects.has(origin.object)
  return {
    model: spliceModel(before.model, part.model, hosts),
    certificateRequests: mergeBy(before.certificateRequests, part.certificateRequests, ({ id }) => id),
    findings: [...before.findings.filter((finding) => !isPart(finding)), ...part.findings.filter(isPart)].sort(
      compareFindings,
    ),
    served: spliceServed(before.served, part.served, objects),
  }
}

function spliceModel(before: RoutingModel, part: RoutingModel, hosts: ReadonlySet<string>): RoutingModel {
  const kept = before.routes.hosts.filter(({ host }) => !hosts.has(host))
  const fresh = part.routes.hosts.filter(({ host }) => hosts.has(host))
  return {
    ...before,
    routes: { ...before.routes, hosts: [...kept, ...fresh].sort((a, b) => compareText(a.host, b.host)) },
    backends: addBackends(before.backends, part.backends),
    certificates: spliceCertificates(before.certificates, part.certificates, hosts),
  }
}

/** Those that exist keep their settings, which others may have decided. */
function addBackends(before: readonly Backend[], part: readonly Backend[]): readonly Backend[] {
  const known = new Set(before.map(({ id }) => id))
  const fresh = part.filter(({ id }) => !known.has(id))
  return fresh.length === 0 ? before : [...before, ...fresh].sort((a, b) => (a.id < b.id ? -1 : 1))
}

function spliceCertificates(
  before: CertificateTable,
  part: CertificateTable,
  hosts: ReadonlySet<string>,
): CertificateTable {
  const bySni = [
    ...before.bySni.filter(({ name }) => !hosts.has(name)),
    ...part.bySni.filter(({ name }) => hosts.has(name)),
  ].sort((a, b) => compareText(a.name, b.name))
  return {
    ...before,
    bySni,
    certificates: mergeBy<Certificate>(before.certificates, part.certificates, ({ id }) => id),
  }
}

function spliceServed(
  before: readonly Ingress[],
  part: readonly Ingress[],
  objects: ReadonlySet<string>,
): readonly Ingress[] {
  return [...before.filter((ingress) => !objects.has(describeObject(ingress))), ...part]
}

/** Fresh ones replace those of the same key; those that are as before stay the very same. */
function mergeBy<T>(before: readonly T[], fresh: readonly T[], key: (item: T) => string): readonly T[] {
  if (fresh.length === 0) return before
  const byKey = new Map(before.map((item) => [key(item), item]))
  for (const item of fresh) {
    const known = byKey.get(key(item))
    if (known === undefined || JSON.stringify(known) !== JSON.stringify(item)) byKey.set(key(item), item)
  }
  return [...byKey.values()].sort((a, b) => compareText(key(a), key(b)))
}
