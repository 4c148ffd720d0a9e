/** What the members' rules make of a group's listeners, before rules are given to load balancers. */
import type { ListenerRule, TargetGroup } from '../../../aws/stack/model.ts'
import type { RuleAction } from '../../../aws/stack/rule.ts'

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
}
