/** What becomes of the ConfigMaps that the controller reads: its settings, and the TCP and UDP services. */
import type { Finding } from '../base/finding.ts'
import { describeObject, originOf, originOfKey } from '../kube/meta.ts'
import type { ConfigMap } from '../kube/objects.ts'
import { NEVER_EXECUTED, replacementsOf } from './annotation-items.ts'
import type { FindingsByPlace } from './findings-by-place.ts'
import { itemOf, reasonOf, verdictOf } from './item.ts'
import { isNotYet, judgeFinding } from './judge-finding.ts'
import type { Item, ObjectReport } from './migration-report.ts'

/** @param role what the controller reads it for, such as `settings` */
export function reportConfigMap(configMap: ConfigMap, role: string, findings: FindingsByPlace): ObjectReport {
  const items: Item[] = []
  const told = new Set<string>()
  for (const key of Object.keys(configMap.data).sort()) {
    const item = keyItem(configMap, key, findings.at(configMap, 'data', key))
    told.add(originOf(configMap, 'data', key).path)
    items.push(item)
  }
  const remarks = findings.of(configMap).filter(({ origin }) => !told.has(origin.path))
  items.unshift(itemOf('same', 'role', originOf(configMap), { value: role }))
  return {
    object: describeObject(configMap),
    kind: configMap.kind,
    namespace: configMap.meta.namespace,
    name: configMap.meta.name,
    origin: originOf(configMap),
    verdict: verdictOf(items),
    items,
    remarks,
  }
}

function keyItem(configMap: ConfigMap, key: string, findings: readonly Finding[]): Item {
  const origin = originOfKey(configMap, 'data', key)
  const value = configMap.data[key] ?? ''
  if (key.endsWith('-snippet') && value.trim() !== '') {
    return itemOf('refused', key, origin, { value, why: NEVER_EXECUTED, replacements: replacementsOf(value) })
  }
  if (findings.some(({ code }) => code === 'CONFIG_KEY_UNKNOWN')) {
    return itemOf('idle', key, origin, { value, why: 'ingress-nginx does not read it either; check its spelling' })
  }
  const judged = findings.map((finding) => ({ finding, kind: judgeFinding(finding) }))
  for (const kind of ['refused', 'absent', 'differs', 'idle'] as const) {
    const found = judged.find((one) => one.kind === kind)
    if (found === undefined) continue
    const isBlocked = kind === 'refused' && isNotYet(found.finding)
    return itemOf(kind, key, origin, { value, why: reasonOf(found.finding), isBlocked })
  }
  return itemOf('same', key, origin, { value })
}
