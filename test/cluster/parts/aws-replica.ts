/** The real program as a replica that provisions in moto, and looks at it from outside. */
import type { MotoServer } from '../../aws/parts/moto-server.ts'
import { type Program, startProgram } from '../../support/program.ts'
import type { AwsAccount } from './aws-account.ts'
import { PROGRAM } from './serve-process.ts'
import type { TestCluster } from './test-cluster.ts'

export interface AwsReplica {
  readonly program: Program
  readonly adminPort: number
  /** Sum of the samples of a metric whose labels the pattern accepts. */
  metric(name: string, labels?: RegExp): Promise<number>
  /** Calls to AWS that change something, or all of them. */
  calls(which: 'all' | 'writes'): Promise<number>
}

export interface ReplicaOptions {
  readonly cluster: TestCluster
  readonly account: AwsAccount
  readonly clusterName: string
  readonly podName: string
  /** Besides those of cluster and account; given again they win. */
  readonly flags?: readonly string[]
}

const READS = /operation="(?:Describe|List|Get)/

export async function startAwsReplica(options: ReplicaOptions): Promise<AwsReplica> {
  const { cluster, account, clusterName, podName, flags = [] } = options
  const program = await startProgram(
    process.execPath,
    [
      PROGRAM,
      'serve',
      '--provider=aws',
      `--kubeconfig=${cluster.kubeconfig}`,
      `--cluster-name=${clusterName}`,
      `--aws-endpoint=${account.moto.endpoint}`,
      `--aws-vpc-id=${account.vpcId}`,
      '--admin-port=0',
      '--leader-election-ttl=3',
      '--sync-period=2',
      ...flags,
    ],
    { env: { ...account.env, POD_NAME: podName, POD_NAMESPACE: 'default' } },
  )
  const line = await program.waitForLine(/^\{"event":"ready"/, 60_000)
  const { admin } = JSON.parse(line) as { readonly admin: string }
  const sum = async (name: string, accepts: (labels: string) => boolean): Promise<number> => {
    const text = await (await fetch(`${admin}/metrics`)).text()
    let total = 0
    for (const [, labels = '', value] of text.matchAll(new RegExp(`^${name}(?:\\{([^}]*)\\})? ([\\d.e+-]+)$`, 'gm'))) {
      if (accepts(labels)) total += Number(value)
    }
    return total
  }
  return {
    program,
    adminPort: Number(new URL(admin).port),
    metric: (name, labels = /(?:)/) => sum(name, (text) => labels.test(text)),
    calls: (which) => sum('genkan_aws_calls_total', (text) => which === 'all' || !READS.test(text)),
  }
}

/** Ids of the targets that AWS has in a target group, sorted. */
export async function targetsIn({ aws }: MotoServer, arn: string): Promise<readonly string[]> {
  const { TargetHealthDescriptions: all = [] } = await aws.call('elbv2:DescribeTargetHealth', { TargetGroupArn: arn })
  return all.map(({ Target: target }) => target?.Id ?? '').sort()
}

/** Target groups by name, with their ARNs. */
export async function targetGroupsIn({ aws }: MotoServer): Promise<ReadonlyMap<string, string>> {
  const { TargetGroups: all = [] } = await aws.call('elbv2:DescribeTargetGroups', {})
  return new Map(all.map(({ TargetGroupName = '', TargetGroupArn = '' }) => [TargetGroupName, TargetGroupArn]))
}

/** Load balancers of elbv2 by name, with their ARNs. */
export async function loadBalancersIn({ aws }: MotoServer): Promise<ReadonlyMap<string, string>> {
  const { LoadBalancers: all = [] } = await aws.call('elbv2:DescribeLoadBalancers', {})
  return new Map(all.map(({ LoadBalancerName = '', LoadBalancerArn = '' }) => [LoadBalancerName, LoadBalancerArn]))
}

/** Events of an object as `Type Reason Message`. */
export async function eventsOf(
  { api }: TestCluster,
  kind: string,
  namespace: string,
  name: string,
): Promise<readonly string[]> {
  const selector = encodeURIComponent(
    `involvedObject.kind=${kind},involvedObject.name=${name},source=ingress-controller`,
  )
  const list = await api.get<{ readonly items: readonly { type: string; reason: string; message: string }[] }>(
    `/api/v1/namespaces/${namespace}/events?fieldSelector=${selector}`,
  )
  return list.items.map(({ type, reason, message }) => `${type} ${reason} ${message}`)
}
