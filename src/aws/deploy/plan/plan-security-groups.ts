import type { IngressRule, SecurityGroup } from '../../stack/model.ts'
import { DEFAULT_QUOTAS } from '../../stack/quotas.ts'
import type { ObservedResource } from '../observed.ts'
import type { Placeholder } from '../operation.ts'
import { planTags } from './plan-tags.ts'
import { creationTags, type StackContext } from './stack-context.ts'

/** Groups and who is admitted to them. */
export function planSecurityGroups(context: StackContext): void {
  const { match, book, id: stack, options } = context
  for (const { desired } of match.securityGroups.missing) {
    const label = `security group ${desired.name}`
    book.add({
      stack,
      resource: `SecurityGroup/${desired.id}`,
      verb: 'create',
      action: 'ec2:CreateSecurityGroup',
      input: {
        GroupName: desired.name,
        Description: desired.description,
        ...(options.vpcId === undefined ? {} : { VpcId: options.vpcId }),
        TagSpecifications: [{ ResourceType: 'security-group', Tags: creationTags(context, desired) }],
      },
      yields: 'GroupId',
      summary: `create ${label}`,
      event: { reason: 'CREATE', message: `${desired.name} security group created` },
      origins: desired.origins,
    })
    if (desired.ingress.length > 0) authorize(context, desired, desired.ingress, [])
  }
  for (const { desired, observed } of match.securityGroups.pairs) {
    const { identifier, allTags } = observed
    const { origins } = desired
    const resource = `SecurityGroup/${desired.id}` as const
    planTags(context, { resource, identifier, label: `security group ${desired.name}`, origins, allTags }, desired.tags)
    planIngress(context, desired, observed)
  }
}

/** What is not wished is not admitted: in a group of our own every rule is ours to revoke. */
function planIngress(context: StackContext, desired: SecurityGroup, observed: ObservedResource<SecurityGroup>): void {
  const { book, id: stack, options } = context
  const keyOf = (rule: IngressRule): string => ruleKey(rule, (group) => book.known(stack, group) ?? 'yet to be made')
  const wished = new Set(desired.ingress.map(keyOf))
  const present = new Set(observed.spec.ingress.map(keyOf))
  const added = desired.ingress.filter((rule) => !present.has(keyOf(rule)))
  const gone = observed.spec.ingress.filter((rule) => !wished.has(keyOf(rule)))
  const quota = options.quotas?.rulesPerSecurityGroup ?? DEFAULT_QUOTAS['rules-per-security-group']
  // Nobody is shut out in between, unless there is no room for both.
  const isTight = observed.spec.ingress.length + added.length > quota
  if (isTight && gone.length > 0) {
    const revoked = revoke(context, desired, observed, gone, [])
    if (added.length > 0) authorize(context, desired, added, [revoked])
    return
  }
  const authorized = added.length > 0 ? [authorize(context, desired, added, [])] : []
  if (gone.length > 0) revoke(context, desired, observed, gone, authorized)
}

function authorize(
  { book, id: stack }: StackContext,
  group: SecurityGroup,
  rules: readonly IngressRule[],
  after: readonly string[],
): string {
  return book.add({
    stack,
    resource: `SecurityGroup/${group.id}`,
    verb: 'modify',
    part: 'authorize',
    action: 'ec2:AuthorizeSecurityGroupIngress',
    input: {
      GroupId: book.value(stack, { ref: `SecurityGroup/${group.id}` }),
      IpPermissions: toPermissions(rules, (ref) => book.value(stack, ref)),
    },
    after,
    summary: `admit ${describe(rules)} to security group ${group.name}`,
    origins: group.origins,
  })
}

function revoke(
  { book, id: stack }: StackContext,
  group: Pick<SecurityGroup, 'id' | 'name' | 'origins'>,
  observed: ObservedResource<SecurityGroup>,
  rules: readonly IngressRule[],
  after: readonly string[],
): string {
  const id = book.add({
    stack,
    resource: `SecurityGroup/${group.id}`,
    verb: 'modify',
    part: 'revoke',
    action: 'ec2:RevokeSecurityGroupIngress',
    input: { GroupId: observed.identifier, IpPermissions: toPermissions(rules, (ref) => book.value(stack, ref)) },
    after,
    summary: `admit ${describe(rules)} no longer to security group ${group.name}`,
    origins: group.origins,
  })
  for (const { source } of rules) {
    if (source.kind === 'securityGroup' && typeof source.group === 'string') book.release(source.group, id)
  }
  return id
}

/** Groups that refer to each other hold each other: before one that is to go, its rules about others go. */
export function revokeReferences(context: StackContext, observed: ObservedResource<SecurityGroup>): void {
  const rules = observed.spec.ingress.filter(
    ({ source }) => source.kind === 'securityGroup' && source.group !== observed.identifier,
  )
  if (rules.length === 0) return
  const id = revoke(context, observed.spec, observed, rules, [])
  context.book.release(observed.identifier, id)
}

/** Descriptions do not count. */
export function ruleKey(
  rule: IngressRule,
  resolve: (group: Extract<IngressRule['source'], { kind: 'securityGroup' }>['group']) => string,
): string {
  const { source } = rule
  const text =
    source.kind === 'cidr'
      ? source.cidr.toLowerCase()
      : source.kind === 'prefixList'
        ? source.id
        : resolve(source.group)
  const ports = rule.protocol === '-1' ? '' : `${rule.fromPort} ${rule.toPort}`
  return `${rule.protocol} ${ports} ${source.kind} ${text}`
}

type Ref = Extract<IngressRule['source'], { kind: 'securityGroup' }>['group']

/** One permission for each protocol and range of ports. */
function toPermissions(
  rules: readonly IngressRule[],
  value: (ref: Ref) => string | Placeholder,
): readonly Record<string, unknown>[] {
  const byPorts = new Map<string, IngressRule[]>()
  for (const rule of rules) {
    const key = `${rule.protocol} ${rule.fromPort} ${rule.toPort}`
    byPorts.set(key, [...(byPorts.get(key) ?? []), rule])
  }
  return [...byPorts.values()].map((group) => {
    const first = group[0] as IngressRule
    const lists: Record<string, unknown[]> = {}
    for (const { source, description } of group) {
      const note = description === '' ? {} : { Description: description }
      if (source.kind === 'prefixList') (lists['PrefixListIds'] ??= []).push({ PrefixListId: source.id, ...note })
      else if (source.kind === 'securityGroup')
        (lists['UserIdGroupPairs'] ??= []).push({ GroupId: value(source.group), ...note })
      else if (source.cidr.includes(':')) (lists['Ipv6Ranges'] ??= []).push({ CidrIpv6: source.cidr, ...note })
      else (lists['IpRanges'] ??= []).push({ CidrIp: source.cidr, ...note })
    }
    const ports = first.protocol === '-1' ? {} : { FromPort: first.fromPort, ToPort: first.toPort }
    return { IpProtocol: first.protocol, ...ports, ...lists }
  })
}

function describe(rules: readonly IngressRule[]): string {
  const [first] = rules
  if (first === undefined) return 'nobody'
  const { source } = first
  const from = source.kind === 'cidr' ? source.cidr : source.kind === 'prefixList' ? source.id : 'a security group'
  const ports = first.fromPort === first.toPort ? String(first.fromPort) : `${first.fromPort}-${first.toPort}`
  const more = rules.length > 1 ? ` and ${rules.length - 1} more` : ''
  return `${from} on ${first.protocol === '-1' ? 'everything' : `${first.protocol} ${ports}`}${more}`
}
