import type { LoadBalancer } from '../../stack/model.ts'
import type { ObservedResource } from '../observed.ts'
import { identifierKey } from '../operation.ts'
import { defaultOfLoadBalancer } from './attribute-defaults.ts'
import type { Missing } from './match.ts'
import { planAttributes, planTags, type Tagged } from './plan-tags.ts'
import { areSameSets, areSameSubnets } from './same.ts'
import { creationTags, remarkOn, toTagList, type StackContext } from './stack-context.ts'

/** Load balancers and their settings; those that go are planned elsewhere. */
export function planLoadBalancers(context: StackContext): void {
  for (const missing of context.match.loadBalancers.missing) createLoadBalancer(context, missing)
  for (const { desired, observed } of context.match.loadBalancers.pairs) modifyLoadBalancer(context, desired, observed)
}

function createLoadBalancer(context: StackContext, { desired, replaces }: Missing<LoadBalancer>): void {
  const { book, id: stack } = context
  const resource = `LoadBalancer/${desired.id}` as const
  const holder = holderOf(context, desired.name)
  const hasAddresses = desired.subnets.some((one) => Object.keys(one).length > 1)
  const isSameName = replaces !== null && holder === replaces.identifier
  book.add({
    stack,
    resource,
    verb: replaces === null ? 'create' : 'replace',
    action: 'elbv2:CreateLoadBalancer',
    input: {
      Name: desired.name,
      Type: desired.type,
      Scheme: desired.scheme,
      IpAddressType: desired.ipAddressType,
      ...(hasAddresses
        ? { SubnetMappings: toMappings(desired) }
        : { Subnets: desired.subnets.map((one) => one.subnetId) }),
      ...(desired.securityGroups.length === 0
        ? {}
        : { SecurityGroups: desired.securityGroups.map((ref) => book.value(stack, ref)) }),
      ...(desired.customerOwnedIpv4Pool === undefined ? {} : { CustomerOwnedIpv4Pool: desired.customerOwnedIpv4Pool }),
      ...(desired.ipamPoolId === undefined ? {} : { IpamPools: { Ipv4IpamPoolId: desired.ipamPoolId } }),
      ...(desired.ipv6SourceNat === undefined ? {} : { EnablePrefixForIpv6SourceNat: desired.ipv6SourceNat }),
      Tags: creationTags(context, desired, Object.keys(desired.attributes)),
    },
    ...(holder === null ? {} : { afterDeletesOf: [holder] }),
    yields: 'LoadBalancers.0.LoadBalancerArn',
    summary: `create ${describe(desired)}${replaces === null ? '' : ` in place of ${replaces.spec.name}`}`,
    ...(replaces === null
      ? {}
      : {
          outage: isSameName
            ? 'nobody is answered from the deletion of the old load balancer until the new one is active, some minutes; the host name changes'
            : 'the host name changes; the old load balancer answers until the new one has its listeners and rules',
        }),
    event: { reason: 'CREATE', message: `${desired.name} created` },
    origins: desired.origins,
  })
  const arn = book.value(stack, { ref: resource })
  const { origins } = desired
  if (Object.keys(desired.attributes).length > 0) {
    book.add({
      stack,
      resource,
      verb: 'modify',
      part: 'attributes',
      action: 'elbv2:ModifyLoadBalancerAttributes',
      input: { LoadBalancerArn: arn, Attributes: toTagList(desired.attributes) },
      summary: `set ${Object.keys(desired.attributes).sort().join(', ')} of ${desired.name}`,
      origins,
    })
  }
  if (desired.enforcePrivateLinkRules === 'off' && desired.securityGroups.length > 0)
    setSecurityGroups(context, desired, arn)
  if ((desired.minimumCapacityUnits ?? 0) > 0) setCapacity(context, desired, arn)
}

function modifyLoadBalancer(
  context: StackContext,
  desired: LoadBalancer,
  observed: ObservedResource<LoadBalancer>,
): void {
  const { book, id: stack } = context
  const { identifier: arn, spec, allTags } = observed
  const resource = `LoadBalancer/${desired.id}` as const
  const one: Tagged = { resource, identifier: arn, label: spec.name, origins: desired.origins, allTags }
  if (desired.name !== spec.name) {
    remarkOn(
      context,
      resource,
      `${spec.name} keeps its name: another one (${desired.name}) needs a new load balancer; delete the object to get it`,
    )
  }
  planTags(context, one, desired.tags)
  planNetwork(context, desired, observed)
  planGroups(context, desired, observed)
  planAttributes(context, one, {
    action: 'elbv2:ModifyLoadBalancerAttributes',
    input: { LoadBalancerArn: arn },
    current: spec.attributes,
    wished: desired.attributes,
    defaultOf: (key) => defaultOfLoadBalancer(key, spec),
  })
  const isUnread = context.observed.unread?.has(identifierKey(context.present.id, resource)) === true
  if (
    !isUnread &&
    desired.minimumCapacityUnits !== undefined &&
    desired.minimumCapacityUnits !== (spec.minimumCapacityUnits ?? 0)
  ) {
    setCapacity(context, desired, arn)
  }
  if (desired.customerOwnedIpv4Pool !== spec.customerOwnedIpv4Pool) {
    remarkOn(context, resource, `${spec.name} keeps its customer-owned pool: AWS sets it at creation only`)
  }
  if (
    desired.ipamPoolId !== spec.ipamPoolId &&
    desired.type === 'application' &&
    desired.scheme === 'internet-facing'
  ) {
    book.add({
      stack,
      resource,
      verb: 'modify',
      part: 'pools',
      action: 'elbv2:ModifyIpPools',
      input: {
        LoadBalancerArn: arn,
        ...(desired.ipamPoolId === undefined
          ? { RemoveIpamPools: ['ipv4'] }
          : { IpamPools: { Ipv4IpamPoolId: desired.ipamPoolId } }),
      },
      summary: `change the address pool of ${spec.name}`,
      event: { reason: 'MODIFY', message: `${spec.name} modified` },
      origins: desired.origins,
    })
  }
}

/** Subnets and family in one call where both change: each may need the other. */
function planNetwork(
  context: StackContext,
  desired: LoadBalancer,
  { identifier, spec }: ObservedResource<LoadBalancer>,
): void {
  const { book, id: stack } = context
  const isOtherFamily = desired.ipAddressType !== spec.ipAddressType
  const isOtherNat = desired.ipv6SourceNat !== undefined && desired.ipv6SourceNat !== (spec.ipv6SourceNat ?? 'off')
  const common = { stack, resource: `LoadBalancer/${desired.id}`, verb: 'modify', origins: desired.origins } as const
  if (!areSameSubnets(desired.subnets, spec.subnets) || isOtherNat) {
    const hasAddresses = desired.subnets.some((one) => Object.keys(one).length > 1)
    book.add({
      ...common,
      part: 'subnets',
      action: 'elbv2:SetSubnets',
      input: {
        LoadBalancerArn: identifier,
        ...(hasAddresses
          ? { SubnetMappings: toMappings(desired) }
          : { Subnets: desired.subnets.map((one) => one.subnetId) }),
        ...(isOtherFamily ? { IpAddressType: desired.ipAddressType } : {}),
        ...(isOtherNat ? { EnablePrefixForIpv6SourceNat: desired.ipv6SourceNat } : {}),
      },
      summary: `set the subnets of ${spec.name}`,
      event: { reason: 'MODIFY', message: `${spec.name} subnets modified` },
    })
  } else if (isOtherFamily) {
    book.add({
      ...common,
      part: 'address type',
      action: 'elbv2:SetIpAddressType',
      input: { LoadBalancerArn: identifier, IpAddressType: desired.ipAddressType },
      summary: `set the IP address type of ${spec.name} to ${desired.ipAddressType}`,
      event: { reason: 'MODIFY', message: `${spec.name} modified` },
    })
  }
}

function planGroups(
  context: StackContext,
  desired: LoadBalancer,
  { identifier, spec }: ObservedResource<LoadBalancer>,
): void {
  const { book, id: stack } = context
  const current = spec.securityGroups.filter((one) => typeof one === 'string')
  const wished = desired.securityGroups.map((ref) => book.known(stack, ref) ?? 'yet to be made')
  const isOtherRule =
    desired.enforcePrivateLinkRules !== undefined &&
    desired.enforcePrivateLinkRules !== (spec.enforcePrivateLinkRules ?? 'on')
  if (areSameSets(wished, current) && (!isOtherRule || current.length === 0)) return
  if (spec.type === 'network' && (current.length === 0 || wished.length === 0)) {
    const message =
      current.length === 0
        ? `${spec.name} was made without security groups, and AWS lets none be added; delete the Service to get one with them`
        : `${spec.name} keeps its security groups: AWS takes the last one from no Network Load Balancer`
    remarkOn(context, `LoadBalancer/${desired.id}`, message)
    return
  }
  if (wished.length === 0) return
  const id = setSecurityGroups(context, desired, identifier)
  for (const group of current) if (!wished.includes(group)) book.release(group, id)
}

function setSecurityGroups(context: StackContext, desired: LoadBalancer, arn: unknown): string {
  const { book, id: stack } = context
  return book.add({
    stack,
    resource: `LoadBalancer/${desired.id}`,
    verb: 'modify',
    part: 'security groups',
    action: 'elbv2:SetSecurityGroups',
    input: {
      LoadBalancerArn: arn,
      SecurityGroups: desired.securityGroups.map((ref) => book.value(stack, ref)),
      ...(desired.type === 'network' && desired.enforcePrivateLinkRules !== undefined
        ? { EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: desired.enforcePrivateLinkRules }
        : {}),
    },
    summary: `set the security groups of ${desired.name}`,
    event: { reason: 'MODIFY', message: `${desired.name} security group modified` },
    origins: desired.origins,
  })
}

function setCapacity({ book, id: stack }: StackContext, desired: LoadBalancer, arn: unknown): void {
  const units = desired.minimumCapacityUnits ?? 0
  book.add({
    stack,
    resource: `LoadBalancer/${desired.id}`,
    verb: 'modify',
    part: 'capacity',
    action: 'elbv2:ModifyCapacityReservation',
    input: {
      LoadBalancerArn: arn,
      ...(units === 0 ? { ResetCapacityReservation: true } : { MinimumLoadBalancerCapacity: { CapacityUnits: units } }),
    },
    summary:
      units === 0 ? `reserve no capacity for ${desired.name}` : `reserve ${units} capacity units for ${desired.name}`,
    event: { reason: 'MODIFY', message: `${desired.name} modified` },
    origins: desired.origins,
  })
}

/** Who of ours has the name now. */
function holderOf({ observed }: StackContext, name: string): string | null {
  for (const { loadBalancers } of observed.stacks.values()) {
    const holder = loadBalancers.find(({ spec }) => spec.name === name)
    if (holder !== undefined) return holder.identifier
  }
  return null
}

function toMappings({ subnets }: LoadBalancer): readonly Record<string, unknown>[] {
  return subnets.map((one) => ({
    SubnetId: one.subnetId,
    ...(one.allocationId === undefined ? {} : { AllocationId: one.allocationId }),
    ...(one.privateIPv4Address === undefined ? {} : { PrivateIPv4Address: one.privateIPv4Address }),
    ...(one.ipv6Address === undefined ? {} : { IPv6Address: one.ipv6Address }),
    ...(one.sourceNatIpv6Prefix === undefined ? {} : { SourceNatIpv6Prefix: one.sourceNatIpv6Prefix }),
  }))
}

function describe({ type, scheme, name }: LoadBalancer): string {
  return `${scheme} ${type === 'application' ? 'Application' : 'Network'} Load Balancer ${name}`
}
