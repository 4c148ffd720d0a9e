import type * as Elb from '@aws-sdk/client-elastic-load-balancing-v2'
import { refuse } from '../refusal.ts'
import type { World } from '../world.ts'

/** Availability Zones as they are read back, sorted by subnet. */
export function toZones(
  world: World,
  balancer: { readonly type: string; readonly scheme: string; readonly addressType: string },
  mappings: readonly Elb.SubnetMapping[],
): Elb.AvailabilityZone[] {
  const { type, scheme, addressType } = balancer
  const zones = mappings.map((mapping) => {
    const subnet = world.subnets.get(mapping.SubnetId ?? '')
    if (subnet === undefined) refuse('SubnetNotFound', `The subnet ID '${mapping.SubnetId ?? ''}' is not valid`)
    if ((subnet.AvailableIpAddressCount ?? 0) < 8)
      refuse('InvalidSubnet', 'Not enough IP space available in the subnet')
    if (addressType !== 'ipv4' && (subnet.Ipv6CidrBlockAssociationSet ?? []).length === 0) {
      refuse('InvalidSubnet', `Subnet ${subnet.SubnetId ?? ''} has no IPv6 CIDR`)
    }
    if (
      type === 'application' &&
      (mapping.AllocationId ?? mapping.PrivateIPv4Address ?? mapping.IPv6Address) !== undefined
    ) {
      refuse('InvalidConfigurationRequest', 'Addresses cannot be chosen for an Application Load Balancer')
    }
    if (
      mapping.AllocationId !== undefined &&
      (scheme !== 'internet-facing' || !mapping.AllocationId.startsWith('eipalloc-'))
    ) {
      refuse('AllocationIdNotFound', `The allocation ID '${mapping.AllocationId}' is not valid here`)
    }
    if (mapping.PrivateIPv4Address !== undefined && scheme !== 'internal') {
      refuse('InvalidConfigurationRequest', 'Private addresses can be chosen for internal load balancers only')
    }
    if (mapping.IPv6Address !== undefined && addressType !== 'dualstack') {
      refuse('InvalidConfigurationRequest', 'IPv6 addresses can be chosen for dualstack load balancers only')
    }
    const { SubnetId: _subnet, SourceNatIpv6Prefix: prefix, ...address } = mapping
    const zone: Elb.AvailabilityZone = {
      ZoneName: subnet.AvailabilityZone,
      SubnetId: subnet.SubnetId,
      LoadBalancerAddresses: Object.values(address).some((value) => value !== undefined) ? [address] : [],
      ...(prefix === undefined ? {} : { SourceNatIpv6Prefixes: [prefix] }),
    }
    return zone
  })
  if (new Set(zones.map((zone) => zone.ZoneName)).size !== zones.length) {
    refuse(
      'InvalidConfigurationRequest',
      'A load balancer cannot be attached to multiple subnets in the same Availability Zone',
    )
  }
  if (zones.length < (type === 'application' ? 2 : 1)) {
    refuse('ValidationError', 'At least two subnets in two different Availability Zones must be specified')
  }
  return zones.sort((a, b) => ((a.SubnetId ?? '') < (b.SubnetId ?? '') ? -1 : 1))
}
