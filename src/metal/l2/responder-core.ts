/**
 * The rules of the responder without its sockets: which frames are answered, what is announced when, who else is seen.
 * Time, sending and group membership come in through ports, so that tests can drive it.
 */
import type { L2Announcement } from '../announcement.ts'
import type { AddressKey } from './address-key.ts'
import { UNSPECIFIED_V4, UNSPECIFIED_V6, lastWord, toAddressKey } from './address-key.ts'
import { arpProbe, arpReply, decodeArp, encodeArp, gratuitousArp } from './arp.ts'
import type { ArpPacket } from './arp.ts'
import { createDeadlineQueue } from './deadline-queue.ts'
import type { Mac } from './ethernet.ts'
import { BROADCAST_MAC } from './ethernet.ts'
import { createForeignWatch } from './foreign-watch.ts'
import type { GratuitousRound, HeldAddress, UsedLink } from './held-address.ts'
import { GRATUITOUS_AT_MS, gratuitousPause } from './held-address.ts'
import { decodeNdp, encodeNdp, ndpReply, ndpSolicitation, unsolicitedAdvertisement } from './ndp.ts'
import type { NdpPacket } from './ndp.ts'
import { createCounters } from './responder-counters.ts'
import type { ResponderCounters } from './responder-counters.ts'
import type { L2Event, L2Settings } from './responder-model.ts'

/** Announcements sent in one go before frames are looked at again. */
const BATCH = 64
/** After a send that the kernel did not take. */
const RESEND_MS = 10

export interface CorePorts {
  /** Monotonic. */
  readonly nowMs: () => number
  /** False when the kernel does not take it. */
  readonly send: (index: number, family: 4 | 6, frame: Buffer) => boolean
  readonly emit: (event: L2Event) => void
}

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
  /** Announces an address again from the start, if it is announced. */
  defend(address: string): void
  /** True when a reply went out. Never throws, whatever the frame. */
  receive(index: number, family: 4 | 6, frame: Buffer): boolean
  /** Does what is due, a bounded part of it at once; returns the milliseconds until more is. */
  advance(): number
  interest(index: number): Interest
  /** Grows whenever an `interest` may be another. */
  readonly revision: number
}

/** An announcement on one interface, or the next probe of an address; passed over when neither is wished any more. */
type Due =
  | { readonly kind: 'gratuitous'; readonly held: HeldAddress; readonly round: GratuitousRound }
  | { readonly kind: 'probe'; readonly held: HeldAddress; readonly generation: number }

export function createResponderCore(initial: L2Settings, ports: CorePorts): ResponderCore {
  const counters = createCounters()
  const held = new Map<AddressKey, HeldAddress>()
  const links = new Map<number, UsedLink>()
  const due = createDeadlineQueue<Due>()
  const foreign = createForeignWatch(ports)
  let settings = initial
  let ownMacs: ReadonlySet<Mac> = new Set()
  let revision = 0

  function linksOf(address: HeldAddress): readonly UsedLink[] {
    return Array.from(links.values()).filter(
      (link) =>
        (address.wished.length === 0 || address.wished.includes(link.name)) && (address.family === 4 || link.hasIPv6),
    )
  }

  function scheduleProbe(held: HeldAddress, inMs: number): void {
    due.add(ports.nowMs() + inMs, { kind: 'probe', held, generation: held.generation })
  }

  function scheduleRound(held: HeldAddress, round: GratuitousRound, inMs: number): void {
    if (inMs !== Infinity) due.add(ports.nowMs() + inMs, { kind: 'gratuitous', held, round })
  }

  /** From a new wish, or from the first interface that comes up for it. */
  function begin(address: HeldAddress): void {
    address.generation += 1
    address.rounds.clear()
    if (linksOf(address).length === 0) {
      address.phase = { kind: 'waiting' }
      return tell(address)
    }
    if (settings.probe === null || address.isTakenOver) return hold(address)
    address.phase = { kind: 'probing', sent: 0 }
    scheduleProbe(address, 0)
  }

  function hold(address: HeldAddress): void {
    address.generation += 1
    address.phase = { kind: 'announced' }
    address.rounds.clear()
    for (const link of linksOf(address)) startRound(address, link)
    tell(address)
  }

  function startRound(address: HeldAddress, link: UsedLink): void {
    const round = { link, sent: 0 }
    address.rounds.set(link.index, round)
    scheduleRound(address, round, 0)
  }

  function tell(address: HeldAddress): void {
    const names = linksOf(address).map((link) => link.name)
    const told = names.sort().join(' ')
    if (told === address.toldInterfaces) return
    address.toldInterfaces = told
    if (names.length > 0) ports.emit({ kind: 'announced', address: address.text, interfaces: names })
    else ports.emit({ kind: 'no-interface', address: address.text, wished: address.wished })
  }

  function advanceProbe(address: HeldAddress): void {
    const { probe } = settings
    if (address.phase.kind === 'conflict' || address.phase.kind === 'waiting') return begin(address)
    if (address.phase.kind !== 'probing') return
    const { sent } = address.phase
    if (probe === null || sent >= probe.count) return hold(address)
    for (const link of linksOf(address)) {
      if (address.family === 4) ports.send(link.index, 4, encodeArp(arpProbe(link.mac, address.key)))
      else if (link.linkLocal !== null) {
        const sender = { mac: link.mac, address: link.linkLocal }
        ports.send(link.index, 6, encodeNdp(ndpSolicitation(sender, address.key)))
      }
    }
    address.phase = { kind: 'probing', sent: sent + 1 }
    scheduleProbe(address, sent + 1 === probe.count ? probe.waitMs : probe.intervalMs)
  }

  function sendGratuitous(address: HeldAddress, round: GratuitousRound): void {
    const { index } = round.link
    // The latest facts: the link-local address may have come after the round began.
    const link = links.get(index) ?? round.link
    const wasSent =
      address.family === 4
        ? ports.send(index, 4, encodeArp(gratuitousArp('request', link.mac, address.key))) &&
          ports.send(index, 4, encodeArp(gratuitousArp('reply', link.mac, address.key)))
        : ports.send(index, 6, encodeNdp(unsolicitedAdvertisement(senderOf(link, address), address.key)))
    if (!wasSent) {
      counters.sendFailures += 1
      return scheduleRound(address, round, RESEND_MS)
    }
    address.counts.gratuitousSent += address.family === 4 ? 2 : 1
    round.sent += 1
    scheduleRound(address, round, gratuitousPause(round.sent, settings.periodicMs))
  }

  /** For rounds whose first seconds are over: a new round object makes what was planned before void. */
  function replanPeriodic(address: HeldAddress): void {
    for (const [index, { link, sent }] of address.rounds) {
      if (sent < GRATUITOUS_AT_MS.length) continue
      const round = { link, sent }
      address.rounds.set(index, round)
      scheduleRound(address, round, gratuitousPause(sent, settings.periodicMs))
    }
  }

  function conflict(address: HeldAddress, link: UsedLink, mac: Mac): void {
    address.generation += 1
    address.phase = { kind: 'conflict', mac }
    foreign.tellConflict(address, link, mac)
    scheduleProbe(address, settings.probe?.retryMs ?? 0)
  }

  /** Somebody says, or looks whether, the address is theirs. */
  function seeOther(address: HeldAddress, link: UsedLink, mac: Mac, isClaim: boolean): void {
    if (ownMacs.has(mac)) return
    if (address.phase.kind === 'probing') {
      // Two that look at the same time: the one with the lower MAC goes on.
      if (isClaim || mac < link.mac) conflict(address, link, mac)
    } else if (address.phase.kind === 'announced' && isClaim) foreign.see(address, link, mac)
  }

  function receiveArp(link: UsedLink, packet: ArpPacket): boolean {
    if (packet.destination !== BROADCAST_MAC && packet.destination !== link.mac) return ignored()
    const claimed = packet.senderAddress === UNSPECIFIED_V4 ? undefined : heldOn(packet.senderAddress, link)
    if (claimed !== undefined) {
      seeOther(claimed, link, packet.senderMac, true)
      return false
    }
    const target = packet.operation === 'request' ? heldOn(packet.targetAddress, link) : undefined
    if (target === undefined) return ignored()
    if (packet.senderAddress === UNSPECIFIED_V4) seeOther(target, link, packet.senderMac, false)
    if (target.phase.kind !== 'announced' || ownMacs.has(packet.senderMac)) return ignored()
    return answer(target, link, encodeArp(arpReply(packet, link.mac)))
  }

  function receiveNdp(link: UsedLink, packet: NdpPacket): boolean {
    const isGroup = Math.floor(packet.destination / 0x1_0000_0000) === 0x3333
    const target = heldOn(packet.target, link)
    if (target === undefined || (!isGroup && packet.destination !== link.mac)) return ignored()
    if (packet.kind === 'advertisement') {
      seeOther(target, link, packet.linkAddress ?? packet.source, true)
      return false
    }
    if (packet.sourceAddress === UNSPECIFIED_V6) return ignored()
    if (target.phase.kind !== 'announced' || ownMacs.has(packet.linkAddress ?? packet.source)) return ignored()
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

  function heldOn(key: AddressKey, link: UsedLink): HeldAddress | undefined {
    const address = held.get(key)
    if (address === undefined) return undefined
    return address.wished.length === 0 || address.wished.includes(link.name) ? address : undefined
  }

  function ignored(): false {
    counters.framesIgnored += 1
    return false
  }

  function drop(address: HeldAddress): void {
    address.generation += 1
    held.delete(address.key)
    counters.forget(address.key)
  }

  return {
    counters,
    get revision() {
      return revision
    },
    configure(next) {
      const hasNewPeriod = next.periodicMs !== settings.periodicMs
      settings = next
      revision += 1
      if (hasNewPeriod) for (const address of held.values()) replanPeriodic(address)
    },
    setLinks(next, macs, renewed) {
      ownMacs = macs
      revision += 1
      const fresh = new Set<number>()
      for (const link of next) {
        const before = links.get(link.index)
        if (before?.mac !== link.mac || before.name !== link.name || renewed.has(link.index)) fresh.add(link.index)
      }
      links.clear()
      for (const link of next) links.set(link.index, link)
      for (const address of held.values()) {
        const wished = linksOf(address)
        if (address.phase.kind === 'waiting') {
          if (wished.length > 0) begin(address)
          continue
        }
        if (address.phase.kind !== 'announced') continue
        const indexes = new Set(wished.map((link) => link.index))
        for (const index of address.rounds.keys()) if (!indexes.has(index)) address.rounds.delete(index)
        for (const link of wished)
          if (fresh.has(link.index) || !address.rounds.has(link.index)) startRound(address, link)
        tell(address)
      }
    },
    announce(wished, takenOver) {
      revision += 1
      const skipping = new Set(takenOver.map((address) => toAddressKey(address)))
      const keys = new Set<AddressKey>()
      for (const announcement of wished) {
        const key = toAddressKey(announcement.address)
        if (key === null) {
          const message = `Cannot announce "${announcement.address}": it is no IP address`
          ports.emit({ kind: 'trouble', interface: '', message })
          continue
        }
        keys.add(key)
        const names = [...new Set(announcement.interfaces)].sort()
        const known = held.get(key)
        if (known === undefined) {
          const address: HeldAddress = {
            key,
            text: announcement.address,
            family: key.length === 4 ? 4 : 6,
            wished: names,
            isTakenOver: skipping.has(key),
            phase: { kind: 'waiting' },
            rounds: new Map(),
            generation: 0,
            toldInterfaces: 'nothing yet',
            foreign: null,
            counts: counters.of(key),
          }
          held.set(key, address)
          begin(address)
        } else if (known.wished.join(' ') !== names.join(' ')) {
          known.wished = names
          known.isTakenOver ||= skipping.has(key)
          if (known.phase.kind !== 'announced') begin(known)
          else {
            const indexes = new Map(linksOf(known).map((link) => [link.index, link]))
            for (const index of known.rounds.keys()) if (!indexes.has(index)) known.rounds.delete(index)
            for (const [index, link] of indexes) if (!known.rounds.has(index)) startRound(known, link)
            tell(known)
          }
        }
      }
      for (const address of held.values()) if (!keys.has(address.key)) drop(address)
    },
    defend(text) {
      const key = toAddressKey(text)
      const address = key === null ? undefined : held.get(key)
      if (address?.phase.kind === 'announced') hold(address)
    },
    receive(index, family, frame) {
      counters.framesReceived += 1
      const link = links.get(index)
      if (link === undefined) return ignored()
      if (family === 4) {
        const packet = decodeArp(frame)
        return packet === null ? ignored() : receiveArp(link, packet)
      }
      const packet = decodeNdp(frame)
      return packet === null ? ignored() : receiveNdp(link, packet)
    },
    advance() {
      const now = ports.nowMs()
      for (let count = 0; count < BATCH; count += 1) {
        const next = due.takeDue(now)
        if (next === undefined) break
        const address = next.held
        if (held.get(address.key) !== address) continue
        if (next.kind === 'probe') {
          if (next.generation === address.generation) advanceProbe(address)
        } else if (address.rounds.get(next.round.link.index) === next.round) sendGratuitous(address, next.round)
      }
      return Math.max(0, due.nextMs() - now)
    },
    interest(index) {
      const link = links.get(index)
      const on = Array.from(held.values()).filter((address) => link !== undefined && heldOn(address.key, link))
      return {
        v4: words(on.filter(({ family }) => family === 4)),
        v6: words(on.filter(({ family }) => family === 6)),
        targets: on.filter(({ family }) => family === 6).map(({ key }) => key),
      }
    },
  }
}

/** The announced address speaks for itself, as with an owner's kernel: some hosts refuse answers from another (ndisc6 does). */
function senderOf(link: UsedLink, address: HeldAddress): { readonly mac: Mac; readonly address: AddressKey } {
  return { mac: link.mac, address: address.key }
}

function words(addresses: readonly HeldAddress[]): readonly number[] {
  return [...new Set(addresses.map(({ key }) => lastWord(key)))].sort((a, b) => a - b)
}
