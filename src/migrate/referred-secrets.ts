/** The Secrets that Ingresses and the controller refer to, as far as they are among the manifests. */
import { describeObject, originOf } from '../kube/meta.ts'
import type { Ingress, KubeSecret } from '../kube/objects.ts'
import type { Snapshot } from '../kube/snapshot.ts'
import type { FindingsByPlace } from './findings-by-place.ts'
import { itemOf, verdictOf } from './item.ts'
import { judgeFinding } from './judge-finding.ts'
import type { Item, ObjectReport } from './migration-report.ts'

const ANNOTATIONS: Readonly<Record<string, string>> = {
  'auth-secret': 'passwords',
  'auth-tls-secret': 'authority of client certificates',
  'proxy-ssl-secret': 'certificate towards upstreams',
}

/** @param defaultCertificate `namespace/name`; empty = none */
export function reportSecrets(
  snapshot: Snapshot,
  ingresses: readonly Ingress[],
  prefix: string,
  defaultCertificate: string,
  findings: FindingsByPlace,
): readonly ObjectReport[] {
  const roles = new Map<KubeSecret, Set<string>>()
  const add = (namespace: string, reference: string, role: string): void => {
    const [first = '', second] = reference.split('/')
    const secret = second === undefined ? snapshot.secret(namespace, first) : snapshot.secret(first, second)
    if (secret === undefined) return
    const known = roles.get(secret)
    if (known === undefined) roles.set(secret, new Set([role]))
    else known.add(role)
  }
  for (const { meta, spec } of ingresses) {
    for (const { secretName } of spec.tls) add(meta.namespace, secretName, 'certificate')
    for (const [name, role] of Object.entries(ANNOTATIONS)) {
      add(meta.namespace, (meta.annotations[prefix + name] ?? '').trim(), role)
    }
  }
  add('', defaultCertificate, 'default certificate')
  return [...roles].map(([secret, names]) => reportSecret(secret, [...names].sort().join(', '), findings))
}

function reportSecret(secret: KubeSecret, role: string, findings: FindingsByPlace): ObjectReport {
  const items: Item[] = [itemOf('same', 'role', originOf(secret), { value: role })]
  const remarks = []
  for (const finding of findings.of(secret)) {
    const kind = judgeFinding(finding)
    if (kind === 'remark') remarks.push(finding)
    else items.push(itemOf(kind, finding.origin.path, finding.origin, { why: finding.message }))
  }
  return {
    object: describeObject(secret),
    kind: secret.kind,
    namespace: secret.meta.namespace,
    name: secret.meta.name,
    origin: originOf(secret),
    verdict: verdictOf(items),
    items,
    remarks,
  }
}
