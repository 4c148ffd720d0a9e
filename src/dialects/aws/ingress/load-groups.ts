/** Ingresses gathered into groups that share load balancers, each group's members in its order. */
import { compareText } from '../../../base/finding.ts'
import { describeObject, originOf } from '../../../kube/meta.ts'
import type { Ingress, IngressClassParams } from '../../../kube/objects.ts'
import type { Report } from '../../report.ts'
import { type AnnotationReader, valueOr } from '../annotation-reader.ts'
import type { AwsOptions } from '../options.ts'
import type { SelectedIngress } from './select-ingresses.ts'

export interface LoadedMember {
  readonly ingress: Ingress
  readonly params: IngressClassParams | null
  /** `Ingress ns/name`. */
  readonly name: string
}

export interface LoadedGroup {
  readonly id: string
  readonly isExplicit: boolean
  /** By `group.order`, then `ns/name`; never empty. */
  readonly members: readonly LoadedMember[]
}

export interface LoadedGroups {
  /** Sorted by id. */
  readonly groups: readonly LoadedGroup[]
  /** Ours, but in no group: a finding says why. */
  readonly refused: readonly Ingress[]
}

const GROUP_NAME = /^(?:[a-z0-9][-a-z0-9.]{0,61})?[a-z0-9]$/

export function loadGroups(
  selected: readonly SelectedIngress[],
  options: Pick<AwsOptions, 'allowsGroupAnnotation'>,
  reader: AnnotationReader,
  report: Report,
): LoadedGroups {
  const groups = new Map<string, { isExplicit: boolean; members: { member: LoadedMember; order: number }[] }>()
  const refused: Ingress[] = []
  for (const { ingress, params } of selected) {
    const name = groupNameOf(ingress, params, options, reader, report)
    if (name === undefined) {
      refused.push(ingress)
      continue
    }
    const id = name ?? fullName(ingress)
    // The order means nothing in a group of one, but a wrong value is still remarked on.
    const order = valueOr(reader.int([ingress], 'group.order'), 0)
    const group = groups.get(id) ?? { isExplicit: name !== null, members: [] }
    groups.set(id, group)
    group.members.push({ member: { ingress, params, name: describeObject(ingress) }, order })
  }
  return {
    groups: [...groups]
      .map(([id, { isExplicit, members }]) => ({
        id,
        isExplicit,
        members: members
          .toSorted((a, b) => a.order - b.order || compareText(fullName(a.member.ingress), fullName(b.member.ingress)))
          .map(({ member }) => member),
      }))
      .toSorted((a, b) => compareText(a.id, b.id)),
    refused,
  }
}

/** `undefined` where it can be in no group, `null` for a group of its own. */
function groupNameOf(
  ingress: Ingress,
  params: IngressClassParams | null,
  options: Pick<AwsOptions, 'allowsGroupAnnotation'>,
  reader: AnnotationReader,
  report: Report,
): string | null | undefined {
  const ofClass = params?.spec.groupName
  if (params !== null && ofClass !== undefined) {
    if (GROUP_NAME.test(ofClass)) return ofClass
    const message = `Cannot put ${describeObject(ingress)} into the group "${ofClass}" of ${describeObject(params)}: the name is not accepted; write at most 63 lower-case letters, digits, "-" and "."`
    report('AWS_GROUP_REFUSED', message, originOf(params, 'spec', 'group', 'name'))
    return undefined
  }
  const written = reader.text([ingress], 'group.name')
  if (written.kind === 'absent') return null
  if (written.kind === 'unusable') {
    const message = `Cannot build a load balancer for ${describeObject(ingress)}: the group that it belongs to is not known; correct ${written.name}`
    report('AWS_GROUP_REFUSED', message, written.origin)
    return undefined
  }
  if (options.allowsGroupAnnotation) return written.value
  const message = `Cannot put ${describeObject(ingress)} into the group "${written.value}": groups by annotation are switched off here (--disable-ingress-group-name-annotation); use a class whose parameters name the group`
  report('AWS_GROUP_REFUSED', message, written.origin)
  return undefined
}

function fullName(ingress: Ingress): string {
  return `${ingress.meta.namespace}/${ingress.meta.name}`
}
