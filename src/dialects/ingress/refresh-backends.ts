/** New endpoints for backends that exist: what a rollout changes, without looking at a single route. */
import { isDeepStrictEqual } from 'node:util'
import type { ServicePortRef } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import type { Backend } from '../../routing/model.ts'
import type { EndpointSource } from '../translation.ts'
import { resolveTarget } from './endpoints.ts'
import { serviceAddressOf } from './service-address.ts'
import { findServicePort } from './service-port.ts'

/**
 * @param services `namespace/name` of those whose slices changed
 * @returns the same list when nothing changed; unchanged backends stay the very same objects
 */
export function refreshBackends(
  backends: readonly Backend[],
  services: ReadonlySet<string>,
  snapshot: Pick<Snapshot, 'service' | 'slicesOf' | 'podsIn' | 'workloadsIn'>,
  source: EndpointSource,
  nodeZone: string,
): readonly Backend[] {
  let hasChanged = false
  const refreshed = backends.map((backend) => {
    if (backend.target.kind !== 'endpoints') return backend
    const colon = backend.id.lastIndexOf(':')
    const name = backend.id.slice(0, colon)
    if (!services.has(name)) return backend
    const target = targetOf(name, backend.id.slice(colon + 1), backend, snapshot, source, nodeZone)
    if (target === null || isDeepStrictEqual(target, backend.target)) return backend
    hasChanged = true
    return { ...backend, target }
  })
  return hasChanged ? refreshed : backends
}

/** `null` where slices do not decide. */
function targetOf(
  fullName: string,
  written: string,
  { target: before }: Backend,
  snapshot: Pick<Snapshot, 'service' | 'slicesOf' | 'podsIn' | 'workloadsIn'>,
  source: EndpointSource,
  nodeZone: string,
): Backend['target'] | null {
  const slash = fullName.indexOf('/')
  const service = snapshot.service(fullName.slice(0, slash), fullName.slice(slash + 1))
  if (service === undefined || service.spec.type === 'ExternalName') return null
  const found = findServicePort(service, portRef(written))
  if (found.kind === 'none') return null
  const address = serviceAddressOf(service, found.port)
  const usesServiceAddress =
    address !== null &&
    before.kind === 'endpoints' &&
    before.endpoints.length === 1 &&
    before.endpoints[0]?.address === address.address &&
    before.endpoints[0].port === address.port
  if (usesServiceAddress) return null
  const ignore = (): void => undefined
  return resolveTarget(snapshot as Snapshot, source, service, found.port, ignore, { nodeZone })
}

function portRef(written: string): ServicePortRef {
  return /^\d+$/.test(written) ? { kind: 'number', number: Number(written) } : { kind: 'name', name: written }
}
