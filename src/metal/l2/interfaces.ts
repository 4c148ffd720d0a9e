/** Which interfaces this machine has, and on which of them addresses can be announced. */
import type { NetlinkMessage } from './netlink.ts'
import { IFF_BROADCAST, IFF_NOARP, IFF_RUNNING, IFF_UP } from './netlink.ts'
import type { L2Interface } from './responder-model.ts'

const ETHERNET = 1

type Link = Extract<NetlinkMessage, { kind: 'link' }>

/**
 * Interfaces from a dump of links and one of addresses, sorted by index.
 *
 * @param excluded names that match any of these are not used
 */
export function toInterfaces(messages: readonly NetlinkMessage[], excluded: readonly RegExp[]): readonly L2Interface[] {
  const links = messages.filter((message) => message.kind === 'link')
  const addresses = Map.groupBy(
    messages.filter((message) => message.kind === 'address'),
    (address) => address.index,
  )
  return links
    .map((link) => ({
      name: link.name,
      index: link.index,
      mac: link.mac,
      isUp: isUp(link.flags),
      addresses: (addresses.get(link.index) ?? []).map(({ address, prefixLength, isTentative }) => ({
        address,
        prefixLength,
        isTentative,
      })),
      unusedReason: unusedReason(link, excluded),
    }))
    .sort((a, b) => a.index - b.index)
}

/** Indexes of links that a list of notifications says to be, or to have been in between, without a connection. */
export function lostLinks(messages: readonly NetlinkMessage[]): readonly number[] {
  return messages.flatMap((message) =>
    message.kind === 'link-gone' || (message.kind === 'link' && !isUp(message.flags)) ? [message.index] : [],
  )
}

/** Reads a list of regular expressions; those that are none come back as `broken`. */
export function compilePatterns(sources: readonly string[]): {
  readonly patterns: readonly RegExp[]
  readonly broken: readonly string[]
} {
  const patterns: RegExp[] = []
  const broken: string[] = []
  for (const source of sources) {
    try {
      patterns.push(new RegExp(source))
    } catch {
      broken.push(source)
    }
  }
  return { patterns, broken }
}

function unusedReason(link: Link, excluded: readonly RegExp[]): L2Interface['unusedReason'] {
  if (excluded.some((pattern) => pattern.test(link.name))) return 'excluded'
  if (link.hardware !== ETHERNET || link.mac === '') return 'not Ethernet'
  // A bridge or bond answers for its parts; interfaces in a VRF are whole ones.
  if (link.master !== 0 && link.masterKind !== 'vrf') return 'part of another'
  if ((link.flags & IFF_BROADCAST) === 0) return 'no broadcast'
  if ((link.flags & IFF_NOARP) !== 0) return 'no ARP'
  return isUp(link.flags) ? '' : 'down'
}

/** Set up, and connected as far as the driver knows. */
function isUp(flags: number): boolean {
  return (flags & IFF_UP) !== 0 && (flags & IFF_RUNNING) !== 0
}
