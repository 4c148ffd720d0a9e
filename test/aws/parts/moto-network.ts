import type { AwsApi } from '../../../src/aws/deploy/aws-api.ts'

/** The default VPC that moto begins with, and its subnets, sorted. */
export async function readMotoNetwork(
  api: AwsApi,
): Promise<{ readonly vpcId: string; readonly subnets: readonly string[] }> {
  const { Subnets: all = [] } = await api.call('ec2:DescribeSubnets', {})
  return { vpcId: all[0]?.VpcId ?? '', subnets: all.map(({ SubnetId = '' }) => SubnetId).sort() }
}
