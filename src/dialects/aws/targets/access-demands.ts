/** What nodes and pods have to admit for all stacks and bindings, for `nodeAccess`. */
import type { AwsStack, TargetGroup } from '../../../aws/stack/model.ts'
import type { AccessDemand } from '../../../aws/stack/node-access.ts'
import type { ResolvedTargets } from '../../../aws/stack/target.ts'
import type { BoundTargetGroup } from './binding-targets.ts'
import { resolveClassicInstances } from './resolve-targets.ts'
import type { TargetView } from './target-view.ts'

/**
 * One demand for each target group, Classic Load Balancer and binding that wants access, in the order of the stacks.
 *
 * @param resolve who is behind a target group; callers that know already need not look again
 */
export function accessDemands(
  stacks: readonly AwsStack[],
  bindings: readonly BoundTargetGroup[],
  view: TargetView,
  resolve: (group: TargetGroup, stack: AwsStack) => ResolvedTargets,
): readonly AccessDemand[] {
  const demands: AccessDemand[] = []
  for (const stack of stacks) {
    for (const group of stack.targetGroups) {
      if (group.access.length === 0 || group.targets.kind !== 'service') continue
      const { targets, nodes = {} } = resolve(group, stack)
      const origin = group.origins[0] ?? { object: stack.members[0] ?? stack.id, path: '' }
      const { access, healthCheck } = group
      demands.push({ stack: stack.id, access, targets, nodes, healthCheckPort: healthCheck.port, origin })
    }
    for (const balancer of stack.classicLoadBalancers) {
      if (balancer.access.length === 0) continue
      const targets = resolveClassicInstances(balancer, view).map((id) => ({ id, port: 0 }))
      const origin = balancer.origins[0] ?? { object: stack.members[0] ?? stack.id, path: '' }
      demands.push({
        stack: stack.id,
        access: balancer.access,
        targets,
        nodes: {},
        healthCheckPort: 'traffic-port',
        origin,
      })
    }
  }
  for (const { access, targets, origin } of bindings) {
    if (access.length === 0) continue
    const { nodes = {} } = targets
    demands.push({ stack: 'shared', access, targets: targets.targets, nodes, healthCheckPort: 'traffic-port', origin })
  }
  return demands
}
