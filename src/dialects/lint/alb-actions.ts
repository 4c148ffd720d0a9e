/** Actions of an ALB that no path uses, and paths that use an action which is not there. */
import { closestName } from '../../base/edit-distance.ts'
import type { Finding } from '../../base/finding.ts'
import { remark } from '../../base/remark.ts'
import { originOfKey } from '../../kube/meta.ts'
import type { Ingress } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import { ALB_PREFIX, albActionsOf, USE_ANNOTATION } from './alb.ts'
import {
  formatPort,
  originOfPort,
  originOfServiceName,
  type PlacedBackend,
  serviceBackendsOf,
} from './ingress-backends.ts'

/** Raises ACTION_NOT_FOUND and ACTION_UNUSED. */
export function checkAlbActions(snapshot: Snapshot): readonly Finding[] {
  return snapshot.ingresses.flatMap((ingress) => {
    const backends = serviceBackendsOf(ingress)
    return [
      ...findMissing(ingress, backends),
      ...findUnusedActions(snapshot, ingress, backends),
      ...findUnusedExtras(ingress, backends),
    ]
  })
}

function findMissing(ingress: Ingress, backends: readonly PlacedBackend[]): readonly Finding[] {
  const names = albActionsOf(ingress).map((action) => action.name)
  return backends
    .filter((placed) => usesAnnotation(placed) && !names.includes(placed.backend.name))
    .map((placed) => {
      const { name } = placed.backend
      const close = closestName(name, names)
      const wanted =
        close === null ? `add ${ALB_PREFIX}actions.${name} with a JSON action` : `did you mean the action ${close}`
      const message = `Cannot find the action ${name}: the Ingress has no annotation ${ALB_PREFIX}actions.${name}; ${wanted}`
      return remark('ACTION_NOT_FOUND', originOfServiceName(ingress, placed), message)
    })
}

function findUnusedActions(
  snapshot: Snapshot,
  ingress: Ingress,
  backends: readonly PlacedBackend[],
): readonly Finding[] {
  return albActionsOf(ingress)
    .filter(({ name }) => !backends.some((placed) => usesAnnotation(placed) && placed.backend.name === name))
    .map(({ name, key }) => {
      const meant = backends.find((placed) => placed.backend.name === name)
      const isService = snapshot.service(ingress.meta.namespace, name) !== undefined
      const wanted =
        meant === undefined || isService
          ? `give a path the backend ${name} with the port name ${USE_ANNOTATION}, or remove it`
          : `the backend ${name} has port ${formatPort(meant.backend.port)} at ${originOfPort(ingress, meant).path}, write the port name ${USE_ANNOTATION} there`
      const message = `Cannot apply the action ${name}: no path of the Ingress uses it; ${wanted}`
      return remark('ACTION_UNUSED', originOfKey(ingress, 'metadata', 'annotations', key), message)
    })
}

/** `conditions.NAME` and `transforms.NAME` belong to the paths whose backend is NAME, a Service or an action. */
function findUnusedExtras(ingress: Ingress, backends: readonly PlacedBackend[]): readonly Finding[] {
  const findings: Finding[] = []
  for (const key of Object.keys(ingress.meta.annotations)) {
    const match = /^alb\.ingress\.kubernetes\.io\/(conditions|transforms)\.(.+)$/.exec(key)
    const name = match?.[2]
    if (name === undefined || backends.some((placed) => placed.backend.name === name)) continue
    const close = closestName(
      name,
      backends.map((placed) => placed.backend.name),
    )
    const wanted =
      close === null ? 'name a backend of this Ingress after the dot' : `did you mean ${match?.[1]}.${close}`
    const message = `Cannot apply ${match?.[1]}.${name}: no path of the Ingress has the backend ${name}; ${wanted}`
    findings.push(remark('ACTION_UNUSED', originOfKey(ingress, 'metadata', 'annotations', key), message))
  }
  return findings
}

function usesAnnotation(placed: PlacedBackend): boolean {
  return placed.backend.port.kind === 'name' && placed.backend.port.name === USE_ANNOTATION
}
