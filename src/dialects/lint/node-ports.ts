/** Two Service ports that ask for one nodePort. */
import type { Finding } from '../../base/finding.ts'
import { remark } from '../../base/remark.ts'
import { describeObject, originOf } from '../../kube/meta.ts'
import type { Service } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'

/** Raises NODE_PORT_DUPLICATE on the younger of the two. TCP and UDP have ports of their own. */
export function checkNodePorts(snapshot: Snapshot): readonly Finding[] {
  const owners = new Map<string, Service>()
  const findings: Finding[] = []
  for (const service of snapshot.services) {
    if (service.spec.type !== 'NodePort' && service.spec.type !== 'LoadBalancer') continue
    for (const [index, port] of service.spec.ports.entries()) {
      if (port.nodePort === 0) continue
      const key = `${port.protocol} ${port.nodePort}`
      const owner = owners.get(key)
      if (owner === undefined) {
        owners.set(key, service)
        continue
      }
      const place = owner === service ? 'another port of this Service' : describeObject(owner)
      const message = `Cannot use nodePort ${port.nodePort}: ${place} has it already; leave it out, and a free one is chosen`
      findings.push(remark('NODE_PORT_DUPLICATE', originOf(service, 'spec', 'ports', index, 'nodePort'), message))
    }
  }
  return findings
}
