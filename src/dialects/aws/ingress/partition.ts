/**
 * Which load balancer of a group each member is on. AWS limits rules, certificates and target groups per load balancer; whole
 * members go to a further one where the group allows that, and are left out where it does not.
 */
import type { Ref } from '../../../aws/stack/model.ts'
import { DEFAULT_QUOTAS } from '../../../aws/report/quota-use.ts'
import { originOf } from '../../../kube/meta.ts'
import { parseBool } from '../../annotations/check-value.ts'
import { GENKAN_PREFIX } from '../../annotations/genkan.ts'
import type { ListenPort } from './group.ts'
import type { GroupContext } from './group-context.ts'
import type { LoadedMember } from './load-groups.ts'

/** What one member takes of a load balancer's quotas. */
export interface MemberUse {
  readonly member: LoadedMember
  readonly rules: number
  readonly targetGroups: ReadonlySet<string>
  readonly certificates: readonly Ref[]
  readonly ports: readonly ListenPort[]
}

const SPILL_OVER = `${GENKAN_PREFIX}aws-spill-over`

/** Members of each load balancer in group order; at least one, which may be empty. */
export function partitionMembers(
  context: GroupContext,
  uses: readonly MemberUse[],
): readonly (readonly LoadedMember[])[] {
  const { group, options, report } = context
  const limits = { ...DEFAULT_QUOTAS, ...options.inventory.quotas }
  const mayspill = allowsSpillOver(context)
  const balancers: Filling[] = [emptyFilling()]
  for (const use of uses) {
    const origin = originOf(use.member.ingress)
    const alone = overflowOf(emptyFilling(), use, limits)
    if (alone !== null) {
      const message = `Cannot put ${use.member.name} on a load balancer: it needs ${alone}; it is left out as a whole, split it into several Ingresses or ask AWS for a higher quota`
      report('AWS_QUOTA', message, origin)
      continue
    }
    const index = balancers.findIndex((filling) => overflowOf(filling, use, limits) === null)
    const [first = emptyFilling()] = balancers
    if (index >= 0) fill(balancers[index] ?? first, use)
    else if (mayspill) {
      const filling = emptyFilling()
      fill(filling, use)
      balancers.push(filling)
    } else {
      const message = `Cannot put ${use.member.name} on the load balancer of the group ${group.id}: with it there would be ${overflowOf(first, use, limits) ?? ''}; it is left out, write ${SPILL_OVER}: "true" on any member to allow a further load balancer, or ask AWS for a higher quota`
      report('AWS_QUOTA', message, origin)
    }
    const ordinal = index >= 0 ? index + 1 : balancers.length
    if (ordinal > 1 && (index >= 0 || mayspill)) {
      const message = `${use.member.name} is on load balancer ${ordinal} of the group ${group.id}, as it does not fit on the ones before; its status has the hostname`
      report('AWS_SPILLED_OVER', message, origin)
    }
  }
  return balancers.map(({ members }) => members)
}

interface Filling {
  readonly members: LoadedMember[]
  rules: number
  readonly targetGroups: Set<string>
  readonly certificates: Set<string>
  readonly ports: Set<number>
}

function emptyFilling(): Filling {
  return { members: [], rules: 0, targetGroups: new Set(), certificates: new Set(), ports: new Set() }
}

function fill(filling: Filling, use: MemberUse): void {
  filling.members.push(use.member)
  filling.rules += use.rules
  for (const id of use.targetGroups) filling.targetGroups.add(id)
  for (const ref of use.certificates) filling.certificates.add(typeof ref === 'string' ? ref : ref.ref)
  for (const { port } of use.ports) filling.ports.add(port)
}

/** The first quota that a member would break, in words. */
function overflowOf(filling: Filling, use: MemberUse, limits: Readonly<Record<string, number>>): string | null {
  const trial: Filling = {
    members: [],
    rules: filling.rules,
    targetGroups: new Set(filling.targetGroups),
    certificates: new Set(filling.certificates),
    ports: new Set(filling.ports),
  }
  fill(trial, use)
  const checks: readonly (readonly [number, string, string])[] = [
    [trial.rules, 'rules-per-application-load-balancer', 'rules'],
    [trial.targetGroups.size, 'target-groups-per-application-load-balancer', 'target groups'],
    // The default certificate of a listener does not count.
    [
      Math.max(0, trial.certificates.size - 1),
      'certificates-per-application-load-balancer',
      'certificates besides the default',
    ],
    [trial.ports.size, 'listeners-per-application-load-balancer', 'listeners'],
  ]
  for (const [count, quota, noun] of checks) {
    const limit = limits[quota] ?? Number.POSITIVE_INFINITY
    if (count > limit) return `${count} ${noun}, and the quota is ${limit}`
  }
  return null
}

/** Any member may allow it. */
function allowsSpillOver({ group, report }: GroupContext): boolean {
  let isAllowed = false
  for (const { ingress } of group.members) {
    const text = ingress.meta.annotations[SPILL_OVER]?.trim()
    if (text === undefined) continue
    const value = parseBool(text)
    if (value === null) {
      const message = `Cannot use annotation ${SPILL_OVER}: ${JSON.stringify(text.slice(0, 60))} is not a boolean; write "true" or "false"`
      report('ANNOTATION_VALUE', message, originOf(ingress, 'metadata', 'annotations', SPILL_OVER))
    } else if (value) isAllowed = true
  }
  return isAllowed
}
