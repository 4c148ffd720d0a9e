/** Which ALB an Ingress is on: those of one group share the rules of one. */
import type { Ingress, IngressClassParams } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import type { ClassifiedIngress } from '../ingress/class.ts'
import type { IngressSettings } from '../ingress/settings.ts'

const GROUP_NAME = 'alb.ingress.kubernetes.io/group.name'
const CLASS = 'kubernetes.io/ingress.class'

/**
 * The group that the IngressClassParams of its class name, else the annotation's, else one of its own, which is called
 * `namespace/name`. Empty for an Ingress that is no ALB's.
 */
export function albGroupOf({ ingress, personality }: ClassifiedIngress, snapshot: Snapshot): string {
  if (personality.name !== 'alb') return ''
  const written = classParamsOf(ingress, snapshot)?.groupName ?? ingress.meta.annotations[GROUP_NAME]?.trim() ?? ''
  return written === '' ? `${ingress.meta.namespace}/${ingress.meta.name}` : written
}

/** The IngressClassParams of its class; `undefined` where there are none. The class annotation of before leads to none. */
export function classParamsOf({ spec, meta }: Ingress, snapshot: Snapshot): IngressClassParams['spec'] | undefined {
  if (snapshot.ingressClassParams.length === 0 || (meta.annotations[CLASS] ?? '') !== '') return undefined
  const ingressClass =
    spec.ingressClassName === undefined
      ? snapshot.ingressClasses.find(({ isDefault }) => isDefault)
      : snapshot.ingressClass(spec.ingressClassName)
  const { kind, name } = ingressClass?.parameters ?? {}
  if (kind !== 'IngressClassParams') return undefined
  return snapshot.ingressClassParams.find((params) => params.meta.name === name)?.spec
}

/** True for a group that several Ingresses may be in. */
export function isNamedGroup(group: string): boolean {
  return group !== '' && !group.includes('/')
}

/** One member's `ssl-redirect` is that of the ALB, and so of all in its group. */
export function shareSslRedirects<S extends { readonly group: string; readonly settings: IngressSettings }>(
  served: readonly S[],
): readonly S[] {
  const redirected = new Set(
    served
      .filter(({ group, settings }) => isNamedGroup(group) && settings.httpsRedirect === 'always')
      .map(({ group }) => group),
  )
  if (redirected.size === 0) return served
  return served.map((member) =>
    redirected.has(member.group)
      ? { ...member, settings: { ...member.settings, httpsRedirect: 'always' as const } }
      : member,
  )
}
