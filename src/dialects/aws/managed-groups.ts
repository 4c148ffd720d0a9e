/** Security groups that a load balancer has of its own: one, or as many as its rules need. */
import type { IngressRule, SecurityGroup } from '../../aws/stack/model.ts'
import { DEFAULT_QUOTAS, MANAGED_SECURITY_GROUPS } from '../../aws/stack/quotas.ts'
import { compareText } from '../../base/finding.ts'
import type { Report } from '../report.ts'
import type { AwsOptions } from './options.ts'

/** Resource id of the first one. */
const MANAGED_GROUP = 'ManagedLBSecurityGroup'

/** Rules beyond what AWS takes are left out with an error: that admits fewer. */
export function managedGroups(
  { options, report }: { readonly options: AwsOptions; readonly report: Report },
  group: Pick<SecurityGroup, 'name' | 'description' | 'tags' | 'origins'>,
  rules: readonly IngressRule[],
): readonly SecurityGroup[] {
  const quota = options.inventory.quotas['rules-per-security-group'] ?? DEFAULT_QUOTAS['rules-per-security-group']
  const perGroup = Math.max(1, quota)
  if (rules.length > perGroup * MANAGED_SECURITY_GROUPS) {
    const message =
      `Cannot admit all ${rules.length} ranges and ports: a load balancer takes ${MANAGED_SECURITY_GROUPS} security groups of ${perGroup} rules; ` +
      `the last ${rules.length - perGroup * MANAGED_SECURITY_GROUPS} are left out, write fewer or a prefix list`
    for (const origin of group.origins.slice(0, 1)) report('AWS_QUOTA', message, origin)
  }
  const sorted = sortRules(rules)
  const count = Math.min(MANAGED_SECURITY_GROUPS, Math.max(1, Math.ceil(sorted.length / perGroup)))
  return Array.from({ length: count }, (_, index) => ({
    id: index === 0 ? MANAGED_GROUP : `${MANAGED_GROUP}-${index + 1}`,
    origins: group.origins,
    name: index === 0 ? group.name : `${group.name}-${index + 1}`,
    description: group.description,
    tags: group.tags,
    ingress: sorted.slice(index * perGroup, (index + 1) * perGroup),
  }))
}

/** In the fixed order of stacks: protocol, ports, source. */
function sortRules(rules: readonly IngressRule[]): readonly IngressRule[] {
  return [...rules].sort(
    (a, b) =>
      compareText(a.protocol, b.protocol) ||
      a.fromPort - b.fromPort ||
      a.toPort - b.toPort ||
      compareText(JSON.stringify(a.source), JSON.stringify(b.source)),
  )
}
