/**
 * Where the requests of a Service port go. In this order: what the user said on the command line, an external name, the
 * Service's own address where somebody asks for it, EndpointSlices or Endpoints, simulated pods.
 */
import { describeObject, originOf } from '../../kube/meta.ts'
import type { Service, ServicePort } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import type { BackendTarget } from '../../routing/model.ts'
import type { Report } from '../report.ts'
import type { EndpointSource } from '../translation.ts'
import { orDevBackend } from './dev-backend.ts'
import { weighEndpoints } from './endpoint-weights.ts'
import { resolveExternalName } from './external-name.ts'
import { serviceAddressOf } from './service-address.ts'
import { readSlices } from './slice-endpoints.ts'

/** What decides between endpoints besides the objects themselves. */
export interface EndpointRules {
  /** Backends by id that are reached by their Service's address. */
  readonly serviceAddressed: ReadonlySet<string>
  /** Prefer endpoints for this zone where all have hints; empty = off. */
  readonly nodeZone: string
}

export const PLAIN_ENDPOINT_RULES: EndpointRules = { serviceAddressed: new Set(), nodeZone: '' }

export function resolveTarget(
  snapshot: Snapshot,
  source: EndpointSource,
  service: Service,
  port: ServicePort,
  report: Report,
  { usesServiceAddress = false, nodeZone = '' }: { readonly usesServiceAddress?: boolean; readonly nodeZone?: string },
): BackendTarget {
  const given = source.override(service, port)
  if (given !== null) return { kind: 'endpoints', endpoints: given }
  if (service.spec.type === 'ExternalName') return resolveExternalName(service, port, report)
  const slices = snapshot.slicesOf(service.meta.namespace, service.meta.name)
  const address = usesServiceAddress ? serviceAddressOf(service, port) : null
  // Simulated pods stand for a cluster that does not exist; nothing listens on the address that it would have.
  const simulated = slices.length > 0 ? null : source.simulate(service, port)
  if (address !== null && (simulated === null || simulated.length === 0)) {
    return { kind: 'endpoints', endpoints: [address] }
  }
  const { namespace } = service.meta
  if (slices.length > 0) {
    const endpoints = weighEndpoints(readSlices(slices, port, nodeZone), snapshot, namespace, report)
    if (endpoints.length === 0) remarkNoEndpoints(service, port, 'none of its endpoints is ready', report)
    return { kind: 'endpoints', endpoints }
  }
  if (simulated !== null && simulated.length > 0) {
    return { kind: 'endpoints', endpoints: weighEndpoints(simulated, snapshot, namespace, report) }
  }
  remarkNoPods(snapshot, service, port, report)
  return { kind: 'endpoints', endpoints: [] }
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
    `Cannot find pods of ${describeObject(service)}: its selector ${wanted} matches none; accepted are labels of a pod template in its namespace${orDevBackend(service)}`,
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
