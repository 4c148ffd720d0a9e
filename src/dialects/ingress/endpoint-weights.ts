/**
 * `genkan.dev/endpoint-weight` on Pods: which part of a whole share a pod gets, in percent. 0 drains it: no new requests while
 * there are others, and clients that affinity keeps there stay.
 */
import { originOf } from '../../kube/meta.ts'
import type { Pod } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import type { Endpoint } from '../../routing/model.ts'
import { decodeInteger } from '../nginx/values.ts'
import type { Report } from '../report.ts'

export const ENDPOINT_WEIGHT = 'genkan.dev/endpoint-weight'

const decodePercent = decodeInteger(0, 100)

/** @returns the same endpoints, those of weighted pods with their weights */
export function weighEndpoints(
  endpoints: readonly Endpoint[],
  snapshot: Snapshot,
  namespace: string,
  report: Report,
): readonly Endpoint[] {
  const weights = new Map<string, number>()
  for (const pod of snapshot.podsIn(namespace)) {
    if (!Object.hasOwn(pod.meta.annotations, ENDPOINT_WEIGHT)) continue
    const weight = readWeight(pod, report)
    if (weight !== 1) weights.set(pod.meta.name, weight)
  }
  if (weights.size === 0) return endpoints
  return endpoints.map((endpoint) => {
    const weight = weights.get(endpoint.pod)
    return weight === undefined ? endpoint : { ...endpoint, weight }
  })
}

function readWeight(pod: Pod, report: Report): number {
  const text = (pod.meta.annotations[ENDPOINT_WEIGHT] ?? '').trim()
  const percent = decodePercent(text)
  if (percent.ok) return percent.value / 100
  report(
    'ANNOTATION_VALUE',
    `Cannot use ${ENDPOINT_WEIGHT}: its value is ${JSON.stringify(text.slice(0, 80))}, so the default applies; accepted is ${percent.accepted}`,
    originOf(pod, 'metadata', 'annotations', ENDPOINT_WEIGHT),
  )
  return 1
}
