/** Services whose selector matches no pod, and targetPorts that no container declares. */
import { closestName } from '../../base/edit-distance.ts'
import type { Finding } from '../../base/finding.ts'
import { remark } from '../../base/remark.ts'
import { describeObject, originOf } from '../../kube/meta.ts'
import type { Pod, PodTemplate, Service, ServicePort, Workload } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import { orDevBackend } from '../ingress/dev-backend.ts'

/**
 * Raises SERVICE_SELECTS_NOTHING and SERVICE_TARGET_PORT_UNKNOWN. Says nothing when the manifests hold no pod and no
 * workload at all, for then they live elsewhere, nor about a Service whose endpoints are written by hand.
 */
export function checkSelectors(snapshot: Snapshot): readonly Finding[] {
  if (snapshot.pods.length === 0 && snapshot.workloads.length === 0) return []
  return snapshot.services.flatMap((service) => {
    const { namespace, name } = service.meta
    if (service.spec.type === 'ExternalName' || Object.keys(service.spec.selector).length === 0) return []
    const selected = podsIn(snapshot, namespace).filter((owner) => selects(service, owner.template))
    if (selected.length > 0) return findTargetPorts(service, selected)
    return snapshot.slicesOf(namespace, name).length > 0 ? [] : [describeMiss(snapshot, service)]
  })
}

type PodOwner = Pod | Workload

/** How many pod templates are weighed for a hint; comparing spellings costs more than the hint is worth beyond. */
const MAX_WEIGHED = 200

function podsIn(snapshot: Snapshot, namespace: string): readonly PodOwner[] {
  return [...snapshot.podsIn(namespace), ...snapshot.workloadsIn(namespace)]
}

function selects(service: Service, template: PodTemplate): boolean {
  return Object.entries(service.spec.selector).every(([key, value]) => template.labels[key] === value)
}

function describeMiss(snapshot: Snapshot, service: Service): Finding {
  const { namespace, name } = service.meta
  const wanted = Object.entries(service.spec.selector).map(([key, value]) => `${key}=${value}`)
  const message = `Cannot find pods of Service ${name}: no pod template in namespace ${namespace} has the labels ${wanted.join(', ')}; ${hintFor(snapshot, service)}${orDevBackend(service)}`
  return remark('SERVICE_SELECTS_NOTHING', originOf(service, 'spec', 'selector'), message)
}

function hintFor(snapshot: Snapshot, service: Service): string {
  const everywhere: readonly PodOwner[] = [...snapshot.pods, ...snapshot.workloads]
  const elsewhere = everywhere.find((owner) => selects(service, owner.template))
  if (elsewhere !== undefined) {
    return `${describeObject(elsewhere)} has them, but a Service selects in its own namespace only`
  }
  const best = nearest(service, podsIn(snapshot, service.meta.namespace))
  if (best === null) return 'write labels of a pod template'
  const differing = Object.keys(service.spec.selector).filter(
    (key) => best.template.labels[key] !== service.spec.selector[key],
  )
  const has = differing.map((key) => describeLabel(best.template, key))
  return `the nearest is ${describeObject(best)}, which has ${has.join(', ')}`
}

function describeLabel(template: PodTemplate, key: string): string {
  const value = template.labels[key]
  if (value !== undefined) return `${key}=${value}`
  const close = closestName(key, Object.keys(template.labels))
  return close === null ? `no label ${key}` : `${close}=${template.labels[close]} and no label ${key}`
}

/** The template that shares most labels, if it shares any or differs in spelling only. */
function nearest(service: Service, owners: readonly PodOwner[]): PodOwner | null {
  let best: PodOwner | null = null
  let bestScore = 0
  for (const owner of owners.slice(0, MAX_WEIGHED)) {
    const score = Object.entries(service.spec.selector).reduce(
      (sum, [key, value]) => sum + scoreLabel(owner.template, key, value),
      0,
    )
    if (score <= bestScore) continue
    best = owner
    bestScore = score
  }
  return best
}

function scoreLabel(template: PodTemplate, key: string, value: string): number {
  const actual = template.labels[key]
  if (actual === value) return 2
  if (actual !== undefined) return closestName(value, [actual]) === null ? 0 : 1
  const close = closestName(key, Object.keys(template.labels))
  return close !== null && template.labels[close] === value ? 1 : 0
}

function findTargetPorts(service: Service, selected: readonly PodOwner[]): readonly Finding[] {
  const declared = new Set<string>()
  for (const owner of selected) {
    for (const container of owner.template.containers) {
      for (const port of container.ports) if (port.name !== '') declared.add(port.name)
    }
  }
  return service.spec.ports.flatMap((port, index) => {
    if (typeof port.targetPort === 'number' || declared.has(port.targetPort)) return []
    const origin = originOf(service, 'spec', 'ports', index, 'targetPort')
    return [remark('SERVICE_TARGET_PORT_UNKNOWN', origin, describePort(port, port.targetPort, declared, selected))]
  })
}

function describePort(
  port: ServicePort,
  target: string,
  declared: ReadonlySet<string>,
  selected: readonly PodOwner[],
): string {
  const close = closestName(target, declared)
  const known =
    declared.size === 0 ? 'no container of it names a port' : `its ports are named ${[...declared].join(', ')}`
  const owner = selected[0] === undefined ? 'the selected pod' : describeObject(selected[0])
  const wanted = close === null ? 'write the number, or name the container port' : `did you mean ${close}`
  return `Cannot resolve targetPort ${target} of port ${port.port}: ${owner} is selected and ${known}; ${wanted}`
}
