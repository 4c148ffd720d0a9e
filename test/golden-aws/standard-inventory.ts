/** The VPC in which golden cases live: three zones with a public and a private subnet each. */
import type { Inventory, InventorySubnet } from '../../src/aws/stack/inventory.ts'

const ZONES = ['a', 'c', 'd'] as const

function subnet(kind: 'public' | 'private', zone: (typeof ZONES)[number], index: number): InventorySubnet {
  const role = kind === 'public' ? 'kubernetes.io/role/elb' : 'kubernetes.io/role/internal-elb'
  const third = (kind === 'public' ? 0 : 10) + index
  return {
    id: `subnet-${kind}-${zone}`,
    vpcId: 'vpc-1',
    availabilityZone: `ap-northeast-1${zone}`,
    availableIpAddressCount: 200,
    cidr: `10.0.${third}.0/24`,
    ipv6Cidr: `2001:db8:0:${third}::/64`,
    tags: { [role]: '1', Name: `demo-${kind}-${zone}` },
    isPublic: kind === 'public',
  }
}

const ACCOUNT = 'ap-northeast-1:123456789012'

export const STANDARD_INVENTORY: Inventory = {
  vpcId: 'vpc-1',
  region: 'ap-northeast-1',
  vpcCidrs: ['10.0.0.0/16'],
  subnets: (['public', 'private'] as const).flatMap((kind) => ZONES.map((zone, index) => subnet(kind, zone, index))),
  certificates: [
    { arn: `arn:aws:acm:${ACCOUNT}:certificate/shop`, domainNames: ['shop.example.com', 'www.shop.example.com'] },
    { arn: `arn:aws:acm:${ACCOUNT}:certificate/wildcard`, domainNames: ['*.example.net'] },
    { arn: `arn:aws:acm:${ACCOUNT}:certificate/expired`, domainNames: ['old.example.com'], status: 'EXPIRED' },
  ],
  securityGroups: [
    { id: 'sg-office', name: 'office-only', tags: { Name: 'office' } },
    { id: 'sg-partner', name: 'partners', tags: { Name: 'partner' } },
  ],
  nodes: [
    { name: 'node-1', instanceId: 'i-0000000000000001', subnetId: 'subnet-private-a', ip: '10.0.10.5' },
    { name: 'node-2', instanceId: 'i-0000000000000002', subnetId: 'subnet-private-c', ip: '10.0.11.5' },
  ],
  trustStores: [
    {
      arn: `arn:aws:elasticloadbalancing:${ACCOUNT}:truststore/staff/0123456789abcdef`,
      name: 'staff',
    },
  ],
  webAcls: [
    { arn: `arn:aws:wafv2:${ACCOUNT}:regional/webacl/edge/11111111-2222-3333-4444-555555555555`, name: 'edge' },
  ],
  targetGroups: [
    { arn: `arn:aws:elasticloadbalancing:${ACCOUNT}:targetgroup/legacy/0123456789abcdef`, name: 'legacy' },
  ],
  quotas: {},
  loadBalancerSubnets: {},
}
