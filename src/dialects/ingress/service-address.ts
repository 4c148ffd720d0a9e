/**
 * `service-upstream`: requests go to the Service's own address, and the cluster's network chooses the pod (ingress-nginx,
 * annotations.md: Service Upstream).
 * Affinity and balancing of ours then have one endpoint to choose from.
 */
import { isIP } from 'node:net'
import type { Service, ServicePort } from '../../kube/objects.ts'
import type { Endpoint } from '../../routing/model.ts'

/** `null` for a headless Service, and for one that no cluster gave an address yet: its endpoints are used. */
export function serviceAddressOf(service: Service, port: ServicePort): Endpoint | null {
  const { clusterIp } = service.spec
  return isIP(clusterIp) === 0 ? null : { address: clusterIp, port: port.port, pod: '' }
}
