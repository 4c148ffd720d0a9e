/** The instances of nodes: their subnets and security groups; and interfaces of pods that have groups of their own. */
import { compareText } from '../../../base/finding.ts'
import type { InventoryNode } from '../../stack/inventory.ts'
import { type AwsApi, AwsError } from '../aws-api.ts'
import { inChunks, readPages } from '../observe/pages.ts'

/** What Kubernetes says about a node. */
export interface NodeIdentity {
  readonly name: string
  /** `i-…`, from its providerID. */
  readonly instanceId: string
}

/** AWS takes 1000 ids; fewer keep an answer small. */
const IDS = 200
const ADDRESSES = 200

/** Nodes whose instance is gone are left out. Sorted by name. @throws {AwsError} */
export async function readNodes(api: AwsApi, nodes: readonly NodeIdentity[]): Promise<readonly InventoryNode[]> {
  const byId = new Map(nodes.map((node) => [node.instanceId, node.name]))
  const found: InventoryNode[] = []
  for (const ids of inChunks([...byId.keys()].sort(compareText), IDS)) {
    // A filter, unlike a list of ids, says nothing of ids that are gone.
    const input = { Filters: [{ Name: 'instance-id', Values: ids }] }
    const reservations = await readPages(api, 'ec2:DescribeInstances', input, (page) => page.Reservations)
    for (const instance of reservations.flatMap((reservation) => reservation.Instances ?? [])) {
      const name = byId.get(instance.InstanceId ?? '')
      if (name === undefined || instance.State?.Name === 'terminated') continue
      const primary = (instance.NetworkInterfaces ?? []).find((one) => one.Attachment?.DeviceIndex === 0)
      const groups = (primary?.Groups ?? instance.SecurityGroups ?? []).map(({ GroupId = '' }) => GroupId)
      found.push({
        name,
        instanceId: instance.InstanceId ?? '',
        subnetId: instance.SubnetId ?? '',
        ip: instance.PrivateIpAddress ?? '',
        securityGroups: groups.sort(compareText),
      })
    }
  }
  return found.sort((a, b) => compareText(a.name, b.name))
}

/**
 * Security groups of the interfaces whose own address is one of these: pods with security groups of their own, and Fargate.
 * Addresses that a node's interface merely lends to a pod are left out, since the node's groups hold for them.
 *
 * @throws {AwsError}
 */
export async function readAddressGroups(
  api: AwsApi,
  vpcId: string,
  addresses: readonly string[],
): Promise<Readonly<Record<string, readonly string[]>>> {
  const groups: [string, readonly string[]][] = []
  for (const values of inChunks([...new Set(addresses)].sort(compareText), ADDRESSES)) {
    const Filters = [
      { Name: 'vpc-id', Values: [vpcId] },
      { Name: 'addresses.private-ip-address', Values: values },
    ]
    const interfaces = await readPages(
      api,
      'ec2:DescribeNetworkInterfaces',
      { Filters },
      (page) => page.NetworkInterfaces,
    )
    for (const one of interfaces) {
      const address = one.PrivateIpAddress ?? ''
      if (!values.includes(address)) continue
      groups.push([address, (one.Groups ?? []).map(({ GroupId = '' }) => GroupId).sort(compareText)])
    }
  }
  return Object.fromEntries(groups.sort(([a], [b]) => compareText(a, b)))
}

/** `i-…` of `aws:///eu-central-1a/i-0123`; `null` for what is no EC2 instance, such as Fargate. */
export function instanceIdOf(providerId: string): string | null {
  return /^aws:\/\/.*\/(i-[0-9a-z]+)$/.exec(providerId)?.[1] ?? null
}

/** The VPC of an instance, for a controller that is not told which VPC is its own. @throws {AwsError} when it is not there */
export async function readVpcOfInstance(api: AwsApi, instanceId: string): Promise<string> {
  const { Reservations: all = [] } = await api.call('ec2:DescribeInstances', { InstanceIds: [instanceId] })
  const vpcId = all[0]?.Instances?.[0]?.VpcId
  if (vpcId === undefined)
    throw new AwsError('ec2:DescribeInstances', 'NoVpc', `Instance ${instanceId} is in no VPC`, 200)
  return vpcId
}
