/** Endpoints of a Service port as EndpointSlices or Endpoints list them. */
import type { EndpointSlice, ServicePort, SliceEndpoint } from '../../kube/objects.ts'
import type { Endpoint } from '../../routing/model.ts'

/**
 * Ready endpoints of the port; where none is ready, those that still serve while they terminate (as kube-proxy does).
 * Duplicates are removed; the order is that of the slices.
 *
 * @param zone our own; empty = hints do not matter
 */
export function readSlices(slices: readonly EndpointSlice[], port: ServicePort, zone: string): readonly Endpoint[] {
  const ready = readEndpoints(slices, port, (endpoint) => endpoint.isReady)
  if (ready.length === 0) return readEndpoints(slices, port, (endpoint) => endpoint.isServing && endpoint.isTerminating)
  if (zone === '' || !areAllHinted(slices)) return ready
  const near = readEndpoints(slices, port, ({ isReady, hintZones }) => isReady && hintZones.includes(zone))
  return near.length > 0 ? near : ready
}

/** Hints count only as long as every ready endpoint has one: otherwise the control plane is about to change them (KEP-2433). */
function areAllHinted(slices: readonly EndpointSlice[]): boolean {
  return slices.every(({ endpoints }) => endpoints.every(({ isReady, hintZones }) => !isReady || hintZones.length > 0))
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
      (candidate) => candidate.protocol === port.protocol && (port.name === '' || candidate.name === port.name),
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
