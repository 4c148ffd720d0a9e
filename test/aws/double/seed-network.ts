import type { World } from './world.ts'

/** Zone letter by index. */
const ZONES = ['a', 'b', 'c'] as const

/**
 * Subnets `subnet-public-a` to `c` and `subnet-private-a` to `c`, nodes `i-node1` to 3 in the private ones with the group
 * `sg-nodes`, a trust store, two web ACLs and two certificates that are nobody's.
 */
export function seedNetwork(world: World): void {
  const { region, account, vpcId } = world
  for (const [index, zone] of ZONES.entries()) {
    for (const kind of ['public', 'private'] as const) {
      const third = kind === 'public' ? index : 10 + index
      world.subnets.set(`subnet-${kind}-${zone}`, {
        SubnetId: `subnet-${kind}-${zone}`,
        VpcId: vpcId,
        AvailabilityZone: `${region}${zone}`,
        AvailabilityZoneId: `zone-${index + 1}`,
        CidrBlock: `10.0.${third}.0/24`,
        AvailableIpAddressCount: 200,
        State: 'available',
        Ipv6CidrBlockAssociationSet: [
          { Ipv6CidrBlock: `2001:db8:0:${third}::/64`, Ipv6CidrBlockState: { State: 'associated' } },
        ],
        Tags: [
          { Key: 'Name', Value: `${kind}-${zone}` },
          { Key: kind === 'public' ? 'kubernetes.io/role/elb' : 'kubernetes.io/role/internal-elb', Value: '1' },
        ],
      })
    }
  }
  const subnetsOf = (kind: string) => ZONES.map((zone) => ({ SubnetId: `subnet-${kind}-${zone}`, Main: false }))
  world.routeTables.push(
    {
      RouteTableId: 'rtb-public',
      VpcId: vpcId,
      Associations: subnetsOf('public'),
      Routes: [{ DestinationCidrBlock: '0.0.0.0/0', GatewayId: 'igw-0123', State: 'active' }],
    },
    {
      RouteTableId: 'rtb-private',
      VpcId: vpcId,
      Associations: [{ Main: true }, ...subnetsOf('private')],
      Routes: [{ DestinationCidrBlock: '0.0.0.0/0', NatGatewayId: 'nat-0123', State: 'active' }],
    },
  )
  for (const [id, name] of [
    ['sg-nodes', 'nodes'],
    ['sg-default', 'default'],
    ['sg-own', 'own'],
  ] as const) {
    const tags = new Map(id === 'sg-nodes' ? [['kubernetes.io/cluster/test', 'owned']] : [])
    world.securityGroups.set(id, { hiddenReads: 0, id, name, description: name, vpcId, rules: [], tags })
  }
  for (const [index, zone] of ZONES.entries()) {
    const id = `i-node${index + 1}`
    const privateIp = `10.0.${10 + index}.10`
    world.instances.set(id, {
      InstanceId: id,
      VpcId: vpcId,
      SubnetId: `subnet-private-${zone}`,
      PrivateIpAddress: privateIp,
      State: { Code: 16, Name: 'running' },
      Placement: { AvailabilityZone: `${region}${zone}` },
      SecurityGroups: [{ GroupId: 'sg-nodes', GroupName: 'nodes' }],
      NetworkInterfaces: [
        {
          NetworkInterfaceId: `eni-node${index + 1}`,
          PrivateIpAddress: privateIp,
          Groups: [{ GroupId: 'sg-nodes', GroupName: 'nodes' }],
          Attachment: { DeviceIndex: 0 },
        },
      ],
      Tags: [],
    })
    const eni = `eni-node${index + 1}`
    world.interfaces.set(eni, { id: eni, owner: id, groups: ['sg-nodes'], privateIp, goneAt: Infinity })
  }
  const store = `arn:aws:elasticloadbalancing:${region}:${account}:truststore/store/0123456789abcdef`
  world.trustStores.set(store, { Name: 'store', TrustStoreArn: store, Status: 'ACTIVE', NumberOfCaCertificates: 1 })
  for (const name of ['first', 'second']) {
    const arn = `arn:aws:wafv2:${region}:${account}:regional/webacl/${name}/00000000-0000-0000-0000-00000000000${name.length}`
    world.webAcls.set(arn, { name, id: `00000000-0000-0000-0000-00000000000${name.length}` })
  }
  for (const [index, domain] of ['a.example.com', 'b.example.com', '*.example.com'].entries()) {
    const arn = `arn:aws:acm:${region}:${account}:certificate/00000000-0000-0000-0000-${String(index + 1).padStart(12, '0')}`
    world.certificates.set(arn, {
      arn,
      hiddenReads: 0,
      tags: new Map(),
      detail: {
        CertificateArn: arn,
        DomainName: domain,
        SubjectAlternativeNames: [domain],
        Status: 'ISSUED',
        Type: 'AMAZON_ISSUED',
        KeyAlgorithm: 'EC_prime256v1',
        InUseBy: [],
      },
    })
  }
}
