/**
 * Which simulated pods a set of manifests needs: one for each pod that a Service selects, with the names that
 * Kubernetes would give. Pure; the echo servers are started elsewhere.
 */
import { createHash } from 'node:crypto'
import { compareText } from '../../base/finding.ts'
import type { PodTemplate, Service, ServicePort, Workload } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'

export interface SimulatedPod {
  /** `namespace/service/pod`. */
  readonly key: string
  readonly namespace: string
  readonly service: string
  readonly pod: string
  /** First Ingress that refers to the Service, empty if none: what echo-basic has in INGRESS_NAME. */
  readonly ingress: string
  readonly template: PodTemplate
  /** The Service has a port for datagrams. */
  readonly takesUdp: boolean
}

/** Every pod costs a listening socket, so their number is bounded. */
export const MAX_SIMULATED_PODS = 2000

/** Simulated pods of all Services that have a selector and no endpoints of their own. */
export function planSimulatedPods(snapshot: Snapshot): readonly SimulatedPod[] {
  if (snapshot.pods.length === 0 && snapshot.workloads.length === 0) return []
  const ingressOf = indexIngresses(snapshot)
  const plan: SimulatedPod[] = []
  for (const service of snapshot.services) {
    const { namespace, name } = service.meta
    if (service.spec.type === 'ExternalName' || snapshot.slicesOf(namespace, name).length > 0) continue
    for (const { pod, template } of selectedPods(snapshot, service)) {
      if (plan.length >= MAX_SIMULATED_PODS) return plan
      const key = `${namespace}/${name}/${pod}`
      const ingress = ingressOf.get(`${namespace}/${name}`) ?? ''
      const takesUdp = service.spec.ports.some((port) => port.protocol === 'UDP')
      plan.push({ key, namespace, service: name, pod, ingress, template, takesUdp })
    }
  }
  return plan
}

/** True when the pod has the port: any number, or the name of a container port. */
export function hasTargetPort(template: PodTemplate, port: ServicePort): boolean {
  if (typeof port.targetPort === 'number') return true
  return template.containers.some((container) => container.ports.some((declared) => declared.name === port.targetPort))
}

interface NamedPod {
  readonly pod: string
  readonly template: PodTemplate
}

function selectedPods(snapshot: Snapshot, service: Service): readonly NamedPod[] {
  const { namespace } = service.meta
  const selector = Object.entries(service.spec.selector)
  if (selector.length === 0) return []
  const isSelected = (template: PodTemplate): boolean =>
    selector.every(([key, value]) => template.labels[key] === value)
  const pods: NamedPod[] = snapshot
    .podsIn(namespace)
    .filter((pod) => isSelected(pod.template))
    .map((pod) => ({ pod: pod.meta.name, template: pod.template }))
  for (const workload of snapshot.workloadsIn(namespace)) {
    if (!isSelected(workload.template)) continue
    for (let i = 0; i < Math.min(workload.replicas, MAX_SIMULATED_PODS); i++) {
      pods.push({ pod: podName(workload, i), template: workload.template })
    }
  }
  return pods.sort((a, b) => compareText(a.pod, b.pod))
}

/** Names in the shape of the workload's controller, always the same for the same manifest. */
function podName(workload: Workload, index: number): string {
  const { name } = workload.meta
  const hash = (text: string, length: number): string => readable(createHash('sha256').update(text).digest(), length)
  const identity = `${workload.meta.namespace}/${workload.kind}/${name}`
  switch (workload.kind) {
    case 'StatefulSet':
      return `${name}-${index}`
    case 'Deployment':
      return `${name}-${hash(identity, 9)}-${hash(`${identity}/${index}`, 5)}`
    case 'ReplicaSet':
    case 'DaemonSet':
      return `${name}-${hash(`${identity}/${index}`, 5)}`
  }
}

/** The letters Kubernetes uses for generated names: no vowels, no look-alikes. */
function readable(digest: Buffer, length: number): string {
  const letters = 'bcdfghjklmnpqrstvwxz2456789'
  return Array.from(digest.subarray(0, length), (byte) => letters[byte % letters.length]).join('')
}

function indexIngresses(snapshot: Snapshot): Map<string, string> {
  const index = new Map<string, string>()
  for (const ingress of snapshot.ingresses) {
    const backends = ingress.spec.rules.flatMap((rule) => rule.paths.map((path) => path.backend))
    if (ingress.spec.defaultBackend !== undefined) backends.push(ingress.spec.defaultBackend)
    for (const backend of backends) {
      if (backend.kind !== 'service') continue
      const key = `${ingress.meta.namespace}/${backend.name}`
      if (!index.has(key)) index.set(key, ingress.meta.name)
    }
  }
  return index
}
