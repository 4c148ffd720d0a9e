/**
 * The rules of the responder without its sockets: which frames are answered, and what is announced when. Time and sending come
 * in through ports, so that tests can drive it.
 */
import type { L2Announcement } from '../announcement.ts'
import type { AddressKey } from './address-key.ts'
import { UNSPECIFIED_V4, UNSPECIFIED_V6, lastWord } from './address-key.ts'
import type { CorePorts } from './announcer.ts'
import { createAnnouncer } from './announcer.ts'
import { arpReply, decodeArp, encodeArp } from './arp.ts'
import type { ArpPacket } from './arp.ts'
import type { Mac } from './ethernet.ts'
import { BROADCAST_MAC } from './ethernet.ts'
import type { HeldAddress, UsedLink } from './held-address.ts'
import { senderOf } from './held-address.ts'
import { decodeNdp, encodeNdp, ndpReply } from './ndp.ts'
import type { NdpPacket } from './ndp.ts'
import { createCounters } from './responder-counters.ts'
import type { ResponderCounters } from './responder-counters.ts'
import type { L2Settings } from './responder-model.ts'

/** What an interface has to listen to. */
export interface Interest {
  /** Last four bytes of wished addresses, sorted, each once. */
  readonly v4: readonly number[]
  readonly v6: readonly number[]
  /** Wished IPv6 addresses, whose groups are joined. */
  readonly targets: readonly AddressKey[]
}

export interface ResponderCore {
  readonly counters: ResponderCounters
  configure(settings: L2Settings): void
  /** @param renewed indexes that were without a connection in between: addresses are announced there again */
  setLinks(links: readonly UsedLink[], ownMacs: ReadonlySet<Mac>, renewed: ReadonlySet<number>): void
  /** @param takenOver addresses that are announced without looking whether somebody has them */
  announce(wished: readonly L2Announcement[], takenOver: readonly string[]): void
  /** Announces addresses again from the start, those that are announced. */
  defend(addresses: readonly string[]): void
  /** Announces an address although another was found to have it. */
  insist(address: string): void
  /** True when a reply went out. Never throws, whatever the frame. */
  receive(index: number, family: 4 | 6, frame: Buffer): boolean
  /** Does what is due, a bounded part of it at once; returns the milliseconds until more is. */
  advance(): number
  interest(index: number): Interest
  /** Grows whenever an `interest` may be another. */
  readonly revision: number
}

export function createResponderCore(initial: L2Settings, ports: CorePorts): ResponderCore {
  const counters = createCounters()
  const announcer = createAnnouncer(initial, ports, counters)

  function receiveArp(link: UsedLink, packet: ArpPacket): boolean {
    if (packet.destination !== BROADCAST_MAC && packet.destination !== link.mac) return ignored()
    const claimed = packet.senderAddress === UNSPECIFIED_V4 ? undefined : announcer.heldOn(packet.senderAddress, link)
    if (claimed !== undefined) {
      announcer.seeOther(claimed, link, packet.senderMac, true)
      return false
    }
    const target = packet.operation === 'request' ? announcer.heldOn(packet.targetAddress, link) : undefined
    if (target === undefined) return ignored()
    if (packet.senderAddress === UNSPECIFIED_V4) announcer.seeOther(target, link, packet.senderMac, false)
    if (target.phase.kind !== 'announced' || announcer.isOwn(packet.senderMac)) return ignored()
    return answer(target, link, encodeArp(arpReply(packet, link.mac)))
  }

  function receiveNdp(link: UsedLink, packet: NdpPacket): boolean {
    const isGroup = Math.floor(packet.destination / 0x1_0000_0000) === 0x3333
    const target = announcer.heldOn(packet.target, link)
    if (target === undefined || (!isGroup && packet.destination !== link.mac)) return ignored()
    if (packet.kind === 'advertisement') {
      announcer.seeOther(target, link, packet.linkAddress ?? packet.source, true)
      return false
    }
    if (packet.sourceAddress === UNSPECIFIED_V6) return ignored()
    if (target.phase.kind !== 'announced' || announcer.isOwn(packet.linkAddress ?? packet.source)) return ignored()
    return answer(target, link, encodeNdp(ndpReply(packet, senderOf(link, target))))
  }

  function answer(address: HeldAddress, link: UsedLink, frame: Buffer): boolean {
    address.counts.requestsReceived += 1
    if (ports.send(link.index, address.family, frame)) {
      address.counts.responsesSent += 1
      return true
    }
    counters.sendFailures += 1
    return false
  }

  function ignored(): false {
    counters.framesIgnored += 1
    return false
  }

  return {
    counters,
    get revision() {
      return announcer.revision
    },
    configure: (settings) => announcer.configure(settings),
    setLinks: (links, ownMacs, renewed) => announcer.setLinks(links, ownMacs, renewed),
    announce: (wished, takenOver) => announcer.announce(wished, takenOver),
    defend: (addresses) => announcer.defend(addresses),
    insist: (address) => announcer.insist(address),
    advance: () => announcer.advance(),
    receive(index, family, frame) {
      counters.framesReceived += 1
      const link = announcer.links.get(index)
      if (link === undefined) return ignored()
      if (family === 4) {
        const packet = decodeArp(frame)
        return packet === null ? ignored() : receiveArp(link, packet)
      }
      const packet = decodeNdp(frame)
      return packet === null ? ignored() : receiveNdp(link, packet)
    },
    interest(index) {
      const link = announcer.links.get(index)
      const on = Array.from(announcer.held.values()).filter(
        (address) => link !== undefined && announcer.heldOn(address.key, link),
      )
      return {
        v4: words(on.filter(({ family }) => family === 4)),
        v6: words(on.filter(({ family }) => family === 6)),
        targets: on.filter(({ family }) => family === 6).map(({ key }) => key),
      }
    },
  }
}

function words(addresses: readonly HeldAddress[]): readonly number[] {
  return [...new Set(addresses.map(({ key }) => lastWord(key)))].sort((a, b) => a - b)
}
