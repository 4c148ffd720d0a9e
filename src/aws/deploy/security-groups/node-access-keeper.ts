/**
 * Makes security groups of nodes and pods admit our load balancers. The groups are not ours: only rules
 * with our description are added, and of these only such are taken away whose source is an address range or a group of ours,
 * since other clusters in the same VPC write the same description.
 */
import type { SecurityGroup as Ec2Group } from '@aws-sdk/client-ec2'
import { compareText } from '../../../base/finding.ts'
import type { IngressRule } from '../../stack/model.ts'
import { BACKEND_RULE_DESCRIPTION, IN_TREE_CLUSTER_PREFIX } from '../../stack/tag-keys.ts'
import { type AwsApi, AwsError } from '../aws-api.ts'
import type { Ports } from '../execute/ports.ts'
import { kindOfError } from '../execute/retry-policy.ts'
import { type FlatRule, ruleKey, toFlatRule, toFlatRules, toIpPermission } from './ingress-permission.ts'
import { type PermissionAction, setPermissions } from './permission-calls.ts'

export interface WishedAccess {
  /** Rules by id of the security group. */
  readonly groups: ReadonlyMap<string, readonly IngressRule[]>
  /** Everything was computed: what is not wished is not needed. False = nothing is taken away. */
  readonly isComplete: boolean
  /** `stack#SecurityGroup/id` to group id. */
  readonly identifiers: ReadonlyMap<string, string>
}

export interface AccessResult {
  readonly authorized: number
  readonly revoked: number
  readonly problems: readonly { readonly groupId: string; readonly code: string; readonly message: string }[]
}

export interface NodeAccessKeeper {
  /** One after the other. A problem with one group leaves the others be. @throws {AwsError} when no group can be read */
  apply(wished: WishedAccess): Promise<AccessResult>
}

export interface NodeAccessKeeperOptions {
  /** With budgets and retries. */
  readonly api: AwsApi
  readonly ports: Ports
  readonly vpcId: string
  readonly clusterName: string
}

/** What was applied is believed for so long. */
const BELIEVED_MS = 10 * 60_000
/** A new group is not known everywhere at once. */
const NEW_GROUP = { tries: 8, pauseMs: 2_500 } as const
/** EC2 takes no more values in a filter. */
const VALUES = 200

export function createNodeAccessKeeper(options: NodeAccessKeeperOptions): NodeAccessKeeper {
  const { api, ports } = options
  /** Groups in which we wrote: they are looked at when nobody wishes anything of them any more. */
  const touched = new Set<string>()
  let applied = { text: '', atMs: -Infinity }
  let last: Promise<unknown> = Promise.resolve()

  const apply = async (wished: WishedAccess): Promise<AccessResult> => {
    const text = JSON.stringify([[...wished.groups], wished.isComplete, [...wished.identifiers].filter(isGroup)])
    if (text === applied.text && ports.nowMs() - applied.atMs < BELIEVED_MS) {
      return { authorized: 0, revoked: 0, problems: [] }
    }
    const groups = await readGroups(wished)
    const own = new Set([...wished.identifiers].filter(isGroup).map(([, id]) => id))
    const problems: { groupId: string; code: string; message: string }[] = []
    let authorized = 0
    let revoked = 0
    for (const id of wished.groups.keys()) {
      if (groups.has(id)) continue
      problems.push({ groupId: id, code: 'InvalidGroup.NotFound', message: `The security group ${id} does not exist` })
    }
    for (const [groupId, group] of groups) {
      const change = differenceOf(group, wished, own)
      try {
        await write(groupId, change)
        authorized += change.add.length
        revoked += change.remove.length
      } catch (error) {
        if (!(error instanceof AwsError)) throw error
        problems.push({ groupId, code: error.code, message: error.message })
      }
    }
    applied = { text: problems.length === 0 ? text : '', atMs: ports.nowMs() }
    return { authorized, revoked, problems }
  }

  const write = async (groupId: string, { add, remove }: Difference): Promise<void> => {
    if (add.length + remove.length > 0) touched.add(groupId)
    const send = (action: PermissionAction, rules: readonly FlatRule[]): Promise<void> =>
      setPermissions(api, action, groupId, rules.map(toIpPermission))
    for (let failures = 1; ; failures++) {
      try {
        await send('ec2:AuthorizeSecurityGroupIngress', add)
        break
      } catch (error) {
        if (!(error instanceof AwsError)) throw error
        if (error.code === 'RulesPerSecurityGroupLimitExceeded' && remove.length > 0) {
          // No room: first away with what is not needed, and then once more.
          await send('ec2:RevokeSecurityGroupIngress', remove)
          return send('ec2:AuthorizeSecurityGroupIngress', add)
        }
        if (kindOfError(error) !== 'absent' || failures >= NEW_GROUP.tries) throw error
        await ports.wait(NEW_GROUP.pauseMs)
      }
    }
    await send('ec2:RevokeSecurityGroupIngress', remove)
  }

  const readGroups = async (wished: WishedAccess): Promise<ReadonlyMap<string, Ec2Group>> => {
    const ids = new Set([...wished.groups.keys(), ...touched])
    const found = new Map<string, Ec2Group>()
    const all = [...ids].sort(compareText)
    for (let start = 0; start < all.length; start += VALUES) {
      await readPages([{ Name: 'group-id', Values: all.slice(start, start + VALUES) }], found)
    }
    if (wished.isComplete) {
      const tag = `${IN_TREE_CLUSTER_PREFIX}${options.clusterName}`
      const vpc = { Name: 'vpc-id', Values: [options.vpcId] }
      await readPages([vpc, { Name: 'tag-key', Values: [tag] }], found)
    }
    return found
  }

  const readPages = async (
    filters: { Name: string; Values: string[] }[],
    found: Map<string, Ec2Group>,
  ): Promise<void> => {
    let token: string | undefined
    do {
      const page = await api.call('ec2:DescribeSecurityGroups', {
        Filters: filters,
        ...(token === undefined ? {} : { NextToken: token }),
      })
      for (const group of page.SecurityGroups ?? []) found.set(group.GroupId ?? '', group)
      token = page.NextToken === '' ? undefined : page.NextToken
    } while (token !== undefined)
  }

  return {
    apply(wished) {
      const mine = last.then(() => apply(wished))
      last = mine.catch(() => undefined)
      return mine
    },
  }
}

interface Difference {
  readonly add: readonly FlatRule[]
  readonly remove: readonly FlatRule[]
}

function differenceOf(group: Ec2Group, wished: WishedAccess, own: ReadonlySet<string>): Difference {
  const rules = wished.groups.get(group.GroupId ?? '') ?? []
  const flat = rules.map((rule) => toFlatRule(rule, (key) => wished.identifiers.get(key)))
  const wanted = flat.filter((rule) => rule !== null)
  const wantedKeys = new Set(wanted.map(ruleKey))
  const present = (group.IpPermissions ?? []).flatMap(toFlatRules)
  const presentKeys = new Set(present.map(ruleKey))
  // A rule whose source is not there yet may be one of those that seem to be in excess.
  const mayRevoke = wished.isComplete && wanted.length === flat.length
  return {
    add: wanted.filter((rule) => !presentKeys.has(ruleKey(rule))),
    remove: mayRevoke ? present.filter((rule) => isOurs(rule, own) && !wantedKeys.has(ruleKey(rule))) : [],
  }
}

function isOurs(rule: FlatRule, own: ReadonlySet<string>): boolean {
  if (rule.description !== BACKEND_RULE_DESCRIPTION) return false
  return rule.source.kind !== 'securityGroup' || own.has(rule.source.id)
}

function isGroup([key]: readonly [string, string]): boolean {
  return key.includes('#SecurityGroup/')
}
