/** An account that has what an inventory says, and whatever else stacks name by its ARN or id. */
import type { Inventory } from '../../../src/aws/stack/inventory.ts'
import type { AwsStack } from '../../../src/aws/stack/model.ts'
import { createAwsDouble, type AwsDouble } from '../double/aws-double.ts'

export function accountOf(inventory: Inventory, stacks: readonly AwsStack[]): AwsDouble {
  const double = createAwsDouble({ region: inventory.region, vpcId: inventory.vpcId })
  const { state } = double
  state.hasShieldSubscription = true
  state.subnets.clear()
  for (const one of inventory.subnets) {
    state.subnets.set(one.id, {
      SubnetId: one.id,
      VpcId: one.vpcId,
      AvailabilityZone: one.availabilityZone,
      AvailableIpAddressCount: one.availableIpAddressCount,
      CidrBlock: one.cidr,
      Ipv6CidrBlockAssociationSet: one.ipv6Cidr === undefined ? [] : [{ Ipv6CidrBlock: one.ipv6Cidr }],
    })
  }
  const own = new Set(stacks.flatMap((stack) => stack.securityGroups.map(({ name }) => name)))
  const { vpcId } = state
  const text = JSON.stringify(stacks)
  for (const id of new Set([...inventory.securityGroups.map((one) => one.id), ...named(text, /"(sg-[\w-]+)"/g)])) {
    if (own.has(id)) continue
    state.securityGroups.set(id, {
      hiddenReads: 0,
      id,
      name: id.slice(3),
      description: id,
      vpcId,
      rules: [],
      tags: new Map(),
    })
  }
  for (const arn of named(text, /"(arn:aws:(?:acm|iam):[^"]+)"/g)) {
    const detail = { CertificateArn: arn, Status: 'ISSUED', Type: 'AMAZON_ISSUED', KeyAlgorithm: 'RSA_2048' } as const
    state.certificates.set(arn, { hiddenReads: 0, arn, tags: new Map(), detail })
  }
  for (const arn of named(text, /"(arn:aws:elasticloadbalancing:[^"]*:truststore\/[^"]+)"/g)) {
    state.trustStores.set(arn, { Name: arn, TrustStoreArn: arn, Status: 'ACTIVE' })
  }
  for (const arn of named(text, /"(arn:aws:wafv2:[^"]+)"/g)) state.webAcls.set(arn, { name: arn, id: arn })
  for (const arn of named(text, /"(arn:aws:elasticloadbalancing:[^"]*:targetgroup\/[^"]+)"/g)) {
    const name = arn.split('/')[1] ?? ''
    const shape = {
      TargetGroupArn: arn,
      TargetGroupName: name,
      Protocol: 'HTTP',
      Port: 80,
      VpcId: vpcId,
      TargetType: 'ip',
    } as const
    state.targetGroups.set(arn, { hiddenReads: 0, tags: new Map(), attributes: new Map(), targets: new Map(), shape })
  }
  return double
}

function named(text: string, pattern: RegExp): Set<string> {
  return new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ''))
}
