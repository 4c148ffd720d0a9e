/** Reads the inventory file of `genkan plan`: what exists in an account, for planning without one. */
import { readFile } from 'node:fs/promises'
import { EMPTY_INVENTORY, type Inventory } from '../../aws/stack/inventory.ts'
import type {
  InventoryCertificate,
  InventoryNode,
  InventorySubnet,
  InventoryTargetGroup,
} from '../../aws/stack/inventory.ts'
import { childOf, isPlainMap, optionalBool, optionalInt, optionalOneOf, optionalText } from '../../base/decode.ts'
import { reportMissing, requiredText, section } from '../../base/decode.ts'
import type { DecodeLog, MapField } from '../../base/decode.ts'
import { closeMap, listOfMaps, listOfText, textRecord } from '../../base/decode-list.ts'
import type { Finding } from '../../base/finding.ts'
import { formatPath } from '../../kube/meta.ts'

/** What is wrong with the file as a whole, for people. */
export class InventoryError extends Error {
  override readonly name = 'InventoryError'
}

const FIELDS = [
  'vpcId',
  'region',
  'vpcCidrs',
  'subnets',
  'certificates',
  'securityGroups',
  'nodes',
  'trustStores',
  'webAcls',
  'targetGroups',
  'quotas',
  'loadBalancerSubnets',
  'addressGroups',
  'nlbsWithoutGroups',
]
const ZONE_TYPES = ['availability-zone', 'local-zone', 'wavelength-zone', 'outpost'] as const
const TARGET_TYPES = ['instance', 'ip', 'alb', 'lambda'] as const
const ADDRESS_TYPES = ['ipv4', 'ipv6'] as const

/** @throws {InventoryError} when it cannot be read or is no JSON object */
export async function readInventory(
  file: string,
): Promise<{ readonly inventory: Inventory; readonly findings: readonly Finding[] }> {
  return decodeInventory(await readJson(file), file)
}

async function readJson(file: string): Promise<unknown> {
  const accepted = 'give a JSON file with subnets, certificates, securityGroups and nodes'
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    throw new InventoryError(`Cannot read the inventory ${file}: ${code}; ${accepted}`)
  }
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    throw new InventoryError(
      `Cannot read the inventory ${file}: it is not JSON (${(error as Error).message}); ${accepted}`,
    )
  }
}

/**
 * Whatever is wrong with an entry leaves out that entry, with a finding.
 *
 * @throws {InventoryError} when it is no JSON object
 */
export function decodeInventory(
  raw: unknown,
  file: string,
): { readonly inventory: Inventory; readonly findings: readonly Finding[] } {
  if (!isPlainMap(raw))
    throw new InventoryError(`Cannot read the inventory ${file}: it is not a JSON object; write {...}`)
  const log: DecodeLog = {
    findings: [],
    moves: new Map(),
    hidesValues: false,
    origin: (path) => ({ object: 'inventory', path: formatPath(path), file }),
    wordAt: () => undefined,
  }
  const root: MapField = { fields: raw, path: [], log }
  closeMap(root, FIELDS)
  const named = (key: string): readonly { readonly arn: string; readonly name: string }[] =>
    listOfMaps(root, key, (map) => {
      const arn = requiredText(map, 'arn')
      return arn === undefined ? null : { arn, name: optionalText(map, 'name') ?? '' }
    })
  const inventory: Inventory = {
    ...EMPTY_INVENTORY,
    vpcId: optionalText(root, 'vpcId') ?? '',
    region: optionalText(root, 'region') ?? '',
    vpcCidrs: listOfText(root, 'vpcCidrs'),
    subnets: listOfMaps(root, 'subnets', decodeSubnet),
    certificates: listOfMaps(root, 'certificates', decodeCertificate),
    securityGroups: listOfMaps(root, 'securityGroups', (map) => {
      const id = requiredText(map, 'id')
      return id === undefined ? null : { id, name: optionalText(map, 'name') ?? '', tags: textRecord(map, 'tags') }
    }),
    nodes: listOfMaps(root, 'nodes', decodeNode),
    trustStores: named('trustStores'),
    webAcls: named('webAcls'),
    targetGroups: listOfMaps(root, 'targetGroups', decodeTargetGroup),
    quotas: numbersOf(root, 'quotas'),
    loadBalancerSubnets: listsOf(root, 'loadBalancerSubnets'),
    ...(childOf(root, 'addressGroups') === undefined ? {} : { addressGroups: listsOf(root, 'addressGroups') }),
    ...(childOf(root, 'nlbsWithoutGroups') === undefined
      ? {}
      : { nlbsWithoutGroups: listOfText(root, 'nlbsWithoutGroups') }),
  }
  return { inventory, findings: log.findings }
}

function decodeSubnet(map: MapField): InventorySubnet | null {
  const id = requiredText(map, 'id')
  const availabilityZone = requiredText(map, 'availabilityZone')
  const ipv6Cidr = optionalText(map, 'ipv6Cidr')
  const isPublic = optionalBool(map, 'isPublic')
  const zoneType = optionalOneOf(map, 'zoneType', ZONE_TYPES)
  if (id === undefined || availabilityZone === undefined) return null
  return {
    id,
    availabilityZone,
    vpcId: optionalText(map, 'vpcId') ?? '',
    // What is not said is enough.
    availableIpAddressCount: optionalInt(map, 'availableIpAddressCount', 0, 2 ** 31) ?? 251,
    cidr: optionalText(map, 'cidr') ?? '',
    tags: textRecord(map, 'tags'),
    ...(ipv6Cidr === undefined ? {} : { ipv6Cidr }),
    ...(isPublic === undefined ? {} : { isPublic }),
    ...(zoneType === undefined ? {} : { zoneType }),
  }
}

function decodeCertificate(map: MapField): InventoryCertificate | null {
  const arn = requiredText(map, 'arn')
  const domainNames = listOfText(map, 'domainNames')
  if (domainNames.length === 0 && childOf(map, 'domainNames') === undefined) reportMissing(map, 'domainNames')
  const status = optionalText(map, 'status')
  const authorityArn = optionalText(map, 'authorityArn')
  if (arn === undefined) return null
  return {
    arn,
    domainNames,
    ...(status === undefined ? {} : { status }),
    ...(authorityArn === undefined ? {} : { authorityArn }),
  }
}

function decodeTargetGroup(map: MapField): InventoryTargetGroup | null {
  const arn = requiredText(map, 'arn')
  const targetType = optionalOneOf(map, 'targetType', TARGET_TYPES)
  const ipAddressType = optionalOneOf(map, 'ipAddressType', ADDRESS_TYPES)
  if (arn === undefined) return null
  return {
    arn,
    name: optionalText(map, 'name') ?? '',
    ...(targetType === undefined ? {} : { targetType }),
    ...(ipAddressType === undefined ? {} : { ipAddressType }),
  }
}

function decodeNode(map: MapField): InventoryNode | null {
  const name = requiredText(map, 'name')
  const groups = childOf(map, 'securityGroups') === undefined ? null : listOfText(map, 'securityGroups')
  if (name === undefined) return null
  return {
    name,
    instanceId: optionalText(map, 'instanceId') ?? '',
    subnetId: optionalText(map, 'subnetId') ?? '',
    ip: optionalText(map, 'ip') ?? '',
    ...(groups === null ? {} : { securityGroups: groups }),
  }
}

function numbersOf(root: MapField, key: string): Readonly<Record<string, number>> {
  const map = section(root, key)
  if (map === undefined) return {}
  const entries = Object.keys(map.fields).map((name) => [name, optionalInt(map, name, 0, 2 ** 31)] as const)
  return Object.fromEntries(entries.filter((entry): entry is readonly [string, number] => entry[1] !== undefined))
}

function listsOf(root: MapField, key: string): Readonly<Record<string, readonly string[]>> {
  const map = section(root, key)
  return map === undefined
    ? {}
    : Object.fromEntries(Object.keys(map.fields).map((name) => [name, listOfText(map, name)]))
}
