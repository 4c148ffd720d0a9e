/** What becomes of one Ingress. */
import type { Finding } from '../base/finding.ts'
import { describeObject, originOf } from '../kube/meta.ts'
import type { Ingress } from '../kube/objects.ts'
import { annotationItems } from './annotation-items.ts'
import type { FindingsByPlace } from './findings-by-place.ts'
import { itemOf, verdictOf } from './item.ts'
import { isNotYet, judgeFinding } from './judge-finding.ts'
import type { Item, ObjectReport } from './migration-report.ts'

export function reportIngress(ingress: Ingress, prefix: string, findings: FindingsByPlace): ObjectReport {
  const annotations = annotationItems(ingress, prefix, findings)
  const told = new Set(annotations.map((item) => item.origin.path))
  const items: Item[] = [...annotations]
  const remarks: Finding[] = []
  for (const finding of findings.of(ingress)) {
    if (told.has(finding.origin.path)) continue
    const kind = judgeFinding(finding)
    if (kind === 'remark') remarks.push(finding)
    else {
      const subject = finding.origin.path === '' ? 'object' : finding.origin.path
      items.push(itemOf(kind, subject, finding.origin, { why: finding.message, isBlocked: isNotYet(finding) }))
    }
  }
  items.unshift(itemOf('same', 'routes', originOf(ingress, 'spec'), { value: describeRoutes(ingress) }))
  return {
    object: describeObject(ingress),
    kind: ingress.kind,
    namespace: ingress.meta.namespace,
    name: ingress.meta.name,
    origin: originOf(ingress),
    verdict: verdictOf(items),
    items,
    remarks,
  }
}

function describeRoutes({ spec }: Ingress): string {
  const hosts = new Set(spec.rules.map((rule) => rule.host))
  const paths = spec.rules.reduce((sum, rule) => sum + rule.paths.length, 0)
  const parts = [`${count(hosts.size, 'host')}, ${count(paths, 'path')}`]
  if (spec.defaultBackend !== undefined) parts.push('a default backend')
  if (spec.tls.length > 0) parts.push('TLS')
  return parts.join(', ')
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`
}
