/** What resolving targets looks at, and what its parts share. */
import { compareText } from '../../../base/finding.ts'
import type { Inventory } from '../../../aws/stack/inventory.ts'
import type { TargetGroup } from '../../../aws/stack/model.ts'
import type { Target } from '../../../aws/stack/target.ts'
import type { Service, ServicePort } from '../../../kube/objects.ts'
import type { Snapshot } from '../../../kube/snapshot.ts'
import type { Report } from '../../report.ts'

export interface TargetView {
  readonly snapshot: Snapshot
  readonly inventory: Inventory
  readonly report: Report
}

/** Orders targets by id, then by port. */
export function compareTargets(a: Target, b: Target): number {
  return compareText(a.id, b.id) || a.port - b.port
}

/** By number or name. One number in both protocols is told apart by the target group's. */
export function findPort(
  service: Service,
  text: string,
  protocol: TargetGroup['protocol'] = 'TCP',
): ServicePort | undefined {
  const ports = service.spec.ports.filter((port) => port.name === text || String(port.port) === text)
  if (ports.length < 2) return ports[0]
  const wanted = protocol === 'UDP' || protocol === 'QUIC' ? 'UDP' : 'TCP'
  return ports.find((port) => port.protocol === wanted) ?? ports[0]
}
