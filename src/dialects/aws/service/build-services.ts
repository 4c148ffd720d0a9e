/** Load balancers of Services: a stack per Service, built for itself alone. */
import type { AwsStack, ResourceKey, StackId } from '../../../aws/stack/model.ts'
import { compareText } from '../../../base/finding.ts'
import { describeObject, originOf } from '../../../kube/meta.ts'
import type { Snapshot } from '../../../kube/snapshot.ts'
import { AWS_SERVICE } from '../../annotations/aws-service.ts'
import type { Report } from '../../report.ts'
import { createAnnotationReader } from '../annotation-reader.ts'
import type { AwsOptions, BuiltStacks } from '../options.ts'
import { buildClassic } from './classic.ts'
import { buildNlb } from './nlb.ts'
import { type Ownership, ownershipOf } from './ownership.ts'
import { createContext, type ServiceContext } from './service-context.ts'

/**
 * Never throws on anything a user wrote.
 *
 * @param takenNames load balancers' names that are taken, and by whom; names given here are added
 */
export function buildServiceStacks(
  snapshot: Snapshot,
  options: AwsOptions,
  report: Report,
  takenNames: Map<string, string> = new Map(),
): BuiltStacks {
  const reader = createAnnotationReader(AWS_SERVICE, report)
  const stacks: AwsStack[] = []
  const stackOf = new Map<string, StackId>()
  const unbuilt: StackId[] = []
  const held: AwsStack[] = []
  const loadBalancersOf = new Map<string, readonly ResourceKey[]>()
  for (const service of snapshot.services) {
    const ownership = ownershipOf(service, options, reader, report)
    if (ownership.kind === 'none') continue
    const member = describeObject(service)
    const id: StackId = `service:${service.meta.namespace}/${service.meta.name}`
    stackOf.set(member, id)
    const context = createContext({ snapshot, options, reader, report, takenNames }, service)
    checkFields(context, ownership)
    const stack = ownership.kind === 'classic' ? buildClassic(context, id) : buildNlb(context, ownership, id)
    if (context.isRefused()) {
      unbuilt.push(id)
      held.push(stack)
      continue
    }
    stacks.push(stack)
    loadBalancersOf.set(member, [
      ...stack.loadBalancers.map((balancer): ResourceKey => `LoadBalancer/${balancer.id}`),
      ...stack.classicLoadBalancers.map((balancer): ResourceKey => `ClassicLoadBalancer/${balancer.id}`),
    ])
  }
  return {
    stacks: stacks.sort((a, b) => compareText(a.id, b.id)),
    stackOf,
    unbuilt: unbuilt.sort(),
    held,
    loadBalancersOf,
  }
}

/** What no load balancer of AWS has. */
function checkFields(context: ServiceContext, ownership: Ownership): void {
  const { service, report } = context
  if (service.spec.loadBalancerIP === undefined) return
  const message =
    'Cannot give the load balancer the address of spec.loadBalancerIP: AWS has no such setting; ' +
    'remove it, or write aws-load-balancer-eip-allocations or aws-load-balancer-private-ipv4-addresses for an NLB'
  const origin = originOf(service, 'spec', 'loadBalancerIP')
  // The in-tree controller refuses such Services, the AWS controller does not look at the field.
  if (ownership.kind === 'nlb' && !ownership.isInTree) report('AWS_SETTING_IDLE', message, origin, 'warning')
  else context.refuse(message, origin)
}
