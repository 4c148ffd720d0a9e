import { isDeepStrictEqual } from 'node:util'
import type * as Elb from '@aws-sdk/client-elastic-load-balancing-v2'
import { placeInterfaces, releaseInterfaces } from '../interfaces.ts'
import { page } from '../paging.ts'
import { refuse } from '../refusal.ts'
import { addTags } from '../tag-limits.ts'
import { find, freshId, isVisible, type Handlers, type LoadBalancerThing, type World } from '../world.ts'
import { loadBalancerAttributes } from './attribute-lists.ts'
import { listenersOf, loadBalancerOf, rulesOf } from './lookup.ts'
import { toZones } from './subnets.ts'

type Actions =
  | 'elbv2:DescribeLoadBalancers'
  | 'elbv2:CreateLoadBalancer'
  | 'elbv2:DeleteLoadBalancer'
  | 'elbv2:SetIpAddressType'
  | 'elbv2:SetSecurityGroups'
  | 'elbv2:SetSubnets'
  | 'elbv2:ModifyIpPools'
  | 'elbv2:DescribeCapacityReservation'
  | 'elbv2:ModifyCapacityReservation'
  | 'elbv2:DescribeAccountLimits'
  | 'elbv2:DescribeTrustStores'

export function loadBalancerHandlers(world: World): Handlers<Actions> {
  const place = ({ shape }: LoadBalancerThing): void => {
    const subnets = (shape.AvailabilityZones ?? []).map((zone) => zone.SubnetId ?? '')
    placeInterfaces(world, shape.LoadBalancerArn, subnets, shape.SecurityGroups ?? [])
  }

  return {
    'elbv2:DescribeLoadBalancers': (input) => {
      const { LoadBalancerArns: arns, Names: names } = input
      if (arns !== undefined && names !== undefined) refuse('ValidationError', 'Names and ARNs exclude each other')
      if ((arns ?? names ?? []).length > 20) refuse('ValidationError', 'At most 20 load balancers can be named')
      const found =
        arns?.map((arn) => loadBalancerOf(world, arn)) ??
        names?.map((name) => {
          const one = [...world.loadBalancers.values()].find((one) => one.shape.LoadBalancerName === name)
          if (one === undefined || !isVisible(one))
            refuse('LoadBalancerNotFound', `Load balancers '[${name}]' not found`)
          return one
        }) ??
        [...world.loadBalancers.values()].filter(isVisible)
      const { items, next } = page(found, input.Marker, Math.min(input.PageSize ?? 400, world.pageSize))
      return { LoadBalancers: items.map((one) => one.shape), ...(next === undefined ? {} : { NextMarker: next }) }
    },
    'elbv2:CreateLoadBalancer': (input) => createLoadBalancer(world, input, place),
    'elbv2:DeleteLoadBalancer': (input) => {
      const arn = input.LoadBalancerArn ?? ''
      const one = world.loadBalancers.get(arn)
      // Deleting what is not there succeeds.
      if (one === undefined) return {}
      if (one.attributes.get('deletion_protection.enabled') === 'true') {
        refuse(
          'OperationNotPermitted',
          `Load balancer '${arn}' cannot be deleted because deletion protection is enabled`,
        )
      }
      for (const listener of listenersOf(world, arn)) {
        for (const rule of rulesOf(world, listener.shape.ListenerArn)) world.rules.delete(rule.shape.RuleArn)
        world.listeners.delete(listener.shape.ListenerArn)
      }
      world.loadBalancers.delete(arn)
      world.webAclOf.delete(arn)
      releaseInterfaces(world, arn)
      return {}
    },
    'elbv2:SetIpAddressType': (input) => {
      const { shape } = loadBalancerOf(world, input.LoadBalancerArn)
      checkAddressType(shape.Type ?? '', shape.Scheme ?? '', input.IpAddressType)
      const mappings = (shape.AvailabilityZones ?? []).map((zone) => ({ SubnetId: zone.SubnetId }))
      toZones(
        world,
        { type: shape.Type ?? '', scheme: shape.Scheme ?? '', addressType: input.IpAddressType ?? '' },
        mappings,
      )
      shape.IpAddressType = input.IpAddressType
      return { IpAddressType: input.IpAddressType }
    },
    'elbv2:SetSecurityGroups': (input) => {
      const one = loadBalancerOf(world, input.LoadBalancerArn)
      const groups = checkGroups(world, input.SecurityGroups)
      if (one.shape.Type === 'network' && (one.shape.SecurityGroups ?? []).length === 0) {
        refuse('InvalidConfigurationRequest', 'Security groups cannot be set on a Network Load Balancer made without')
      }
      if (groups.length === 0) refuse('InvalidConfigurationRequest', 'At least one security group is required')
      one.shape.SecurityGroups = groups
      const enforce = input.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic
      if (enforce !== undefined) {
        if (one.shape.Type !== 'network') refuse('InvalidConfigurationRequest', 'Only for Network Load Balancers')
        one.shape.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic = enforce
      }
      place(one)
      return { SecurityGroupIds: groups }
    },
    'elbv2:SetSubnets': (input) => {
      const one = loadBalancerOf(world, input.LoadBalancerArn)
      const { shape } = one
      const mappings = input.SubnetMappings ?? (input.Subnets ?? []).map((SubnetId) => ({ SubnetId }))
      const addressType = input.IpAddressType ?? shape.IpAddressType ?? 'ipv4'
      shape.AvailabilityZones = toZones(
        world,
        { type: shape.Type ?? '', scheme: shape.Scheme ?? '', addressType },
        mappings,
      )
      shape.IpAddressType = addressType
      if (input.EnablePrefixForIpv6SourceNat !== undefined) {
        checkSourceNat(shape.Type ?? '', addressType)
        shape.EnablePrefixForIpv6SourceNat = input.EnablePrefixForIpv6SourceNat
      }
      place(one)
      return { AvailabilityZones: shape.AvailabilityZones }
    },
    'elbv2:ModifyIpPools': (input) => {
      const { shape } = loadBalancerOf(world, input.LoadBalancerArn)
      if (shape.Type !== 'application' || shape.Scheme !== 'internet-facing') {
        refuse('InvalidConfigurationRequest', 'IP pools are for internet-facing Application Load Balancers')
      }
      if (input.RemoveIpamPools !== undefined) delete shape.IpamPools
      if (input.IpamPools !== undefined) shape.IpamPools = input.IpamPools
      return { IpamPools: shape.IpamPools }
    },
    'elbv2:DescribeCapacityReservation': (input) => {
      const { capacityUnits } = loadBalancerOf(world, input.LoadBalancerArn)
      return capacityUnits === 0 ? {} : { MinimumLoadBalancerCapacity: { CapacityUnits: capacityUnits } }
    },
    'elbv2:ModifyCapacityReservation': (input) => {
      const one = loadBalancerOf(world, input.LoadBalancerArn)
      if (input.ResetCapacityReservation === true) one.capacityUnits = 0
      else
        one.capacityUnits = input.MinimumLoadBalancerCapacity?.CapacityUnits ?? refuse('ValidationError', 'No capacity')
      return { MinimumLoadBalancerCapacity: { CapacityUnits: one.capacityUnits } }
    },
    'elbv2:DescribeAccountLimits': () => ({
      Limits: (
        [
          ['application-load-balancers', world.quotas.loadBalancers],
          ['network-load-balancers', world.quotas.networkLoadBalancers],
          ['classic-load-balancers', world.quotas.classicLoadBalancers],
          ['target-groups', world.quotas.targetGroups],
          ['listeners-per-application-load-balancer', world.quotas.listeners],
          ['listeners-per-network-load-balancer', world.quotas.listeners],
          ['rules-per-application-load-balancer', world.quotas.rules],
          ['certificates-per-application-load-balancer', world.quotas.certificates],
          ['certificates-per-network-load-balancer', world.quotas.certificates],
          ['targets-per-application-load-balancer', world.quotas.targets],
          ['target-groups-per-application-load-balancer', world.quotas.targetGroupsPerLoadBalancer],
          ['target-groups-per-action-on-application-load-balancer', world.quotas.targetGroupsPerAction],
        ] as const
      ).map(([Name, max]) => ({ Name, Max: String(max) })),
    }),
    'elbv2:DescribeTrustStores': (input) => {
      const all = [...world.trustStores.values()].filter(
        (one) =>
          (input.TrustStoreArns ?? [one.TrustStoreArn]).includes(one.TrustStoreArn) &&
          (input.Names ?? [one.Name]).includes(one.Name),
      )
      if (all.length === 0 && (input.TrustStoreArns ?? input.Names) !== undefined) {
        refuse('TrustStoreNotFound', 'One or more trust stores not found')
      }
      const { items, next } = page(all, input.Marker, Math.min(input.PageSize ?? 400, world.pageSize))
      return { TrustStores: items, ...(next === undefined ? {} : { NextMarker: next }) }
    },
  }
}

function createLoadBalancer(
  world: World,
  input: Elb.CreateLoadBalancerCommandInput,
  place: (one: LoadBalancerThing) => void,
): Elb.CreateLoadBalancerOutput {
  const { Name: name = '', Type: type = 'application', Scheme: scheme = 'internet-facing' } = input
  const addressType = input.IpAddressType ?? 'ipv4'
  if (!/^[a-zA-Z0-9]([a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?$/.test(name) || name.startsWith('internal-')) {
    refuse('ValidationError', `The load balancer name '${name}' is invalid`)
  }
  checkAddressType(type, scheme, addressType)
  const mappings = input.SubnetMappings ?? (input.Subnets ?? []).map((SubnetId) => ({ SubnetId }))
  if (input.SubnetMappings !== undefined && input.Subnets !== undefined) {
    refuse('ValidationError', 'Subnets and subnet mappings exclude each other')
  }
  const zones = toZones(world, { type, scheme, addressType }, mappings)
  const groups = checkGroups(world, input.SecurityGroups)
  if (type === 'application' && groups.length === 0) groups.push('sg-default')
  if (input.EnablePrefixForIpv6SourceNat === 'on') checkSourceNat(type, addressType)
  if (input.IpamPools !== undefined && (type !== 'application' || scheme !== 'internet-facing')) {
    refuse('InvalidConfigurationRequest', 'IP pools are for internet-facing Application Load Balancers')
  }
  if (input.CustomerOwnedIpv4Pool !== undefined && type !== 'application') {
    refuse('InvalidConfigurationRequest', 'Customer-owned addresses are for Application Load Balancers')
  }
  const tags = new Map<string, string>()
  addTags(tags, input.Tags)

  const settings = [type, scheme, addressType, zones, groups, tags]
  const same = [...world.loadBalancers.values()].find((one) => one.shape.LoadBalancerName === name)
  if (same !== undefined) {
    const { shape } = same
    const its = [shape.Type, shape.Scheme, shape.IpAddressType, shape.AvailabilityZones, shape.SecurityGroups ?? []]
    if (isDeepStrictEqual([...its, same.tags], settings)) return { LoadBalancers: [shape] }
    refuse('DuplicateLoadBalancerName', `A load balancer with the name '${name}' exists, but with different settings`)
  }
  const ofType = [...world.loadBalancers.values()].filter((one) => one.shape.Type === type).length
  if (ofType >= (type === 'application' ? world.quotas.loadBalancers : world.quotas.networkLoadBalancers)) {
    refuse('TooManyLoadBalancers', 'The maximum number of load balancers has been reached')
  }

  const id = freshId(world).slice(1)
  const kind = type === 'application' ? 'app' : 'net'
  const arn = `arn:aws:elasticloadbalancing:${world.region}:${world.account}:loadbalancer/${kind}/${name}/${id}`
  const label = `${scheme === 'internal' ? 'internal-' : ''}${name}-${id.slice(-9)}`
  const one: LoadBalancerThing = {
    hiddenReads: world.hiddenReads,
    tags,
    attributes: loadBalancerAttributes(type, scheme),
    capacityUnits: 0,
    shape: {
      LoadBalancerArn: arn,
      LoadBalancerName: name,
      DNSName:
        type === 'application'
          ? `${label}.${world.region}.elb.amazonaws.com`
          : `${name}-${id}.elb.${world.region}.amazonaws.com`,
      CanonicalHostedZoneId: type === 'application' ? 'Z215JYRZR1TBD5' : 'Z3F0SRJ5LGBH90',
      Scheme: scheme,
      VpcId: world.vpcId,
      State: { Code: 'active' },
      Type: type,
      AvailabilityZones: zones,
      ...(groups.length === 0 ? {} : { SecurityGroups: groups }),
      IpAddressType: addressType,
      ...(input.CustomerOwnedIpv4Pool === undefined ? {} : { CustomerOwnedIpv4Pool: input.CustomerOwnedIpv4Pool }),
      ...(type === 'network' && groups.length > 0
        ? { EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: 'on' }
        : {}),
      ...(type === 'network' && addressType === 'dualstack'
        ? { EnablePrefixForIpv6SourceNat: input.EnablePrefixForIpv6SourceNat ?? 'off' }
        : {}),
      ...(input.IpamPools === undefined ? {} : { IpamPools: input.IpamPools }),
    },
  }
  world.loadBalancers.set(arn, one)
  place(one)
  return { LoadBalancers: [one.shape] }
}

function checkAddressType(type: string, scheme: string, addressType: string | undefined): void {
  if (!['ipv4', 'dualstack', 'dualstack-without-public-ipv4'].includes(addressType ?? '')) {
    refuse('ValidationError', `Invalid IP address type '${addressType ?? ''}'`)
  }
  const isWithoutPublic = addressType === 'dualstack-without-public-ipv4'
  if (isWithoutPublic && (type !== 'application' || scheme !== 'internet-facing')) {
    refuse(
      'InvalidConfigurationRequest',
      `IP address type '${addressType}' is for internet-facing Application Load Balancers`,
    )
  }
}

function checkSourceNat(type: string, addressType: string): void {
  if (type !== 'network' || addressType !== 'dualstack') {
    refuse('InvalidConfigurationRequest', 'IPv6 source NAT is for dualstack Network Load Balancers')
  }
}

function checkGroups(world: World, groups: readonly string[] | undefined): string[] {
  if (new Set(groups).size !== (groups ?? []).length) refuse('ValidationError', 'A security group is named twice')
  if ((groups ?? []).length > 5) refuse('InvalidConfigurationRequest', 'At most 5 security groups')
  return (groups ?? []).map(
    (id) => find(world.securityGroups, id, 'InvalidSecurityGroup', 'One or more security groups').id,
  )
}
