/** The VPC: its ranges, its subnets and whether they are public, its security groups. Source: ec2 Describe calls. */
import type { RouteTable, Subnet } from '@aws-sdk/client-ec2'
import { compareText } from '../../../base/finding.ts'
import type { InventorySecurityGroup, InventorySubnet } from '../../stack/inventory.ts'
import type { AwsApi } from '../aws-api.ts'
import type { Attempt } from './inventory-problem.ts'
import { readPages } from '../observe/pages.ts'
import { toTagRecord } from '../observe/tag-record.ts'

export interface Network {
  readonly vpcCidrs: readonly string[]
  readonly subnets: readonly InventorySubnet[]
  readonly securityGroups: readonly InventorySecurityGroup[]
}

export async function readNetwork(api: AwsApi, vpcId: string, attempt: Attempt): Promise<Network> {
  const vpc = [{ Name: 'vpc-id', Values: [vpcId] }]
  const [vpcCidrs, subnets, tables, zones, securityGroups] = await Promise.all([
    attempt('the ranges of the VPC', 'every address counts as inside it', () => readCidrs(api, vpcId), []),
    attempt(
      'subnets',
      'no load balancer can be placed',
      () => readPages(api, 'ec2:DescribeSubnets', { Filters: vpc }, (page) => page.Subnets),
      [],
    ),
    attempt(
      'route tables',
      'subnets are found by their tags alone',
      () => readPages(api, 'ec2:DescribeRouteTables', { Filters: vpc }, (page) => page.RouteTables),
      null,
    ),
    attempt(
      'availability zones',
      'every zone counts as an ordinary one',
      () => readZoneTypes(api),
      new Map<string, string>(),
    ),
    attempt(
      'security groups',
      'groups cannot be named by their name, only by id',
      () => readPages(api, 'ec2:DescribeSecurityGroups', { Filters: vpc }, (page) => page.SecurityGroups),
      [],
    ),
  ])
  return {
    vpcCidrs,
    subnets: subnets.map((subnet) => toInventorySubnet(subnet, tables, zones)).sort((a, b) => compareText(a.id, b.id)),
    securityGroups: securityGroups
      .map((group) => ({ id: group.GroupId ?? '', name: group.GroupName ?? '', tags: toTagRecord(group.Tags) }))
      .sort((a, b) => compareText(a.id, b.id)),
  }
}

async function readCidrs(api: AwsApi, vpcId: string): Promise<readonly string[]> {
  const { Vpcs: [vpc] = [] } = await api.call('ec2:DescribeVpcs', { VpcIds: [vpcId] })
  const cidrs = [
    vpc?.CidrBlock,
    ...(vpc?.CidrBlockAssociationSet ?? [])
      .filter((one) => one.CidrBlockState?.State === 'associated')
      .map((one) => one.CidrBlock),
    ...(vpc?.Ipv6CidrBlockAssociationSet ?? [])
      .filter((one) => one.Ipv6CidrBlockState?.State === 'associated')
      .map((one) => one.Ipv6CidrBlock),
  ]
  return [...new Set(cidrs.filter((cidr) => cidr !== undefined && cidr !== ''))] as string[]
}

async function readZoneTypes(api: AwsApi): Promise<ReadonlyMap<string, string>> {
  const { AvailabilityZones: zones = [] } = await api.call('ec2:DescribeAvailabilityZones', {})
  return new Map(zones.map((zone) => [zone.ZoneName ?? '', zone.ZoneType ?? '']))
}

function toInventorySubnet(
  subnet: Subnet,
  tables: readonly RouteTable[] | null,
  zones: ReadonlyMap<string, string>,
): InventorySubnet {
  const ipv6 = (subnet.Ipv6CidrBlockAssociationSet ?? []).find((one) => one.Ipv6CidrBlockState?.State === 'associated')
  const isOutpost = subnet.OutpostArn !== undefined && subnet.OutpostArn !== ''
  const zoneType = isOutpost ? 'outpost' : zones.get(subnet.AvailabilityZone ?? '')
  return {
    id: subnet.SubnetId ?? '',
    vpcId: subnet.VpcId ?? '',
    availabilityZone: subnet.AvailabilityZone ?? '',
    availableIpAddressCount: subnet.AvailableIpAddressCount ?? 0,
    cidr: subnet.CidrBlock ?? '',
    ...(ipv6?.Ipv6CidrBlock === undefined ? {} : { ipv6Cidr: ipv6.Ipv6CidrBlock }),
    tags: toTagRecord(subnet.Tags),
    ...(tables === null ? {} : { isPublic: isPublic(subnet.SubnetId ?? '', tables) }),
    ...(isZoneType(zoneType) ? { zoneType } : {}),
  }
}

/** Its own route table, or else the VPC's main one, leads to an internet gateway. */
function isPublic(subnetId: string, tables: readonly RouteTable[]): boolean {
  const own = tables.find((table) => (table.Associations ?? []).some((one) => one.SubnetId === subnetId))
  const table = own ?? tables.find((one) => (one.Associations ?? []).some(({ Main }) => Main === true))
  return (table?.Routes ?? []).some(
    (route) => route.GatewayId?.startsWith('igw-') === true && route.State !== 'blackhole',
  )
}

function isZoneType(text: string | undefined): text is NonNullable<InventorySubnet['zoneType']> {
  return text === 'availability-zone' || text === 'local-zone' || text === 'wavelength-zone' || text === 'outpost'
}
