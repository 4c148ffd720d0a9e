/** WAF and Shield of a group's load balancers. What nobody writes about is left as it is. */
import type { Ref, ShieldProtection, WebAclAssociation } from '../../../aws/stack/model.ts'
import { closestName } from '../../../base/edit-distance.ts'
import { originOf } from '../../../kube/meta.ts'
import { fieldReading, firstReading, type Reading } from '../annotation-reader.ts'
import { decide } from './decide.ts'
import { type GroupContext, refuseUnfound } from './group-context.ts'
import type { LoadedMember } from './load-groups.ts'

export interface Associations {
  /** ARN, empty for none; `null` = left alone. */
  readonly webAcl: { readonly arn: string; readonly member: LoadedMember } | null
  readonly shield: { readonly isOn: boolean; readonly member: LoadedMember } | null
}

/** A member whose web ACL cannot be found is refused: it would be served without its protection. */
export function readAssociations(context: GroupContext): Associations {
  const { group, report, reader } = context
  const acl = decide(
    group.members,
    'the web ACL',
    (member) => webAclOf(member, context),
    report,
    (arn) => (arn === '' ? 'none' : arn),
  )
  for (const { member, origin } of acl.unusable) {
    const reason =
      'the web ACL that is to guard it is not known; write the name or ARN of one that exists in the region'
    refuseUnfound(context, member, reason, origin)
  }
  for (const { member, value, reading } of acl.losers) {
    if (value === '') continue
    const reason = `the group's load balancer has another web ACL (${acl.decision?.member.name ?? ''}); write the same or leave the group`
    context.refusals.refuse(member, reason, reading.origin)
  }
  for (const { ingress } of group.members) {
    const classic = reader.text([ingress], 'waf-acl-id')
    if (classic.kind !== 'value' || classic.value === 'none') continue
    const message = `Cannot use annotation ${classic.name}: AWS ended WAF Classic; move the web ACL to AWS WAF and write wafv2-acl-arn or wafv2-acl-name`
    report('ANNOTATION_UNSUPPORTED', message, classic.origin)
  }
  const shield = decide(
    group.members,
    'Shield protection',
    ({ ingress }) => reader.bool([ingress], 'shield-advanced-protection'),
    report,
  ).decision
  return {
    webAcl: acl.decision === null ? null : { arn: acl.decision.value, member: acl.decision.member },
    shield: shield === null ? null : { isOn: shield.value, member: shield.member },
  }
}

/** For one load balancer; `id` is the load balancer's. */
export function associate(
  { webAcl, shield }: Associations,
  id: string,
): { readonly webAcls: readonly WebAclAssociation[]; readonly shields: readonly ShieldProtection[] } {
  const loadBalancer: Ref = { ref: `LoadBalancer/${id}` }
  return {
    webAcls:
      webAcl === null
        ? []
        : [{ id, origins: [originOf(webAcl.member.ingress)], generation: 'v2', loadBalancer, arn: webAcl.arn }],
    shields:
      shield === null ? [] : [{ id, origins: [originOf(shield.member.ingress)], loadBalancer, isOn: shield.isOn }],
  }
}

/** Class parameters win over annotations, and in each the name over the ARN. */
function webAclOf({ ingress, params }: LoadedMember, context: GroupContext): Reading<string> {
  const { reader } = context
  if (params !== null) {
    const { wafv2AclName, wafv2AclArn } = params.spec
    const byName = findByName(fieldReading(params, wafv2AclName, 'spec', 'wafv2AclName'), context)
    const ofClass = firstReading(byName, toArn(fieldReading(params, wafv2AclArn, 'spec', 'wafv2AclArn'), context))
    if (ofClass.kind !== 'absent') return ofClass
  }
  const byName = findByName(reader.text([ingress], 'wafv2-acl-name', { protects: true }), context)
  return firstReading(byName, toArn(reader.text([ingress], 'wafv2-acl-arn', { protects: true }), context))
}

function toArn(reading: Reading<string>, { report }: GroupContext): Reading<string> {
  if (reading.kind !== 'value') return reading
  if (reading.value === 'none') return { ...reading, value: '' }
  if (/^arn:[^:\s]+:wafv2:[^:\s]+:[^:\s]*:regional\/webacl\/\S+$/.test(reading.value)) return reading
  const message = `Cannot use ${reading.name}: ${JSON.stringify(reading.value.slice(0, 60))} is not the ARN of a regional web ACL; write arn:aws:wafv2:REGION:ACCOUNT:regional/webacl/NAME/ID or "none"`
  report('ANNOTATION_VALUE', message, reading.origin, 'error')
  return { kind: 'unusable', origin: reading.origin, name: reading.name }
}

function findByName(reading: Reading<string>, { options, report, unread }: GroupContext): Reading<string> {
  if (reading.kind !== 'value') return reading
  if (reading.value === 'none') return { ...reading, value: '' }
  const { webAcls } = options.inventory
  const found = webAcls.find(({ name }) => name === reading.value)
  if (found !== undefined) return { ...reading, value: found.arn }
  if (unread.needs('web ACLs', reading.origin)) return { kind: 'absent' }
  const close = closestName(
    reading.value,
    webAcls.map(({ name }) => name),
  )
  const hint = close === null ? '' : `, did you mean "${close}"`
  const message = `Cannot use ${reading.name}: no regional web ACL with the name ${JSON.stringify(reading.value.slice(0, 60))} is known${hint}; write the name of one that exists, its ARN in wafv2-acl-arn, or "none"`
  report('ANNOTATION_VALUE', message, reading.origin, 'error')
  return { kind: 'unusable', origin: reading.origin, name: reading.name }
}
