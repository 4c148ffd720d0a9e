/**
 * The node agent: decides with every change of objects or of who is alive what this node announces, and has the threads that
 * speak ARP, NDP, BGP and BFD do so.
 */
import { isDeepStrictEqual } from 'node:util'
import { normalizeAddress } from '../../base/ip-address.ts'
import { Secret } from '../../base/secret.ts'
import type { BgpRoute, L2Announcement } from '../../metal/announcement.ts'
import { type BgpSpeaker, createBgpSpeaker } from '../../metal/bgp/speaker.ts'
import { peersOf } from '../../metal/election/bgp-routes.ts'
import { decideAnnouncements } from '../../metal/election/decide-announcements.ts'
import type { ServiceReasons } from '../../metal/election/election-model.ts'
import type { HeartbeatDeparture, HeartbeatStats, HeartbeatView } from '../../metal/heartbeat/heartbeat-model.ts'
import { createHeartbeats, type Heartbeats } from '../../metal/heartbeat/heartbeats.ts'
import { createL2Responder, type L2Responder } from '../../metal/l2/responder.ts'
import type { L2Event, L2Interface, L2Stats } from '../../metal/l2/responder-model.ts'
import type { MetalConfig } from '../../metal/model.ts'
import { ForeignClaims } from './foreign-claims.ts'
import type { SpeakerInputs } from './speaker-inputs.ts'
import type { SpeakerEvents, SpeakerOptions } from './speaker-options.ts'
import { NO_REPORTS, type SpeakerReports } from './speaker-reports.ts'

/** How long a leaving speaker answers after its good-bye: others announce within a few milliseconds, and again after 50 and 200. */
const HAND_OVER_MS = 300
/** A speaker that said good-bye may answer so long without being a stranger. */
const GOODBYE_MS = 10_000

export interface SpeakerFacts {
  readonly announced: ReadonlyMap<string, readonly string[]>
  readonly l2: readonly L2Announcement[]
  readonly bgp: readonly BgpRoute[]
  readonly reasons: ReadonlyMap<string, ServiceReasons>
  readonly announcers: ReadonlyMap<string, string>
  readonly view: HeartbeatView
  readonly hasConfig: boolean
}

export class Speaker {
  readonly #options: SpeakerOptions
  readonly #events: SpeakerEvents
  readonly #reports: SpeakerReports
  readonly #l2: L2Responder
  readonly #bgp: BgpSpeaker
  readonly #claims: ForeignClaims
  #heartbeats: Heartbeats | null = null
  #inputs: SpeakerInputs | null = null
  #view: HeartbeatView = { members: [], hasListened: false }
  #wished: readonly L2Announcement[] = []
  #routes: readonly BgpRoute[] = []
  #hasRoutes = false
  #reasons: ReadonlyMap<string, ServiceReasons> = new Map()
  #announcers: ReadonlyMap<string, string> = new Map()
  /** Interfaces on which each address is announced now. */
  readonly #announced = new Map<string, readonly string[]>()
  /** Departures whose addresses were not taken over yet, by node. */
  readonly #departures = new Map<string, HeartbeatDeparture>()
  /** Addresses that were of a speaker that went, until they are announced here. */
  readonly #takingOver = new Map<string, { readonly silenceMs: number; readonly atMs: number }>()
  /** Addresses that another had when they were looked for, and its MAC. */
  readonly #conflicts = new Map<string, string>()
  /** Nodes that went without a word. */
  readonly #silent = new Set<string>()
  /** MACs of speakers that said good-bye, and until when that counts. */
  readonly #goodbyes = new Map<string, number>()
  #ownLink = ''
  #ownAddresses = ''
  #peers = ''
  #isLeaving = false
  /** The L2 responder does not work. */
  isL2Broken = false

  constructor(options: SpeakerOptions, events: SpeakerEvents, reports: SpeakerReports = NO_REPORTS) {
    this.#options = options
    this.#events = events
    this.#reports = reports
    this.#l2 = createL2Responder({
      periodicMs: options.gratuitousMs,
      isPromiscuous: options.isPromiscuous,
      onEvent: (event) => this.#onL2(event),
    })
    this.#bgp = createBgpSpeaker({
      nodeName: options.nodeName,
      passwordOf: ({ name }) => this.#inputs?.passwords.get(name) ?? null,
      onProblem: (message) => events.problem(message),
      onTransition: ({ peer, to, from, reason }) => {
        if (to === 'established') events.problem(`BGP session with ${peer} is established`)
        else if (from === 'established') events.problem(`BGP session with ${peer} ended: ${reason}`)
      },
    })
    this.#claims = new ForeignClaims({
      setTimer: (run, delayMs) => setTimeout(run, delayMs),
      isKnown: (mac) => this.#isSpeaker(mac),
      isOwn: (address) => this.#wished.some((each) => each.address === address),
      defend: (address) => this.#l2.defend(address),
      onYield: (address, mac) => {
        const message = `${address} is announced by ${mac} too, which is no speaker that is heard and has the lower MAC: this node leaves it to that one`
        this.#events.problem(message)
        this.#reports.warn(this.#servicesOf(address), 'addressConflict', message)
        this.#decide()
      },
      onReturn: () => this.#decide(),
    })
  }

  get facts(): SpeakerFacts {
    return {
      announced: this.#announced,
      l2: this.#wished,
      bgp: this.#routes,
      reasons: this.#reasons,
      announcers: this.#announcers,
      view: this.#view,
      hasConfig: this.#inputs !== null,
    }
  }

  bgpStatus(): ReturnType<BgpSpeaker['status']> {
    return this.#bgp.status()
  }

  l2Stats(): Promise<L2Stats | null> {
    return this.#l2.stats().catch(() => null)
  }

  heartbeatStats(): Promise<HeartbeatStats | null> {
    return this.#heartbeats?.stats().catch(() => null) ?? Promise.resolve(null)
  }

  /** Objects have changed. */
  update(inputs: SpeakerInputs): void {
    const before = this.#inputs
    this.#inputs = inputs
    const { nodeName } = this.#options
    const own = inputs.nodes.find(({ name }) => name === nodeName)
    if (own === undefined && (before === null || before.nodes.some(({ name }) => name === nodeName))) {
      const names = inputs.nodes.map(({ name }) => name).join(', ') || 'none'
      this.#events.problem(`Cannot announce anything: there is no Node ${nodeName}; Nodes that are there: ${names}`)
    }
    this.#beat(inputs, own?.addresses ?? [])
    if (!isDeepStrictEqual(before?.config.excludedInterfaces, inputs.config.excludedInterfaces)) {
      this.#l2.configure({ excludedInterfaces: inputs.config.excludedInterfaces })
    }
    this.#setBgpPeers(inputs.config)
    this.#decide()
  }

  /** Hands over what others can have, then ends. */
  async close(): Promise<void> {
    this.#isLeaving = true
    this.#claims.close()
    const others = this.#view.members.some(({ name }) => name !== this.#options.nodeName)
    // Routers that keep routes over a restart are not told to drop them; all others are told the end.
    const bgpEnd = this.#bgp.close('restart')
    await this.#heartbeats?.leave()
    if (others && this.#wished.length > 0) await new Promise((resolve) => setTimeout(resolve, HAND_OVER_MS))
    await Promise.all([this.#l2.close(), this.#heartbeats?.close(), bgpEnd])
  }

  #beat(inputs: SpeakerInputs, own: readonly string[]): void {
    const { nodeName, heartbeatPort, heartbeatKey, timing } = this.#options
    const addresses = own.length === 0 ? ['0.0.0.0', '::'] : own.map(normalizeAddress)
    this.#heartbeats ??= createHeartbeats({
      name: nodeName,
      addresses,
      port: heartbeatPort,
      key: heartbeatKey ?? new Secret(Buffer.alloc(0)),
      timing,
      onView: (view) => this.#onView(view),
      onDeparture: (departure) => this.#onDeparture(departure),
      onProblem: (message) => this.#events.problem(message),
      onFailed: (message) => {
        this.#events.problem(message)
        // Others take over from a node that is silent; it must not go on as if nothing had happened.
        this.#onView({ members: [], hasListened: false })
      },
    })
    if (addresses.join() !== this.#ownAddresses) {
      if (this.#ownAddresses !== '') this.#heartbeats.setAddresses(addresses)
      this.#ownAddresses = addresses.join()
      this.#ownLink = ''
      this.#tellInterfaces(this.#l2.interfaces())
    }
    const peers = inputs.nodes
      .filter(({ name, addresses: theirs }) => name !== nodeName && theirs.length > 0)
      .map(({ name, addresses: theirs }) => ({ name, addresses: theirs.map(normalizeAddress) }))
    const text = JSON.stringify(peers)
    if (text === this.#peers) return
    this.#peers = text
    this.#heartbeats.setPeers(peers)
  }

  #setBgpPeers(config: MetalConfig): void {
    const own = this.#inputs?.nodes.find(({ name }) => name === this.#options.nodeName)
    this.#bgp.setPeers(own === undefined ? [] : peersOf(own, config.peers), config.bfdProfiles)
  }

  #onView(view: HeartbeatView): void {
    if (this.#isLeaving) return
    const before = new Set(this.#view.members.map(({ name }) => name))
    const announced = [...this.#announced.keys()]
    this.#view = view
    for (const { name, isSettled } of view.members) {
      // One that started anew would not be settled: this one was there all the time, and announced for itself.
      if (this.#silent.delete(name) && isSettled) this.#tellSplit(name, announced)
    }
    this.#decide()
    // Who was not heard may have announced the same addresses meanwhile: neighbours hear anew who has them.
    if (view.members.some(({ name }) => name !== this.#options.nodeName && !before.has(name))) {
      for (const address of this.#announced.keys()) this.#l2.defend(address)
    }
  }

  #tellSplit(name: string, addresses: readonly string[]): void {
    const message = `Node ${name} is heard again, which was there all the time: both sides announced addresses; election settles which one goes on`
    this.#events.problem(message)
    this.#reports.warn([...new Set(addresses.flatMap((address) => this.#servicesOf(address)))], 'splitBrain', message)
  }

  #onDeparture(departure: HeartbeatDeparture): void {
    const { name, how, silenceMs } = departure
    if (how === 'silent') this.#silent.add(name)
    else this.#silent.delete(name)
    this.#departures.set(name, departure)
    if (how === 'left') {
      const member = this.#view.members.find((each) => each.name === name)
      for (const { mac } of member?.interfaces ?? []) this.#goodbyes.set(mac, performance.now() + GOODBYE_MS)
    }
    this.#events.problem(
      how === 'left' ? `Node ${name} has left` : `Node ${name} is not heard since ${Math.round(silenceMs)} ms`,
    )
  }

  #decide(): void {
    const inputs = this.#inputs
    if (inputs === null || this.#isLeaving) return
    const { nodeName, election } = this.#options
    const { l2, bgp, reasons, announcers } = decideAnnouncements({
      nodeName,
      config: inputs.config,
      nodes: inputs.nodes,
      services: inputs.services,
      endpoints: inputs.endpoints,
      members: this.#view.members,
      options: election,
    })
    const wished = l2.filter(({ address }) => !this.#claims.has(address))
    const isTakenOver = (address: string): boolean => (this.#announcers.get(address) ?? nodeName) !== nodeName
    const takenOver = wished.map(({ address }) => address).filter(isTakenOver)
    this.#noteDepartures(takenOver)
    this.#announcers = announcers
    this.#reasons = reasons
    if (!isDeepStrictEqual(wished, this.#wished)) this.#wish(wished, takenOver)
    this.#settleConflicts()
    // No routes are said as well: routers that kept those of before a restart wait for it.
    if (!this.#hasRoutes || !isDeepStrictEqual(bgp, this.#routes)) this.#route(bgp)
  }

  #wish(wished: readonly L2Announcement[], takenOver: readonly string[]): void {
    this.#wished = wished
    this.#l2.announce(wished, takenOver)
    const addresses = new Set(wished.map(({ address }) => address))
    for (const address of this.#announced.keys()) if (!addresses.has(address)) this.#withdraw(address)
    this.#report()
  }

  #route(routes: readonly BgpRoute[]): void {
    const before = this.#routes
    this.#routes = routes
    this.#hasRoutes = true
    this.#bgp.setRoutes(routes)
    const node = this.#options.nodeName
    for (const { prefix, peers, services, ...rest } of routes) {
      const same = before.some((route) => isDeepStrictEqual(route, { prefix, peers, services, ...rest }))
      if (!same) this.#events.line({ event: 'announcing', protocol: 'bgp', prefix, peers, services, node })
    }
    const prefixes = new Set(routes.map(({ prefix }) => prefix))
    for (const prefix of new Set(before.map((route) => route.prefix))) {
      if (!prefixes.has(prefix)) this.#events.line({ event: 'withdrawn', protocol: 'bgp', prefix, node })
    }
    this.#report()
  }

  #noteDepartures(takenOver: readonly string[]): void {
    const atMs = performance.now()
    for (const address of takenOver) {
      const departure = this.#departures.get(this.#announcers.get(address) ?? '')
      if (departure !== undefined) this.#takingOver.set(address, { silenceMs: departure.silenceMs, atMs })
    }
    this.#departures.clear()
  }

  #onL2(event: L2Event): void {
    switch (event.kind) {
      case 'ready':
        return
      case 'interfaces':
        return this.#tellInterfaces(event.interfaces)
      case 'announced':
        return this.#onAnnounced(event.address, event.interfaces)
      case 'no-interface': {
        this.#withdraw(event.address)
        const wanted = event.wished.length === 0 ? 'any interface that is up' : event.wished.join(', ')
        const message = `Cannot announce ${event.address} from node ${this.#options.nodeName}: it has not ${wanted}`
        this.#events.problem(message)
        return this.#reports.warn(this.#servicesOf(event.address), 'announceFailed', message)
      }
      case 'conflict':
        return this.#onConflict(event.address, event.mac, event.interface)
      case 'foreign':
        return this.#onForeign(event.address, event.mac, event.ownMac, event.interface)
      case 'trouble':
        return this.#events.problem(event.message)
      case 'failed':
        this.isL2Broken = true
        this.#events.problem(event.message)
        // Others get the addresses that this node cannot answer for.
        this.#heartbeats?.setInterfaces([])
    }
  }

  #onAnnounced(address: string, interfaces: readonly string[]): void {
    const wished = this.#wished.find((each) => each.address === address)
    if (wished === undefined || this.#isLeaving) return
    this.#announced.set(address, interfaces)
    this.#conflicts.delete(address)
    const taken = this.#takingOver.get(address)
    if (taken !== undefined) {
      this.#takingOver.delete(address)
      this.#reports.tookOver(address, taken.silenceMs + performance.now() - taken.atMs)
    }
    const { services } = wished
    const node = this.#options.nodeName
    this.#events.line({ event: 'announcing', protocol: 'layer2', address, interfaces, services, node })
    this.#report()
  }

  #withdraw(address: string): void {
    if (!this.#announced.delete(address)) return
    this.#events.line({ event: 'withdrawn', protocol: 'layer2', address, node: this.#options.nodeName })
  }

  #onConflict(address: string, mac: string, on: string): void {
    this.#conflicts.set(address, mac)
    if (this.#isSpeaker(mac)) return this.#settleConflicts()
    const message = `Cannot announce ${address}: ${mac} has it already on ${on}; it is looked for again every 30 s`
    this.#events.problem(message)
    this.#reports.warn(this.#servicesOf(address), 'addressConflict', message)
  }

  /** Who had an address turns out to be a speaker that is heard: election has given the address to this node. */
  #settleConflicts(): void {
    for (const [address, mac] of this.#conflicts) {
      if (!this.#wished.some((each) => each.address === address)) this.#conflicts.delete(address)
      else if (this.#isSpeaker(mac)) {
        this.#conflicts.delete(address)
        this.#l2.announce(this.#wished.filter((each) => each.address !== address))
        this.#l2.announce(this.#wished, [address])
      }
    }
  }

  #onForeign(address: string, mac: string, ownMac: string, on: string): void {
    if (this.#isLeaving) return
    if (!this.#isSpeaker(mac)) {
      const message = `${mac} says on ${on} to have ${address}, which this node announces`
      this.#events.problem(message)
      this.#reports.warn(this.#servicesOf(address), 'addressConflict', message)
    }
    this.#claims.see(address, mac, ownMac)
  }

  /** Of one that is heard, or that said good-bye a moment ago. */
  #isSpeaker(mac: string): boolean {
    if ((this.#goodbyes.get(mac) ?? -Infinity) > performance.now()) return true
    const others = this.#view.members.filter(({ name }) => name !== this.#options.nodeName)
    return others.some(({ interfaces }) => interfaces?.some((each) => each.mac === mac) ?? false)
  }

  #tellInterfaces(interfaces: readonly L2Interface[]): void {
    if (interfaces.length === 0 || this.isL2Broken) return
    const used = interfaces.filter(({ unusedReason }) => unusedReason === '')
    this.#heartbeats?.setInterfaces(
      used.map(({ name, mac, addresses }) => ({
        name,
        mac,
        prefixes: addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`),
      })),
    )
    const own = new Set(this.#ownAddresses.split(','))
    const link =
      interfaces.find(({ addresses }) => addresses.some(({ address }) => own.has(normalizeAddress(address)))) ??
      // Without its link an interface has no IPv6 addresses.
      interfaces.find(({ name }) => name === this.#ownLink)
    if (link === undefined) return
    this.#ownLink = link.name
    this.#heartbeats?.setLink(link.isUp)
  }

  #servicesOf(address: string): readonly string[] {
    return this.#wished.find((each) => each.address === address)?.services ?? []
  }

  #report(): void {
    const l2 = this.#wished.flatMap((wished) => {
      const on = this.#announced.get(wished.address)
      return on === undefined ? [] : [{ ...wished, on }]
    })
    this.#reports.announced(l2, this.#routes)
  }
}
