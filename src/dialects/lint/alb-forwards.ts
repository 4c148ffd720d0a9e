/** Services that an ALB's forward actions name. */
import { closestName } from '../../base/edit-distance.ts'
import type { Finding } from '../../base/finding.ts'
import { remark } from '../../base/remark.ts'
import { originOf } from '../../kube/meta.ts'
import type { Ingress } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import { albActionsOf } from './alb.ts'

/** Raises SERVICE_NOT_FOUND and SERVICE_PORT_NOT_FOUND for the targets of `forward` actions, used or not. */
export function checkAlbForwards(snapshot: Snapshot): readonly Finding[] {
  return snapshot.ingresses.flatMap((ingress) =>
    albActionsOf(ingress).flatMap(({ key, name, action }) =>
      action?.kind === 'forward'
        ? action.services.flatMap((target) => checkTarget(snapshot, ingress, { key, action: name, ...target }))
        : [],
    ),
  )
}

interface ForwardTarget {
  readonly key: string
  readonly action: string
  /** Service name and port, number or name. */
  readonly name: string
  readonly port: string
}

function checkTarget(snapshot: Snapshot, ingress: Ingress, target: ForwardTarget): readonly Finding[] {
  const { namespace } = ingress.meta
  const origin = originOf(ingress, 'metadata', 'annotations', target.key)
  const service = snapshot.service(namespace, target.name)
  if (service === undefined) {
    const names = snapshot.services.filter((one) => one.meta.namespace === namespace).map((one) => one.meta.name)
    const close = closestName(target.name, names)
    const wanted = close === null ? 'name one of the same namespace' : `did you mean ${close}`
    const message = `Cannot forward the action ${target.action} to Service ${target.name}: it does not exist in namespace ${namespace}; ${wanted}`
    return [{ ...remark('SERVICE_NOT_FOUND', origin, message), absent: `Service ${namespace}/${target.name}` }]
  }
  const { ports } = service.spec
  if (ports.some((port) => String(port.port) === target.port || port.name === target.port)) return []
  const meant = ports.find((port) => String(port.targetPort) === target.port)
  const known = ports.map((port) => (port.name === '' ? String(port.port) : `${port.port} (${port.name})`)).join(', ')
  const wanted = meant === undefined ? `its ports are ${known}` : `did you mean ${meant.port}, whose targetPort it is`
  const message = `Cannot forward the action ${target.action} to Service ${target.name}: it has no port ${target.port}; ${wanted}`
  return [remark('SERVICE_PORT_NOT_FOUND', origin, message)]
}
