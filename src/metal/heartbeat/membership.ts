/**
 * Who is alive: the rules of heartbeats without sockets and clocks. Every speaker sends to every other one; a peer counts as
 * alive while it is heard, by ourselves or through a third node. A datagram proves that it is new by an echo of what was sent
 * to its sender, so that nothing recorded earlier changes anything, whatever clocks say.
 */
import { compareText } from '../../base/finding.ts'
import type {
  HeartbeatCounters,
  HeartbeatDeparture,
  HeartbeatInterface,
  HeartbeatPeer,
  HeartbeatStats,
  HeartbeatTiming,
  HeartbeatView,
} from './heartbeat-model.ts'
import { type Speaking, toMembers } from './current-among.ts'
import { OwnStanding } from './own-standing.ts'
import { decodePacket, encodePacket, type Packet, type PacketBody } from './packet.ts'
import { PeerState } from './peer-state.ts'
import { SendLog } from './send-log.ts'

export interface MembershipOptions {
  readonly name: string
  readonly key: Buffer
  readonly timing: HeartbeatTiming
  /** Random, never zero. */
  readonly boot: bigint
  readonly send: (datagram: Buffer, address: string) => void
  readonly onDeparture: (departure: HeartbeatDeparture) => void
  /** A peer that was given up has been there all the time, and both sides had their links. */
  readonly onReunion?: (name: string) => void
  /** A peer that had given this node up, and was heard all the time, hears it again: as after a sleep that no clock here shows. */
  readonly onHeardAgain?: (name: string) => void
  /** A datagram came from this address that was not made with the key. */
  readonly onForged?: (from: string) => void
}

/** Peers that are asked about one that is silent. */
const MOST_ASKED = 3
/** To one peer in one round, besides what it gets anyway. */
const MOST_ANSWERS = 4
/**
 * How long a peer that does not hear us is believed without proof that its datagrams are new, and given way to: it may well be one
 * that receives nothing at all any more, and must not keep everything for that.
 */
const UNPROVEN_MS = 10_000

export class Membership {
  readonly #options: MembershipOptions
  readonly #standing: OwnStanding
  readonly #sends: SendLog
  readonly #peers = new Map<string, PeerState>()
  readonly #counters: HeartbeatCounters = {
    sent: 0,
    received: 0,
    malformed: 0,
    forged: 0,
    replayed: 0,
    foreign: 0,
    relayed: 0,
  }
  #interfaces: readonly HeartbeatInterface[] | null = null
  #sequence = 0
  #round = 0
  #isLeaving = false
  #hasBegun = false
  #isDeaf = false
  #staleSeconds: number | null = null
  #nextRoundMs: number
  #lastAdvanceMs: number
  /** Nobody is declared dead before: this process was not running. */
  #judgesFromMs: number

  constructor(options: MembershipOptions, nowMs: number) {
    this.#options = options
    this.#standing = new OwnStanding(options.timing, nowMs)
    this.#sends = new SendLog(options.boot)
    this.#nextRoundMs = nowMs
    this.#lastAdvanceMs = nowMs
    this.#judgesFromMs = nowMs
  }

  /** Nodes other than the own one. Those that stay keep their state. */
  setPeers(peers: readonly HeartbeatPeer[], nowMs: number): void {
    const names = new Set(peers.map(({ name }) => name))
    for (const name of this.#peers.keys()) if (!names.has(name)) this.#peers.delete(name)
    for (const peer of peers) {
      const known = this.#peers.get(peer.name)
      if (known === undefined) this.#peers.set(peer.name, new PeerState(peer))
      else known.addresses = peer.addresses
    }
    this.#checkListening(nowMs)
  }

  setInterfaces(interfaces: readonly HeartbeatInterface[] | null): void {
    this.#interfaces = interfaces
  }

  /** Whether the link over which peers are heard is there. */
  setLink(isUp: boolean, nowMs: number): void {
    this.#standing.setLink(isUp, nowMs)
    if (isUp) this.#nextRoundMs = nowMs
  }

  /** Whether there is a socket: without one nobody is heard, whoever is there. */
  setHearing(isHearing: boolean, nowMs: number): void {
    if (this.#isDeaf !== isHearing) return
    this.#isDeaf = !isHearing
    if (!isHearing) return
    this.#standing.beginAnew(nowMs)
    this.#nextRoundMs = nowMs
  }

  setStale(seconds: number | null): void {
    this.#staleSeconds = seconds
  }

  /** Says good-bye to all, now and with each call. */
  leave(nowMs: number): void {
    this.#isLeaving = true
    for (const peer of this.#peers.values()) this.#sendHeartbeat(peer, nowMs)
  }

  view(nowMs: number): HeartbeatView {
    const hasListened = !this.#isListening(nowMs)
    const speakers: Speaking[] = [...this.#peers.values()].filter(({ isLive, isListening }) => isLive && !isListening)
    if (hasListened) {
      const isSettled = this.#isSettled(nowMs)
      const [name, interfaces, staleSeconds] = [this.#options.name, this.#interfaces, this.#staleSeconds]
      speakers.push({ name, isSettled, interfaces, staleSeconds })
    }
    return { members: toMembers(speakers), hasListened }
  }

  stats(): HeartbeatStats {
    const peers = [...this.#peers.values()]
      .map(({ name, isLive, received, lost, roundTripMs }) => ({ name, isLive, received, lost, roundTripMs }))
      .sort((a, b) => compareText(a.name, b.name))
    return { counters: { ...this.#counters }, peers }
  }

  /** Sends what is due and declares dead who is. @returns milliseconds until it wants to be called again */
  advance(nowMs: number): number {
    const { intervalMs } = this.#options.timing
    this.#noteStall(nowMs)
    this.#begin(nowMs)
    if (nowMs >= this.#judgesFromMs) for (const peer of this.#peers.values()) this.#judge(peer, nowMs)
    if (nowMs >= this.#nextRoundMs) {
      this.#round++
      for (const peer of this.#peers.values()) {
        peer.answered = 0
        this.#sendHeartbeat(peer, nowMs)
      }
      this.#nextRoundMs += intervalMs
      if (this.#nextRoundMs <= nowMs) this.#nextRoundMs = nowMs + intervalMs
    }
    return Math.max(1, this.#nextDeadlineMs(nowMs) - nowMs)
  }

  /** Never throws, whatever the datagram. */
  receive(datagram: Buffer, from: string, nowMs: number): void {
    this.#noteStall(nowMs)
    const packet = this.#open(datagram, from)
    if (packet === null) return
    if (packet.to !== this.#options.name) return this.#count('foreign')
    const peer = this.#peers.get(packet.from)
    if (peer === undefined) return this.#count('foreign')
    if (peer.isReplay(packet)) return this.#count('replayed')
    const sentAtMs = this.#provenAt(packet, nowMs)
    if (sentAtMs === null && packet.boot !== peer.boot) {
      // Somebody who has just started, or a recording: only an answer to what is sent now tells.
      peer.noteUnproven(packet)
      return this.#answer(peer, nowMs)
    }
    this.#count('received')
    peer.received++
    peer.heardFrom = from
    const isOther = peer.accept(packet)
    if (sentAtMs !== null) {
      peer.lastProvenMs = Math.max(peer.lastProvenMs, sentAtMs)
      peer.roundTripMs = nowMs - sentAtMs
    }
    if (packet.kind === 'ask') return this.#passOn(packet.about, peer, nowMs)
    if (packet.kind === 'relay') return this.#receiveRelayed(packet.datagram, packet.ageMs, nowMs)
    peer.lastDatagram = { datagram, atMs: nowMs }
    this.#hear(peer, packet, isOther, nowMs)
  }

  /** Who did not run did not hear either: what came meanwhile is read first, and proves as little as nobody asked for it. */
  #noteStall(nowMs: number): void {
    const { intervalMs } = this.#options.timing
    const stallMs = nowMs - this.#lastAdvanceMs
    this.#lastAdvanceMs = nowMs
    if (stallMs <= 2 * intervalMs) return
    this.#judgesFromMs = nowMs + intervalMs / 2
    for (const peer of this.#peers.values()) peer.lastProvenMs += stallMs
  }

  #open(datagram: Buffer, from: string | null): Packet | null {
    const packet = decodePacket(datagram, this.#options.key)
    if (typeof packet !== 'string') return packet
    this.#count(packet)
    if (packet === 'forged' && from !== null) this.#options.onForged?.(from)
    return null
  }

  /** When we sent what the packet answers, if that is lately; `null` = it proves nothing. */
  #provenAt(packet: Packet, nowMs: number): number | null {
    const { deadMs, intervalMs } = this.#options.timing
    const sentAtMs = this.#sends.sentAt(packet.echo) ?? this.#sends.sentAt(packet.unprovenEcho)
    return sentAtMs !== null && nowMs - sentAtMs <= deadMs + 2 * intervalMs ? sentAtMs : null
  }

  #hear(peer: PeerState, packet: Packet & { readonly kind: 'heartbeat' }, isOther: boolean, nowMs: number): void {
    const before = { isLive: peer.isLive && !isOther, hearsUs: peer.hearsUs, lastHeardMs: peer.lastHeardMs }
    this.#take(peer, packet, nowMs, nowMs)
    peer.hearsUs = packet.hearsReceiver
    if (packet.isLeaving) return
    if (before.isLive && before.hearsUs && !packet.hearsReceiver) peer.hasLostUs = true
    else if (packet.hearsReceiver && peer.hasLostUs) {
      peer.hasLostUs = false
      this.#options.onHeardAgain?.(peer.name)
    }
    if (peer.isMissed && peer.isLive) {
      peer.isMissed = false
      if (!packet.hasNewLink && !this.#standing.hasNewLink(nowMs)) this.#options.onReunion?.(peer.name)
    }
    const isReunion = !before.isLive || (before.hearsUs && !packet.hearsReceiver)
    if (isReunion && packet.isSettled) this.#meetAgain(packet, before.lastHeardMs, nowMs)
    if (!before.isLive) {
      this.#checkListening(nowMs)
      this.#answer(peer, nowMs)
    }
  }

  #receiveRelayed(datagram: Buffer, ageMs: number, nowMs: number): void {
    const inner = this.#open(datagram, null)
    if (inner === null) return
    const peer = this.#peers.get(inner.from)
    if (peer === undefined || inner.kind !== 'heartbeat') return this.#count('foreign')
    if (inner.boot !== peer.boot || peer.isReplay(inner)) return this.#count('replayed')
    this.#count('relayed')
    peer.accept(inner)
    const heardMs = Math.max(peer.lastHeardMs, nowMs - ageMs)
    peer.lastProvenMs = Math.max(peer.lastProvenMs, heardMs)
    if (peer.isLive) this.#take(peer, inner, heardMs, nowMs)
  }

  #take(peer: PeerState, packet: Packet & { readonly kind: 'heartbeat' }, heardMs: number, nowMs: number): void {
    if (peer.hasLeft) return
    const silenceMs = nowMs - peer.lastHeardMs
    peer.lastHeardMs = heardMs
    peer.isSettled = packet.isSettled
    peer.isListening = packet.isListening
    peer.staleSeconds = packet.staleSeconds
    peer.interfaces = packet.interfaces
    if (!packet.isLeaving) {
      peer.isLive = nowMs - peer.lastProvenMs <= UNPROVEN_MS
      return
    }
    peer.hasLeft = true
    if (peer.isLive) this.#depart(peer, 'left', silenceMs, nowMs)
  }

  /**
   * Both sides may have announced the same addresses. Those who lost their link, or whose part of the network was the smaller
   * one, leave addresses to the others until they have been back for a while; when parts are alike the order of election decides.
   */
  #meetAgain(packet: Packet, lastHeardMs: number, nowMs: number): void {
    const own = this.#liveOthers(packet.from)
    const { intervalMs } = this.#options.timing
    const isReturning = this.#standing.lostLinkSince(lastHeardMs - intervalMs) && lastHeardMs !== -Infinity
    if (isReturning || own < packet.liveOthers) this.#standing.unsettle(nowMs)
  }

  #judge(peer: PeerState, nowMs: number): void {
    if (!peer.isLive) return
    const { intervalMs, deadMs } = this.#options.timing
    const silenceMs = nowMs - peer.lastHeardMs
    if (silenceMs >= deadMs) return this.#depart(peer, 'silent', silenceMs, nowMs)
    if (silenceMs >= 2.25 * intervalMs && nowMs - peer.askedAtMs >= intervalMs / 2) this.#ask(peer, nowMs)
  }

  #depart(peer: PeerState, how: HeartbeatDeparture['how'], silenceMs: number, nowMs: number): void {
    peer.isLive = false
    peer.isMissed = how === 'silent'
    peer.hearsUs = false
    peer.hasLostUs = false
    if ([...this.#peers.values()].every(({ isLive }) => !isLive)) this.#standing.becomeIsolated()
    this.#options.onDeparture({ name: peer.name, how, silenceMs })
    this.#checkListening(nowMs)
  }

  /** Where nobody has been there for long there is nobody to take anything back from: a cluster that starts waits for nothing more. */
  #begin(nowMs: number): void {
    if (this.#hasBegun || this.#isListening(nowMs)) return
    this.#hasBegun = true
    if ([...this.#peers.values()].every(({ isLive, isSettled }) => !isLive || !isSettled)) this.#standing.settle()
  }

  #checkListening(nowMs: number): void {
    const expected = [...this.#peers.values()].filter(({ hasLeft }) => !hasLeft)
    if (expected.every(({ isLive }) => isLive)) this.#standing.stopListening(nowMs)
  }

  #isListening(nowMs: number): boolean {
    return this.#standing.isListening(nowMs) || (this.#isDeaf && this.#peers.size > 0)
  }

  /** A peer that hears nothing of us announces everything: then we are as one that came back a moment ago. */
  #isSettled(nowMs: number): boolean {
    const { deadMs, intervalMs } = this.#options.timing
    const isUnheard = [...this.#peers.values()].some(
      ({ isLive, isListening, hearsUs, lastProvenMs }) =>
        isLive && !isListening && !hearsUs && nowMs - lastProvenMs > deadMs + 2 * intervalMs,
    )
    return this.#standing.isSettled(nowMs) && !isUnheard
  }

  /** The own node and all that are alive, but for one. */
  #liveOthers(name: string): number {
    return 1 + [...this.#peers.values()].filter((peer) => peer.isLive && peer.name !== name).length
  }

  #ask(silent: PeerState, nowMs: number): void {
    silent.askedAtMs = nowMs
    const others = [...this.#peers.values()].filter((peer) => peer.isLive && peer !== silent && peer.hearsUs)
    for (const peer of others.slice(0, MOST_ASKED)) this.#send(peer, { kind: 'ask', about: silent.name }, nowMs)
  }

  #passOn(about: string, to: PeerState, nowMs: number): void {
    const last = this.#peers.get(about)?.lastDatagram ?? null
    if (last === null || nowMs - last.atMs > this.#options.timing.deadMs) return
    this.#send(to, { kind: 'relay', ageMs: nowMs - last.atMs, datagram: last.datagram }, nowMs)
  }

  /** Lets a newcomer know without waiting for the next round. */
  #answer(peer: PeerState, nowMs: number): void {
    if (peer.answered >= MOST_ANSWERS) return
    peer.answered++
    this.#sendHeartbeat(peer, nowMs)
  }

  #sendHeartbeat(peer: PeerState, nowMs: number): void {
    this.#send(peer, { kind: 'heartbeat', interfaces: this.#interfaces }, nowMs)
  }

  #send(peer: PeerState, body: PacketBody, nowMs: number): void {
    const { name, boot, key } = this.#options
    const sequence = ++this.#sequence
    const packet: Packet = {
      ...body,
      from: name,
      to: peer.name,
      boot,
      sequence,
      round: this.#round,
      echo: peer.echo,
      unprovenEcho: peer.unprovenEcho,
      isSettled: this.#isSettled(nowMs),
      isListening: this.#isListening(nowMs),
      isLeaving: this.#isLeaving,
      hasNewLink: this.#standing.hasNewLink(nowMs),
      hearsReceiver: peer.isLive,
      liveOthers: this.#liveOthers(peer.name),
      staleSeconds: this.#staleSeconds,
    }
    this.#sends.note(sequence, nowMs)
    const datagram = encodePacket(packet, key)
    // One way is enough while it works; all are tried otherwise.
    const isKnown = peer.isLive && nowMs - peer.lastHeardMs < 1.5 * this.#options.timing.intervalMs
    const addresses = isKnown && peer.addresses.includes(peer.heardFrom) ? [peer.heardFrom] : peer.addresses
    for (const address of addresses) {
      this.#counters.sent++
      this.#options.send(datagram, address)
    }
  }

  #nextDeadlineMs(nowMs: number): number {
    const { intervalMs, deadMs } = this.#options.timing
    let next = Math.min(this.#nextRoundMs, this.#standing.nextChangeMs(nowMs))
    for (const peer of this.#peers.values()) {
      if (!peer.isLive) continue
      const asksAtMs = Math.max(peer.lastHeardMs + 2.25 * intervalMs, peer.askedAtMs + intervalMs / 2)
      next = Math.min(
        next,
        Math.max(asksAtMs, this.#judgesFromMs),
        Math.max(peer.lastHeardMs + deadMs, this.#judgesFromMs),
      )
    }
    return next
  }

  #count(what: Exclude<keyof HeartbeatCounters, 'sent'>): void {
    this.#counters[what]++
  }
}
