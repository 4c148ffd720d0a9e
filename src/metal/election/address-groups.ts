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

/** @param facts Services that somebody may announce; sorted groups come back */
export function groupByAddress(facts: readonly ServiceFacts[]): readonly AddressGroup[] {
  const sorted = [...facts].sort((a, b) => compareText(a.service.key, b.service.key))
  const groupOf = new Map<string, ServiceFacts[]>()
  for (const each of sorted) {
    const joined = [
      ...new Set(each.addresses.map(({ text }) => groupOf.get(text)).filter((group) => group !== undefined)),
    ]
    const [first = [], ...others] = joined
    for (const other of others) first.push(...other)
    first.push(each)
    for (const member of others.length === 0 ? [each] : first) {
      for (const { text } of member.addresses) groupOf.set(text, first)
    }
  }
  return [...new Set(groupOf.values())].map(toGroup).sort((a, b) => compareText(a.firstAddress, b.firstAddress))
}

function toGroup(unsorted: readonly ServiceFacts[]): AddressGroup {
  const members = [...unsorted].sort((a, b) => compareText(a.service.key, b.service.key))
  const addresses = new Map(members.flatMap((member) => member.addresses).map((each) => [each.text, each.address]))
  return {
    firstAddress: members[0]?.addresses[0]?.text ?? '',
    members,
    addresses: [...addresses].map(([text, address]) => ({ text, address })).sort((a, b) => compareText(a.text, b.text)),
  }
}
