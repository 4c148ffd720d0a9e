/** What the members' rules make of a group's listeners, before rules are given to load balancers. */
import type { ListenerRule, Ref, Tags, TargetGroup } from '../../../aws/stack/model.ts'
import type { RuleAction } from '../../../aws/stack/rule.ts'
import type { Finding } from '../../../base/finding.ts'
import type { Service } from '../../../kube/objects.ts'
import type { Snapshot } from '../../../kube/snapshot.ts'
import type { Report } from '../../report.ts'
import type { AwsOptions } from '../options.ts'
import type { GroupMember } from './group.ts'

/** What `buildRouting` needs besides the group. */
export interface RoutingContext {
  readonly snapshot: Snapshot
  readonly options: AwsOptions
  readonly report: Report
  /** The load balancers' security group that nodes and pods admit; `null` = their security groups are left alone. */
  readonly backendSecurityGroup: Ref | null
  /** Tags of a member's rules, or, with a Service, of the target group that it makes of it. */
  tagsOf(member: GroupMember, service: Service | null): Tags
}

/** A rule that has no listener and no priority yet. */
export type DraftRule = Omit<ListenerRule, 'id' | 'listener' | 'priority'> & {
  /** `Ingress ns/name` that it comes from: rules of one member stay on one load balancer. */
  readonly member: string
}

export interface PortRouting {
  readonly port: number
  readonly protocol: 'HTTP' | 'HTTPS'
  readonly defaultActions: readonly RuleAction[]
  /** In order of precedence, optimised. */
  readonly rules: readonly DraftRule[]
}

export interface GroupRouting {
  readonly ports: readonly PortRouting[]
  /** Those that a rule or default action refers to, each once, by id. */
  readonly targetGroups: readonly TargetGroup[]
  /** Paths that earlier rules leave nothing to; they are for whoever puts the rules on a load balancer to tell. */
  readonly unreachable: readonly Finding[]
}
