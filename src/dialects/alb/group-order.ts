/** Members of an ALB's group in the order in which the ALB has their rules. */
import type { Ingress } from '../../kube/objects.ts'
import type { ServedIngress } from '../ingress/location.ts'
import { isNamedGroup } from './groups.ts'

const PREFIX = 'alb.ingress.kubernetes.io/'

/**
 * The same Ingresses, those of a group among the places that the group has: by `group.order`, then by namespace and name.
 *
 * @param served oldest first
 */
export function inGroupOrder(served: readonly ServedIngress[]): readonly ServedIngress[] {
  const places = new Map<string, number[]>()
  served.forEach((member, at) => {
    const { group } = member
    if (!isNamedGroup(group)) return
    const taken = places.get(group)
    if (taken === undefined) places.set(group, [at])
    else taken.push(at)
  })
  const ordered = [...served]
  for (const taken of places.values()) {
    const members = taken.flatMap((at) => served[at] ?? []).sort(compareMembers)
    members.forEach((member, index) => (ordered[taken[index] ?? 0] = member))
  }
  return ordered
}

function compareMembers({ ingress: a }: ServedIngress, { ingress: b }: ServedIngress): number {
  return orderOf(a) - orderOf(b) || (fullName(a) < fullName(b) ? -1 : 1)
}

/** 0 where nothing, or nothing that can be read, is written. */
function orderOf(ingress: Ingress): number {
  const text = ingress.meta.annotations[`${PREFIX}group.order`]?.trim() ?? ''
  return /^[+-]?\d{1,4}$/.test(text) ? Number(text) : 0
}

function fullName({ meta }: Ingress): string {
  return `${meta.namespace}/${meta.name}`
}
