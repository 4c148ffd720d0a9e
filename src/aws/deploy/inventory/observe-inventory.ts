/**
 * What exists in the account and is read, not managed. Each part is read as often as it may change; one that cannot be read
 * leaves the others be, and is told in one line. Nothing here writes.
 */
import { EMPTY_INVENTORY, type Inventory, type InventoryTargetGroup } from '../../stack/inventory.ts'
import type { AwsApi } from '../aws-api.ts'
import { SYSTEM_PORTS } from '../execute/ports.ts'
import { readPages } from '../observe/pages.ts'
import { createCertificateReader } from './certificate-reader.ts'
import { type Attempt, createAttempt, type InventoryProblem } from './inventory-problem.ts'
import { type NodeIdentity, readAddressGroups, readNodes, readVpcOfInstance } from './read-nodes.ts'
import { readNetwork } from './read-network.ts'

export interface InventoryReaderOptions {
  /** With budgets and retries. */
  readonly api: AwsApi
  readonly region: string
  /** Empty = that of the first node's instance, else that of ours. */
  readonly vpcId: string
  readonly clusterName: string
  /** The cluster's nodes, asked at each reading; absent = nothing is known of instances. */
  readonly nodes?: () => readonly NodeIdentity[]
  /** Addresses of pods that may have security groups of their own, asked at each reading; absent = none has. */
  readonly podAddresses?: () => readonly string[]
  /** VPC of the instance that we run on, asked when no node tells; `null` = it cannot be told. Absent = nobody is asked. */
  readonly vpcHere?: () => Promise<string | null>
  /** Monotonic milliseconds. */
  readonly nowMs?: () => number
}

export interface InventoryReading {
  readonly inventory: Inventory
  /** One line for each part that could not be read. */
  readonly problems: readonly string[]
}

export interface InventoryReader {
  /** @throws {Error} when the VPC cannot be told; {AwsError} when calls are given up */
  read(): Promise<InventoryReading>
}

/** How long what was read is good enough. What people change while they look at a finding is read often. */
const NETWORK_MS = 60_000
const NAMES_MS = 5 * 60_000
const LIMITS_MS = 60 * 60_000
const NODES_MS = 10 * 60_000

export function createInventoryReader(options: InventoryReaderOptions): InventoryReader {
  const { api, region } = options
  const nowMs = options.nowMs ?? SYSTEM_PORTS.nowMs
  const certificates = createCertificateReader(api, options.clusterName, nowMs)
  const cache = new Map<string, { readonly key: string; readonly value: unknown; readonly untilMs: number }>()
  let vpcId = options.vpcId

  /** The value of before, if it was read for the same key and is not too old; only a reading without problems is kept. */
  const cached = async <T>(
    part: string,
    key: string,
    forMs: number,
    problems: InventoryProblem[],
    read: (problems: InventoryProblem[]) => Promise<T>,
  ): Promise<T> => {
    const known = cache.get(part)
    if (known !== undefined && known.key === key && nowMs() < known.untilMs) return known.value as T
    const own: InventoryProblem[] = []
    const value = await read(own)
    if (own.length === 0) cache.set(part, { key, value, untilMs: nowMs() + forMs })
    else cache.delete(part)
    problems.push(...own)
    return value
  }

  const findVpc = async (nodes: readonly NodeIdentity[]): Promise<string> => {
    const [first] = nodes
    if (first === undefined) {
      const here = (await options.vpcHere?.()) ?? null
      if (here !== null) return here
      throw new Error('Cannot tell the VPC: no node of the cluster is an EC2 instance; give the id of the VPC')
    }
    return readVpcOfInstance(api, first.instanceId)
  }

  return {
    async read() {
      const problems: InventoryProblem[] = []
      const attempt = createAttempt(problems)
      const nodes = options.nodes?.() ?? []
      if (vpcId === '') vpcId = await findVpc(nodes)
      const addresses = options.podAddresses?.() ?? []
      const nodeKey = nodes.map(({ name, instanceId }) => `${name}=${instanceId}`).join()
      const [network, found, instances, addressGroups, names, quotas, held] = await Promise.all([
        cached('network', '', NETWORK_MS, problems, (own) => readNetwork(api, vpcId, createAttempt(own))),
        attempt('certificates', 'none is found by host name', () => certificates.read(), []),
        cached('nodes', nodeKey, NODES_MS, problems, (own) =>
          createAttempt(own)('nodes', 'their security groups are left alone', () => readNodes(api, nodes), []),
        ),
        cached('addresses', addresses.join(), NODES_MS, problems, (own) =>
          createAttempt(own)(
            'interfaces of pods',
            'pods count as having the groups of their nodes',
            () => readAddressGroups(api, vpcId, addresses),
            {},
          ),
        ),
        cached('names', '', NAMES_MS, problems, (own) => readNames(api, own)),
        cached('limits', '', LIMITS_MS, problems, (own) =>
          createAttempt(own)(
            'account limits',
            'those that AWS gives to a new account are assumed',
            () => readLimits(api),
            {},
          ),
        ),
        // Never kept: a load balancer that was made a moment ago has to keep its subnets.
        readLoadBalancers(api, vpcId, attempt),
      ])
      return {
        inventory: {
          ...EMPTY_INVENTORY,
          vpcId,
          region,
          ...network,
          certificates: found,
          nodes: instances,
          ...(Object.keys(addressGroups).length === 0 ? {} : { addressGroups }),
          ...names,
          quotas,
          ...held,
          ...(problems.length === 0 ? {} : { unread: problems.map(({ part }) => part) }),
        },
        problems: problems.map(({ message }) => message),
      }
    },
  }
}

async function readNames(
  api: AwsApi,
  problems: InventoryProblem[],
): Promise<Pick<Inventory, 'trustStores' | 'webAcls' | 'targetGroups'>> {
  const attempt = createAttempt(problems)
  const [trustStores, webAcls, targetGroups] = await Promise.all([
    attempt(
      'trust stores',
      'they can be named by ARN only',
      async () => {
        const all = await readPages(api, 'elbv2:DescribeTrustStores', {}, (page) => page.TrustStores)
        return all.map((store) => ({ arn: store.TrustStoreArn ?? '', name: store.Name ?? '' }))
      },
      [],
    ),
    attempt(
      'web ACLs',
      'they can be named by ARN only',
      async () => {
        const all = await readPages(api, 'wafv2:ListWebACLs', { Scope: 'REGIONAL' }, (page) => page.WebACLs)
        return all.map((acl) => ({ arn: acl.ARN ?? '', name: acl.Name ?? '' }))
      },
      [],
    ),
    attempt(
      'target groups',
      'bindings can name them by ARN only',
      async () => {
        const all = await readPages(api, 'elbv2:DescribeTargetGroups', {}, (page) => page.TargetGroups)
        return all.map((group): InventoryTargetGroup => {
          const family = group.IpAddressType
          return {
            arn: group.TargetGroupArn ?? '',
            name: group.TargetGroupName ?? '',
            ...(group.TargetType === undefined ? {} : { targetType: group.TargetType }),
            ...(family === 'ipv4' || family === 'ipv6' ? { ipAddressType: family } : {}),
          }
        })
      },
      [],
    ),
  ])
  return { trustStores, webAcls, targetGroups }
}

async function readLimits(api: AwsApi): Promise<Readonly<Record<string, number>>> {
  const limits = await readPages(api, 'elbv2:DescribeAccountLimits', {}, (page) => page.Limits)
  const pairs = limits.map(({ Name = '', Max = '' }): [string, number] => [Name, Number(Max)])
  return Object.fromEntries(pairs.filter(([name, value]) => name !== '' && Number.isFinite(value)))
}

/**
 * Without Classic Load Balancers what is planned for them is planned anew; without the others nothing could be told apart.
 *
 * @throws {AwsError} when those of elbv2 cannot be read
 */
async function readLoadBalancers(
  api: AwsApi,
  vpcId: string,
  attempt: Attempt,
): Promise<Required<Pick<Inventory, 'loadBalancerSubnets' | 'nlbsWithoutGroups'>>> {
  const [modern, classic] = await Promise.all([
    readPages(api, 'elbv2:DescribeLoadBalancers', {}, (page) => page.LoadBalancers),
    attempt(
      'Classic Load Balancers',
      'their subnets are discovered anew',
      () => readPages(api, 'elb:DescribeLoadBalancers', {}, (page) => page.LoadBalancerDescriptions),
      [],
    ),
  ])
  const pairs = [
    ...classic
      .filter((one) => one.VPCId === vpcId)
      .map((one): [string, string[]] => [one.LoadBalancerName ?? '', [...(one.Subnets ?? [])].sort()]),
    ...modern
      .filter((one) => one.VpcId === vpcId)
      .map((one): [string, string[]] => [
        one.LoadBalancerName ?? '',
        (one.AvailabilityZones ?? []).map((zone) => zone.SubnetId ?? '').sort(),
      ]),
  ]
  const bare = modern.filter(
    (one) => one.VpcId === vpcId && one.Type === 'network' && (one.SecurityGroups ?? []).length === 0,
  )
  return {
    loadBalancerSubnets: Object.fromEntries(pairs),
    nlbsWithoutGroups: bare.map((one) => one.LoadBalancerName ?? '').sort(),
  }
}
