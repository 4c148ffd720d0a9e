/** An account in process that has what an inventory says, so that stacks which were built on it can be made there. */
import type { Inventory } from '../../../src/aws/stack/inventory.ts'
import { type AwsDouble, createAwsDouble } from '../double/aws-double.ts'

export function createAccountOf(inventory: Inventory): AwsDouble {
  const aws = createAwsDouble({ region: inventory.region })
  const { vpcId } = inventory
  const { state } = aws
  const [certificate] = state.certificates.values()
  for (const map of [state.subnets, state.securityGroups, state.certificates, state.trustStores, state.webAcls])
    map.clear()
  Object.assign(state, { vpcId, vpcCidrs: [...inventory.vpcCidrs] })
  for (const one of inventory.subnets) {
    state.subnets.set(one.id, {
      SubnetId: one.id,
      VpcId: one.vpcId,
      AvailabilityZone: one.availabilityZone,
      CidrBlock: one.cidr,
      AvailableIpAddressCount: one.availableIpAddressCount,
      State: 'available',
      Ipv6CidrBlockAssociationSet:
        one.ipv6Cidr === undefined
          ? []
          : [{ Ipv6CidrBlock: one.ipv6Cidr, Ipv6CidrBlockState: { State: 'associated' as const } }],
      Tags: Object.entries(one.tags).map(([Key, Value]) => ({ Key, Value })),
    })
  }
  const groups = [...inventory.securityGroups, { id: 'sg-default', name: 'default', tags: {} }]
  for (const { id, name, tags } of groups) {
    const rest = { hiddenReads: 0, description: name, vpcId, rules: [], tags: new Map(Object.entries(tags)) }
    state.securityGroups.set(id, { id, name, ...rest })
  }
  for (const { arn, domainNames, status = 'ISSUED' } of inventory.certificates) {
    if (certificate === undefined) throw new Error('the double has no certificate to begin with')
    const [DomainName = ''] = domainNames
    const detail = { ...certificate.detail, CertificateArn: arn, DomainName, SubjectAlternativeNames: [...domainNames] }
    state.certificates.set(arn, {
      ...certificate,
      arn,
      tags: new Map(),
      detail: { ...detail, Status: status as 'ISSUED' },
    })
  }
  for (const { arn, name } of inventory.trustStores) {
    state.trustStores.set(arn, { Name: name, TrustStoreArn: arn, Status: 'ACTIVE', NumberOfCaCertificates: 1 })
  }
  for (const { arn, name } of inventory.webAcls)
    state.webAcls.set(arn, { name, id: arn.slice(arn.lastIndexOf('/') + 1) })
  state.hasShieldSubscription = true
  return aws
}
