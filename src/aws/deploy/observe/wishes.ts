/** What the desired stacks make it worth to read: names to look for, attributes to compare, optional features in use. */
import type { AwsStack, ResourceKey, StackId } from '../../stack/model.ts'
import { identifierKey } from '../operation.ts'
import { toObservedStack, toTagValue } from './identity.ts'

export interface Wishes {
  /** Resource that shall have a name, by name. */
  readonly loadBalancers: ReadonlyMap<string, ResourceKey>
  readonly targetGroups: ReadonlyMap<string, ResourceKey>
  readonly securityGroups: ReadonlyMap<string, ResourceKey>
  /** Names, by the stack whose they are. */
  readonly classic: ReadonlyMap<
    string,
    { readonly stack: StackId; readonly id: string; readonly sendsProxyProtocol: boolean }
  >
  /** Names of security groups of stacks with Classic Load Balancers. */
  readonly classicGroups: ReadonlyMap<string, { readonly stack: StackId; readonly id: string }>
  readonly importsCertificates: boolean
  hasAttributes(stack: StackId, resource: ResourceKey): boolean
  /** Load balancers with a wish for their capacity, web ACL or protection. */
  wants(feature: 'capacity' | 'webAcl' | 'shield', stack: StackId, loadBalancerId: string): boolean
}

export function wishesOf(stacks: readonly AwsStack[]): Wishes {
  const names = {
    loadBalancers: new Map<string, ResourceKey>(),
    targetGroups: new Map<string, ResourceKey>(),
    securityGroups: new Map<string, ResourceKey>(),
  }
  const classic = new Map<string, { stack: StackId; id: string; sendsProxyProtocol: boolean }>()
  const classicGroups = new Map<string, { stack: StackId; id: string }>()
  const attributes = new Set<string>()
  const features = new Set<string>()
  let importsCertificates = false
  for (const stack of stacks) {
    const id = toObservedStack(stack.id)
    const key = (resource: string) => identifierKey(id, resource as ResourceKey)
    if (stack.certificates.length > 0) importsCertificates = true
    for (const one of stack.loadBalancers) {
      names.loadBalancers.set(one.name, `LoadBalancer/${one.id}`)
      if (one.minimumCapacityUnits !== undefined) features.add(`capacity ${key(toTagValue(one.id))}`)
    }
    for (const one of stack.targetGroups) {
      names.targetGroups.set(one.name, `TargetGroup/${one.id}`)
      if (Object.keys(one.attributes).length > 0) attributes.add(key(`TargetGroup/${toTagValue(one.id)}`))
    }
    for (const one of stack.listeners) {
      if (Object.keys(one.attributes).length > 0) attributes.add(key(`Listener/${toTagValue(one.id)}`))
    }
    for (const one of stack.securityGroups) names.securityGroups.set(one.name, `SecurityGroup/${one.id}`)
    for (const one of stack.webAcls) features.add(`webAcl ${key(balancerOf(one.loadBalancer))}`)
    for (const one of stack.shields) features.add(`shield ${key(balancerOf(one.loadBalancer))}`)
    for (const one of stack.classicLoadBalancers) {
      classic.set(one.name, { stack: id, id: one.id, sendsProxyProtocol: one.sendsProxyProtocol })
      for (const group of stack.securityGroups) classicGroups.set(group.name, { stack: id, id: group.id })
    }
  }
  return {
    ...names,
    classic,
    classicGroups,
    importsCertificates,
    hasAttributes: (stack, resource) => attributes.has(identifierKey(stack, resource)),
    wants: (feature, stack, id) => features.has(`${feature} ${identifierKey(stack, id as ResourceKey)}`),
  }
}

/** Id of a load balancer of the same stack; empty for one that is named by its ARN. */
function balancerOf(ref: AwsStack['webAcls'][number]['loadBalancer']): string {
  return typeof ref === 'string' ? '' : toTagValue(ref.ref.slice('LoadBalancer/'.length))
}
