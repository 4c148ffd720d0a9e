/**
 * Where the requests of a Service port go. In this order: what the user said on the command line, an external name,
 * EndpointSlices or Endpoints, simulated pods.
 */
import { describeObject, originOf } from '../../kube/meta.ts'
import type { EndpointSlice, Service, ServicePort, SliceEndpoint } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import type { BackendTarget, Endpoint } from '../../routing/model.ts'
import type { Report } from '../report.ts'
import type { EndpointSource } from '../translation.ts'
import { resolveExternalName } from './external-name.ts'

export function resolveTarget(
  snapshot: Snapshot,
  source: EndpointSource,
  service: Service,
  port: ServicePort,
  report: Report,
): BackendTarget {
  const given = source.override(service, port)
  if (given !== null) return { kind: 'endpoints', endpoints: given }
  if (service.spec.type === 'ExternalName') return resolveExternalName(service, port, report)
  const slices = snapshot.slicesOf(service.meta.namespace, service.meta.name)
  if (slices.length > 0) {
    const endpoints = readSlices(slices, port)
    if (endpoints.length === 0) remarkNoEndpoints(service, port, 'none of its endpoints is ready', report)
    return { kind: 'endpoints', endpoints }
  }
  const simulated = source.simulate(service, port)
  if (simulated !== null && simulated.length > 0) return { kind: 'endpoints', endpoints: simulated }
  remarkNoPods(snapshot, service, port, report)
  return { kind: 'endpoints', endpoints: [] }
}

/**
 * Ready endpoints of the port; where none is ready, those that still serve while they terminate (as kube-proxy does).
 * Duplicates are removed; the order is that of the slices.
 */
function readSlices(slices: readonly EndpointSlice[], port: ServicePort): readonly Endpoint[] {
  const ready = readEndpoints(slices, port, (endpoint) => endpoint.isReady)
  return ready.length > 0
    ? ready
    : readEndpoints(slices, port, (endpoint) => endpoint.isServing && endpoint.isTerminating)
}

function readEndpoints(
  slices: readonly EndpointSlice[],
  port: ServicePort,
  isWanted: (endpoint: SliceEndpoint) => boolean,
): readonly Endpoint[] {
  const found = new Map<string, Endpoint>()
  for (const slice of slices) {
    // FQDN slices are deprecated and hold no addresses that could be connected to.
    if (slice.addressType === 'FQDN') continue
    const target = slice.ports.find(
      (candidate) => candidate.protocol === 'TCP' && (port.name === '' || candidate.name === port.name),
    )
    if (target === undefined) continue
    for (const endpoint of slice.endpoints) {
      if (!isWanted(endpoint)) continue
      for (const address of endpoint.addresses) {
        const key = `${address} ${target.port}`
        if (!found.has(key)) found.set(key, { address, port: target.port, pod: endpoint.podName })
      }
    }
  }
  return [...found.values()]
}

function remarkNoPods(snapshot: Snapshot, service: Service, port: ServicePort, report: Report): void {
  const { namespace } = service.meta
  const selector = Object.entries(service.spec.selector)
  if (selector.length === 0) {
    remarkNoEndpoints(service, port, 'it has no selector and no EndpointSlice', report)
    return
  }
  const isSelected = (labels: Readonly<Record<string, string>>): boolean =>
    selector.every(([key, value]) => labels[key] === value)
  const hasPods =
    snapshot.podsIn(namespace).some((pod) => isSelected(pod.template.labels)) ||
    snapshot.workloadsIn(namespace).some((workload) => isSelected(workload.template.labels))
  if (hasPods) {
    remarkNoEndpoints(service, port, 'none of the pods that it selects has this port ready', report)
    return
  }
  const wanted = selector.map(([key, value]) => `${key}=${value}`).join(', ')
  report(
    'SERVICE_SELECTS_NOTHING',
    `Cannot find pods of ${describeObject(service)}: its selector ${wanted} matches none; accepted are labels of a pod template in its namespace`,
    originOf(service, 'spec', 'selector'),
  )
}

function remarkNoEndpoints(service: Service, port: ServicePort, state: string, report: Report): void {
  report(
    'SERVICE_NO_ENDPOINTS',
    `Cannot reach port ${port.port} of ${describeObject(service)}: ${state}; requests are answered 503 until it has one`,
    originOf(service),
  )
}
