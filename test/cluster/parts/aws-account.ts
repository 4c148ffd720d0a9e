/** An AWS account in moto for the test cluster: subnets tagged for discovery, and an instance for each node. */
import {
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateRouteCommand,
  CreateTagsCommand,
  DescribeRouteTablesCommand,
  DescribeSubnetsCommand,
  DescribeSecurityGroupsCommand,
  EC2Client,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2'
import { type MotoServer, startMoto } from '../../aws/parts/moto-server.ts'
import type { TestCluster } from './test-cluster.ts'

export const ACCOUNT_REGION = 'ap-northeast-1'
const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' }

export interface AwsAccount {
  readonly moto: MotoServer
  readonly vpcId: string
  readonly subnetIds: readonly string[]
  /** Environment that opens it. */
  readonly env: Readonly<Record<string, string>>
  /** Names of all security groups. */
  securityGroups(): Promise<readonly string[]>
  stop(): Promise<void>
}

export async function startAwsAccount(cluster: TestCluster, clusterName: string): Promise<AwsAccount> {
  const moto = await startMoto(ACCOUNT_REGION)
  const ec2 = new EC2Client({ region: ACCOUNT_REGION, endpoint: moto.endpoint, credentials: CREDENTIALS })
  const { Subnets: subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}))
  const subnetIds = subnets.slice(0, 2).map(({ SubnetId = '' }) => SubnetId)
  await openToInternet(ec2, subnets[0]?.VpcId ?? '')
  // As the founding article tags them.
  const tags = { 'kubernetes.io/role/alb-ingress': '', [`kubernetes.io/cluster/${clusterName}`]: 'shared' }
  await ec2.send(
    new CreateTagsCommand({ Resources: subnetIds, Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) }),
  )
  for (const [index, name] of ['node-a', 'node-b', 'node-c'].entries()) {
    const subnet = subnets[index % 2]
    const { Instances: [instance] = [] } = await ec2.send(
      new RunInstancesCommand({ ImageId: 'ami-12c6146b', MinCount: 1, MaxCount: 1, SubnetId: subnet?.SubnetId }),
    )
    const providerID = `aws:///${subnet?.AvailabilityZone}/${instance?.InstanceId}`
    await cluster.kubectl('patch', 'node', name, '--type=merge', `--patch=${JSON.stringify({ spec: { providerID } })}`)
  }
  return {
    moto,
    vpcId: subnets[0]?.VpcId ?? '',
    subnetIds,
    env: {
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      AWS_REGION: ACCOUNT_REGION,
    },
    async securityGroups() {
      const { SecurityGroups: groups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({}))
      return groups.map(({ GroupName = '' }) => GroupName)
    },
    async stop() {
      ec2.destroy()
      await moto.stop()
    },
  }
}

/** moto's default VPC has no way out, unlike the one that AWS makes. */
async function openToInternet(ec2: EC2Client, vpcId: string): Promise<void> {
  const { InternetGateway: gateway } = await ec2.send(new CreateInternetGatewayCommand({}))
  const InternetGatewayId = gateway?.InternetGatewayId
  await ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId, VpcId: vpcId }))
  const { RouteTables: [table] = [] } = await ec2.send(new DescribeRouteTablesCommand({}))
  await ec2.send(
    new CreateRouteCommand({
      RouteTableId: table?.RouteTableId,
      DestinationCidrBlock: '0.0.0.0/0',
      GatewayId: InternetGatewayId,
    }),
  )
}
