/**
 * Which load balancer of a group each member is on. AWS limits rules, certificates and target groups per load balancer; whole
 * members go to a further one where the group allows that, and are left out where it does not.
 */
import { DEFAULT_QUOTAS } from '../../../aws/stack/quotas.ts'
import { originOf } from '../../../kube/meta.ts'
import { parseBool } from '../../annotations/check-value.ts'
import { GENKAN_PREFIX } from '../../annotations/genkan.ts'
import type { GroupContext } from './group-context.ts'
import type { LoadedMember } from './load-groups.ts'

/** What members take of a load balancer's quotas. */
export interface QuotaUse {
  readonly rules: number
  readonly targetGroups: ReadonlySet<string>
  readonly certificates: ReadonlySet<string>
  /** Of listeners. */
  readonly ports: ReadonlySet<number>
}

const SPILL_OVER = `${GENKAN_PREFIX}aws-spill-over`

/**
 * Members of each load balancer in group order; at least one, which may be empty.
 *
 * @param together what all of them take on one load balancer: rules that others make needless are not counted
 * @param useOf what a member takes by itself
 */
export function partitionMembers(
  context: GroupContext,
  members: readonly LoadedMember[],
  together: QuotaUse,
  useOf: (member: LoadedMember) => QuotaUse,
): readonly (readonly LoadedMember[])[] {
  const { options } = context
  const limits = { ...DEFAULT_QUOTAS, ...options.inventory.quotas }
  const maySpill = allowsSpillOver(context)
  if (overflowOf(NOTHING, together, limits) === null) return [members]
  const [first] = members
  if (first !== undefined && context.unread.needs('account limits', originOf(first.ingress))) return [members]
  const balancers: Filling[] = [{ members: [], use: NOTHING }]
  for (const member of members) {
    const own = useOf(member)
    const alone = overflowOf(NOTHING, own, limits)
    const index = balancers.findIndex(({ use }) => overflowOf(use, own, limits) === null)
    const filling = balancers[index]
    if (alone !== null) reportAlone(context, member, alone)
    else if (filling !== undefined) {
      filling.members.push(member)
      filling.use = add(filling.use, own)
      if (index > 0) reportSpilled(context, member, index + 1)
    } else if (maySpill) {
      balancers.push({ members: [member], use: own })
      reportSpilled(context, member, balancers.length)
    } else reportLeftOut(context, member, overflowOf(balancers[0]?.use ?? NOTHING, own, limits) ?? '')
  }
  return balancers.map((filling) => filling.members)
}

interface Filling {
  readonly members: LoadedMember[]
  use: QuotaUse
}

const NOTHING: QuotaUse = { rules: 0, targetGroups: new Set(), certificates: new Set(), ports: new Set() }

function add(a: QuotaUse, b: QuotaUse): QuotaUse {
  return {
    rules: a.rules + b.rules,
    targetGroups: new Set([...a.targetGroups, ...b.targetGroups]),
    certificates: new Set([...a.certificates, ...b.certificates]),
    ports: new Set([...a.ports, ...b.ports]),
  }
}

function unionSize<T>(a: ReadonlySet<T>, b: ReadonlySet<T>): number {
  let size = a.size
  for (const item of b) if (!a.has(item)) size++
  return size
}

/** The first quota that two uses together break, in words. */
function overflowOf(a: QuotaUse, b: QuotaUse, limits: Readonly<Record<string, number>>): string | null {
  const checks: readonly (readonly [number, string, string])[] = [
    [a.rules + b.rules, 'rules-per-application-load-balancer', 'rules'],
    [unionSize(a.targetGroups, b.targetGroups), 'target-groups-per-application-load-balancer', 'target groups'],
    // The default certificate of a listener does not count.
    [
      Math.max(0, unionSize(a.certificates, b.certificates) - 1),
      'certificates-per-application-load-balancer',
      'certificates besides the default',
    ],
    [unionSize(a.ports, b.ports), 'listeners-per-application-load-balancer', 'listeners'],
  ]
  for (const [count, quota, noun] of checks) {
    const limit = limits[quota] ?? Number.POSITIVE_INFINITY
    if (count > limit) return `${count} ${noun}, and the quota is ${limit}`
  }
  return null
}

function reportAlone({ report }: GroupContext, member: LoadedMember, overflow: string): void {
  const message = `Cannot put ${member.name} on a load balancer: it needs ${overflow}; it is left out as a whole, split it into several Ingresses or ask AWS for a higher quota`
  report('AWS_QUOTA', message, originOf(member.ingress))
}

function reportSpilled({ group, report }: GroupContext, member: LoadedMember, ordinal: number): void {
  const message = `${member.name} is on load balancer ${ordinal} of the group ${group.id}, as it does not fit on the ones before; its status has the hostname`
  report('AWS_SPILLED_OVER', message, originOf(member.ingress))
}

function reportLeftOut({ group, report }: GroupContext, member: LoadedMember, overflow: string): void {
  const message = `Cannot put ${member.name} on the load balancer of the group ${group.id}: with it there would be ${overflow}; it is left out, write ${SPILL_OVER}: "true" on any member to allow a further load balancer, or ask AWS for a higher quota`
  report('AWS_QUOTA', message, originOf(member.ingress))
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
