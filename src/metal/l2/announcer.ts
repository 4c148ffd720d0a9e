/**
 * Which addresses are held on which interfaces, and what is sent about them unasked: probes before the first use, gratuitous
 * announcements afterwards.
 */
import type { L2Announcement } from '../announcement.ts'
import type { AddressKey } from './address-key.ts'
import { toAddressKey } from './address-key.ts'
import { arpProbe, encodeArp, gratuitousArp } from './arp.ts'
import { createDeadlineQueue } from './deadline-queue.ts'
import type { Mac } from './ethernet.ts'
import type { GratuitousRound, HeldAddress, UsedLink } from './held-address.ts'
import { GRATUITOUS_AT_MS, gratuitousPause, senderOf } from './held-address.ts'
import { createForeignWatch } from './foreign-watch.ts'
import { encodeNdp, ndpSolicitation, unsolicitedAdvertisement } from './ndp.ts'
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

export interface Announcer {
  readonly links: ReadonlyMap<number, UsedLink>
  readonly held: ReadonlyMap<AddressKey, HeldAddress>
  /** Grows whenever interfaces have to listen to something else. */
  readonly revision: number
  /** The address if it is wished on that interface, in whatever phase. */
  heldOn(key: AddressKey, link: UsedLink): HeldAddress | undefined
  /** Whether a MAC is one of this machine. */
  isOwn(mac: Mac): boolean
  /** Somebody says (`isClaim`), or looks whether, the address is theirs. */
  seeOther(address: HeldAddress, link: UsedLink, mac: Mac, isClaim: boolean): void
  configure(settings: L2Settings): void
  setLinks(links: readonly UsedLink[], ownMacs: ReadonlySet<Mac>, renewed: ReadonlySet<number>): void
  announce(wished: readonly L2Announcement[], takenOver: readonly string[]): void
  defend(addresses: readonly string[]): void
  insist(address: string): void
  advance(): number
}

/** An announcement on one interface, or the next probe of an address; passed over when neither is wished any more. */
type Due =
  | { readonly kind: 'gratuitous'; readonly held: HeldAddress; readonly round: GratuitousRound }
  | { readonly kind: 'probe'; readonly held: HeldAddress; readonly generation: number }

export function createAnnouncer(initial: L2Settings, ports: CorePorts, counters: ResponderCounters): Announcer {
  const held = new Map<AddressKey, HeldAddress>()
  const links = new Map<number, UsedLink>()
  const due = createDeadlineQueue<Due>()
  const foreign = createForeignWatch(ports)
  let settings = initial
  let ownMacs: ReadonlySet<Mac> = new Set()
  let revision = 0

  function find(text: string): HeldAddress | undefined {
    const key = toAddressKey(text)
    return key === null ? undefined : held.get(key)
  }

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

  function drop(address: HeldAddress): void {
    address.generation += 1
    held.delete(address.key)
    counters.forget(address.key)
  }

  return {
    links,
    held,
    get revision() {
      return revision
    },
    heldOn(key, link) {
      const address = held.get(key)
      if (address === undefined) return undefined
      return address.wished.length === 0 || address.wished.includes(link.name) ? address : undefined
    },
    isOwn: (mac) => ownMacs.has(mac),
    seeOther(address, link, mac, isClaim) {
      if (ownMacs.has(mac)) return
      if (address.phase.kind === 'probing') {
        // Two that look at the same time: the one with the lower MAC goes on.
        if (isClaim || mac < link.mac) conflict(address, link, mac)
      } else if (address.phase.kind === 'announced' && isClaim) foreign.see(address, link, mac)
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
        } else if (known.wished.join(' ') !== names.join(' ') || (skipping.has(key) && !known.isTakenOver)) {
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
    defend(texts) {
      for (const text of texts) {
        const address = find(text)
        if (address?.phase.kind === 'announced') hold(address)
      }
    },
    insist(text) {
      const address = find(text)
      if (address === undefined || address.phase.kind === 'announced') return
      address.isTakenOver = true
      begin(address)
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
  }
}
