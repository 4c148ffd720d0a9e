/** Which subnets an NLB is in, and with which addresses (elbv2 CreateLoadBalancer, SubnetMapping). */
import { BlockList, isIP } from 'node:net'
import type { InventorySubnet } from '../../../aws/stack/inventory.ts'
import type { LoadBalancer, SubnetMapping } from '../../../aws/stack/model.ts'
import { type Reading, valueOr } from '../annotation-reader.ts'
import type { Scheme } from './scheme.ts'
import { LB, reportLonely, type ServiceContext } from './service-context.ts'

/**
 * Addresses belong to subnets in the order of subnet ids, as the AWS controller gives them out; private ones to the subnet
 * that holds them. Wrong ones refuse the load balancer: it would be made with others, and could only be replaced.
 */
export function subnetMappings(
  context: ServiceContext,
  subnets: readonly InventorySubnet[],
  scheme: Scheme,
  isDualStack: boolean,
): readonly SubnetMapping[] {
  const { reader, service } = context
  const list = (name: string): Reading<readonly string[]> => {
    const reading = reader.list([service], LB + name)
    if (reading.kind === 'unusable') refuse(context, reading, 'it cannot be read')
    return reading
  }
  const elastic = list('eip-allocations')
  const four = list('private-ipv4-addresses')
  const six = list('ipv6-addresses')
  const prefixes = list('source-nat-ipv6-prefixes')
  const nat = sourceNatOf(context)
  const count = subnets.length
  for (const reading of [elastic, four, six, prefixes]) {
    if (reading.kind !== 'value' || count === 0 || reading.value.length === count) continue
    refuse(
      context,
      reading,
      `it has ${reading.value.length} entries, and the load balancer is in ${count} subnets; write one for each`,
    )
  }
  if (elastic.kind === 'value') {
    if (scheme === 'internal') refuse(context, elastic, 'an internal load balancer has no elastic addresses; remove it')
    const wrong = elastic.value.find((id) => !/^eipalloc-[0-9a-zA-Z]+$/.test(id))
    if (wrong !== undefined)
      refuse(context, elastic, `"${wrong.slice(0, 60)}" is no allocation; write ids such as eipalloc-0123456789abcdef0`)
  }
  if (four.kind === 'value' && scheme !== 'internal') {
    refuse(context, four, 'only an internal load balancer has private addresses of its own choice; remove it')
  }
  if (six.kind === 'value' && !isDualStack)
    refuse(context, six, `the load balancer has IPv4 addresses only; write ${LB}ip-address-type: dualstack`)
  if (prefixes.kind === 'value' && nat !== 'on')
    reportLonely(context, prefixes, `${LB}enable-prefix-for-ipv6-source-nat: on`)
  const fourOf = placeAddresses(context, four, subnets, 4)
  const sixOf = placeAddresses(context, six, subnets, 6)
  return subnets.map((subnet, index): SubnetMapping => {
    const allocationId = valueOr(elastic, [])[index]
    const privateIPv4Address = fourOf.get(subnet.id)
    const ipv6Address = sixOf.get(subnet.id)
    const sourceNatIpv6Prefix = nat === 'on' ? valueOr(prefixes, [])[index] : undefined
    return {
      subnetId: subnet.id,
      ...(allocationId === undefined ? {} : { allocationId }),
      ...(privateIPv4Address === undefined ? {} : { privateIPv4Address }),
      ...(ipv6Address === undefined ? {} : { ipv6Address }),
      ...(sourceNatIpv6Prefix === undefined ? {} : { sourceNatIpv6Prefix }),
    }
  })
}

/** What mappings would have, where no subnet is known yet; usable values alone. */
export function addressesToPlace({ reader, service }: ServiceContext): Pick<LoadBalancer, 'addressesToPlace'> {
  const list = (name: string): readonly string[] => valueOr(reader.list([service], LB + name), [])
  const [elastic, four, six] = [list('eip-allocations'), list('private-ipv4-addresses'), list('ipv6-addresses')]
  const count = Math.max(elastic.length, four.length, six.length)
  if (count === 0) return {}
  return {
    addressesToPlace: Array.from({ length: count }, (_, index) => ({
      ...(elastic[index] === undefined ? {} : { allocationId: elastic[index] }),
      ...(four[index] === undefined ? {} : { privateIPv4Address: four[index] }),
      ...(six[index] === undefined ? {} : { ipv6Address: six[index] }),
    })),
  }
}

/** `undefined` when nothing is written. */
export function sourceNatOf({ reader, service }: ServiceContext): 'on' | 'off' | undefined {
  const value = valueOr(reader.text([service], `${LB}enable-prefix-for-ipv6-source-nat`), '')
  return value === 'on' || value === 'off' ? value : undefined
}

function placeAddresses(
  context: ServiceContext,
  reading: Reading<readonly string[]>,
  subnets: readonly InventorySubnet[],
  family: 4 | 6,
): ReadonlyMap<string, string> {
  const placed = new Map<string, string>()
  if (reading.kind !== 'value') return placed
  const rangeOf = (subnet: InventorySubnet): string => (family === 4 ? subnet.cidr : (subnet.ipv6Cidr ?? ''))
  // Subnets that are known by id alone take the addresses in order.
  const areKnown = subnets.some((subnet) => rangeOf(subnet) !== '')
  if (!areKnown && subnets.length > 0) {
    for (const [index, { id }] of subnets.entries()) {
      const address = reading.value[index]
      if (address !== undefined) placed.set(id, address)
    }
    return placed
  }
  for (const address of reading.value) {
    if (isIP(address) !== family) {
      refuse(context, reading, `"${address.slice(0, 60)}" is no IPv${family} address; write one for each subnet`)
      continue
    }
    const subnet = subnets.find((one) => holds(rangeOf(one), address))
    if (subnet === undefined) {
      if (subnets.length > 0)
        refuse(
          context,
          reading,
          `${address} is in none of the subnets ${subnets.map(({ id }) => id).join(', ')}; write one address of each`,
        )
    } else if (placed.has(subnet.id)) {
      refuse(
        context,
        reading,
        `${placed.get(subnet.id)} and ${address} are both in ${subnet.id}; write one address of each subnet`,
      )
    } else placed.set(subnet.id, address)
  }
  return placed
}

function holds(cidr: string, address: string): boolean {
  const [network = '', length = ''] = cidr.split('/')
  const family = isIP(network)
  if (
    family === 0 ||
    family !== isIP(address) ||
    !/^\d{1,3}$/.test(length) ||
    Number(length) > (family === 4 ? 32 : 128)
  ) {
    return false
  }
  const list = new BlockList()
  list.addSubnet(network, Number(length), family === 4 ? 'ipv4' : 'ipv6')
  return list.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

function refuse(
  context: ServiceContext,
  reading: Exclude<Reading<unknown>, { readonly kind: 'absent' }>,
  problem: string,
): void {
  context.refuse(`Cannot use annotation ${reading.name}: ${problem}`, reading.origin, 'ANNOTATION_VALUE')
}
