/** What should exist in AWS for the objects of a cluster: a pure function, and the same for `genkan plan` and the controller. */
import { compareFindings, compareText } from '../../base/finding.ts'
import { type AwsStack, emptyStack } from '../../aws/stack/model.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import { createFindingLog } from '../report.ts'
import { buildIngressStacks } from './ingress/build-ingresses.ts'
import type { AwsOptions, AwsTranslation } from './options.ts'
import { buildServiceStacks } from './service/build-services.ts'
import { backendSecurityGroup, buildSharedStack } from './shared-stack.ts'

/** Never throws. The order of objects does not matter, and one bad object harms no other. */
export function buildAws(snapshot: Snapshot, options: AwsOptions): AwsTranslation {
  const log = createFindingLog()
  const takenNames = new Map<string, string>()
  const parts = [
    buildIngressStacks(snapshot, options, log.report, takenNames),
    buildServiceStacks(snapshot, options, log.report, takenNames),
  ]
  const built = parts.flatMap(({ stacks }) => stacks)
  const unbuilt = parts.flatMap((part) => part.unbuilt)
  const shared = buildSharedStack(built, options, log.report)
  // Load balancers that stay as they are may have the shared security group.
  if (shared === null && unbuilt.length > 0 && typeof (backendSecurityGroup(options) ?? '') !== 'string')
    unbuilt.push('shared')
  const stacks: readonly AwsStack[] = [
    ...(shared === null ? [] : [shared]),
    ...built.toSorted((a, b) => compareText(a.id, b.id)),
  ]
  return {
    stacks,
    findings: log.findings.toSorted(compareFindings),
    stackOf: new Map(parts.flatMap(({ stackOf }) => [...stackOf]).sort(([a], [b]) => compareText(a, b))),
    unbuilt: unbuilt.sort(compareText),
    held: parts
      .flatMap(({ held }) => held)
      .map(withoutAccess)
      .sort((a, b) => compareText(a.id, b.id)),
    loadBalancersOf: new Map(
      parts.flatMap(({ loadBalancersOf }) => [...loadBalancersOf]).sort(([a], [b]) => compareText(a, b)),
    ),
  }
}

/** Nodes admit nobody new for what is not built: who may come is perhaps the very thing that is not known. */
function withoutAccess(stack: AwsStack): AwsStack {
  return {
    ...emptyStack(stack.id, stack.members),
    targetGroups: stack.targetGroups.map((group) => ({ ...group, access: [] })),
    classicLoadBalancers: stack.classicLoadBalancers.map((balancer) => ({ ...balancer, access: [] })),
  }
}
