/** Services that must have one announcer: those that share an address, and the two addresses of a dual-stack Service. */
import { compareText } from '../../base/finding.ts'
import type { IpAddress } from '../../base/ip-address.ts'
import type { ServiceFacts } from './service-facts.ts'

export interface AddressGroup {
  /** Decides, together with a node's name, in which order nodes get it: the first address of its first Service. */
  readonly firstAddress: string
  /** Sorted by key of the Service. */
  readonly members: readonly ServiceFacts[]
  /** Sorted by their text, each once. */
  readonly addresses: readonly { readonly text: string; readonly address: IpAddress }[]
}

/**
 * @param facts Services that somebody may announce
 * @param before groups of an earlier call: those that have the same members are the same objects
 */
export function groupByAddress(
  facts: readonly ServiceFacts[],
  before: readonly AddressGroup[] = [],
): readonly AddressGroup[] {
  const known = new Map(before.map((group) => [group.members[0], group]))
  const sorted = [...facts].sort((a, b) => compareText(a.service.key, b.service.key))
  const groupOf = new Map<string, ServiceFacts[]>()
  for (const each of sorted) {
    const joined = new Set<ServiceFacts[]>()
    for (const { text } of each.addresses) {
      const group = groupOf.get(text)
      if (group !== undefined) joined.add(group)
    }
    const [largest = [], ...others] = [...joined].sort((a, b) => b.length - a.length)
    for (const other of others) {
      for (const member of other) {
        largest.push(member)
        for (const { text } of member.addresses) groupOf.set(text, largest)
      }
    }
    largest.push(each)
    for (const { text } of each.addresses) groupOf.set(text, largest)
  }
  return [...new Set(groupOf.values())].map((members) => toGroup(members, known))
}

function toGroup(
  unsorted: readonly ServiceFacts[],
  known: ReadonlyMap<ServiceFacts | undefined, AddressGroup>,
): AddressGroup {
  const members =
    unsorted.length === 1 ? unsorted : [...unsorted].sort((a, b) => compareText(a.service.key, b.service.key))
  const before = known.get(members[0])
  const isSame =
    before !== undefined &&
    before.members.length === members.length &&
    before.members.every((member, index) => member === members[index])
  if (isSame) return before
  const addresses = new Map(members.flatMap((member) => member.addresses).map((each) => [each.text, each.address]))
  return {
    firstAddress: members[0]?.addresses[0]?.text ?? '',
    members,
    addresses: [...addresses].map(([text, address]) => ({ text, address })).sort((a, b) => compareText(a.text, b.text)),
  }
}
