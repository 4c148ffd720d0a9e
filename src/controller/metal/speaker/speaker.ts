/**
 * The node agent: decides with every change of objects or of who is alive what this node announces, and has the threads that
 * speak ARP, NDP, BGP and BFD do so.
 */
import type { BgpRoute, L2Announcement } from '../../../metal/announcement.ts'
import { decideAnnouncements } from '../../../metal/election/decide-announcements.ts'
import { ElectionMemory } from '../../../metal/election/election-memory.ts'
import type { ServiceReasons } from '../../../metal/election/election-model.ts'
import type { HeartbeatStats, HeartbeatView } from '../../../metal/heartbeat/heartbeat-model.ts'
import type { L2Stats } from '../../../metal/l2/responder-model.ts'
import type { LoadBalancerService } from '../../../metal/service.ts'
import { BgpAnnouncing } from './speaker-bgp.ts'
import type { SpeakerInputs } from './speaker-inputs.ts'
import { L2Announcing } from './speaker-l2.ts'
import { Neighbours, type NeighboursChange } from './speaker-neighbours.ts'
import type { SpeakerEvents, SpeakerOptions } from './speaker-options.ts'
import { NO_REPORTS, type SpeakerReports } from './speaker-reports.ts'
import { TakeOvers } from './speaker-take-overs.ts'

/** How long a leaving speaker answers after its good-bye: others announce within a few milliseconds, and again after 50 and 200. */
const HAND_OVER_MS = 300

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
  readonly #l2: L2Announcing
  readonly #bgp: BgpAnnouncing
  readonly #neighbours: Neighbours
  readonly #takeOvers = new TakeOvers()
  readonly #memory = new ElectionMemory()
  #inputs: SpeakerInputs | null = null
  #reasons: ReadonlyMap<string, ServiceReasons> = new Map()
  #announcers: ReadonlyMap<string, string> = new Map()
  #isLeaving = false
  #isReporting = false

  constructor(options: SpeakerOptions, events: SpeakerEvents, reports: SpeakerReports = NO_REPORTS) {
    this.#options = options
    this.#events = events
    this.#reports = reports
    this.#l2 = new L2Announcing({
      ...options,
      events,
      isSpeaker: (mac) => this.#neighbours.isSpeaker(mac),
      onInterfaces: (interfaces) => {
        this.#neighbours.tellInterfaces(interfaces)
        this.#bgp.lookAgain()
      },
      onBroken: () => this.#neighbours.tellNoInterfaces(),
      onAnnounced: (address) => this.#onAnnounced(address),
      onYielded: () => this.#decide(),
      warn: (services, reason, message) => reports.warn(services, reason, message),
    })
    const { nodeName } = options
    const passwordOf = (peer: string) => this.#inputs?.passwords.get(peer) ?? null
    this.#bgp = new BgpAnnouncing({ nodeName, passwordOf, events })
    this.#neighbours = new Neighbours({
      ...options,
      interfaces: () => this.#l2.interfaces(),
      onChange: (change) => this.#onNeighbours(change),
      onDeparture: (departure) => this.#takeOvers.left(departure),
      problem: (message) => events.problem(message),
    })
  }

  get facts(): SpeakerFacts {
    return {
      announced: this.#l2.announced,
      l2: this.#l2.wished,
      bgp: this.#bgp.routes,
      reasons: this.#reasons,
      announcers: this.#announcers,
      view: this.#neighbours.view,
      hasConfig: this.#inputs !== null,
    }
  }

  /** False: a start anew is the cure. */
  async isWell(): Promise<boolean> {
    const parts = await Promise.all([this.#l2.isWell(), this.#neighbours.isWell()])
    return parts.every(Boolean)
  }

  get services(): readonly LoadBalancerService[] {
    return this.#inputs?.services ?? []
  }

  bgpStatus(): ReturnType<BgpAnnouncing['status']> {
    return this.#bgp.status()
  }

  l2Stats(): Promise<L2Stats | null> {
    return this.#l2.stats()
  }

  heartbeatStats(): Promise<HeartbeatStats | null> {
    return this.#neighbours.stats()
  }

  /** Objects have changed. */
  update(inputs: SpeakerInputs): void {
    const before = this.#inputs
    this.#inputs = inputs
    const { config, nodes } = inputs
    const { nodeName } = this.#options
    const own = nodes.find(({ name }) => name === nodeName)
    if (own === undefined && (before === null || before.nodes.some(({ name }) => name === nodeName))) {
      const names = nodes.map(({ name }) => name).join(', ') || 'none'
      this.#events.problem(`Cannot announce anything: there is no Node ${nodeName}; Nodes that are there: ${names}`)
    }
    this.#neighbours.update(nodes)
    this.#l2.exclude(config.excludedInterfaces)
    this.#bgp.setPeers(own, config)
    this.#decide()
  }

  /** How far objects may be out of date: seconds; `null` = not known yet. */
  setStale(seconds: number | null): void {
    this.#neighbours.tellStale(seconds)
  }

  /** Hands over what others can have, then ends. */
  async close(): Promise<void> {
    this.#isLeaving = true
    this.#l2.leave()
    const { hasOthers } = this.#neighbours
    const bgpEnd = this.#bgp.close()
    await this.#neighbours.leave()
    if (hasOthers && this.#l2.wished.length > 0) await new Promise((resolve) => setTimeout(resolve, HAND_OVER_MS))
    await Promise.all([this.#l2.close(), this.#neighbours.close(), bgpEnd])
  }

  #onNeighbours({ returned, hasNewcomers }: NeighboursChange): void {
    for (const name of returned) this.#tellSplit(name)
    this.#decide()
    // Who was not heard may have announced the same addresses meanwhile.
    if (hasNewcomers) this.#l2.defendAll()
  }

  #tellSplit(name: string): void {
    const message = `Node ${name} is heard again, which was there all the time: both sides announced addresses; election settles which one goes on`
    const services = [...this.#l2.announced.keys()].flatMap((address) => this.#l2.servicesOf(address))
    this.#events.problem(message)
    this.#reports.warn([...new Set(services)], 'splitBrain', message)
  }

  #decide(): void {
    const inputs = this.#inputs
    if (inputs === null || this.#isLeaving) return
    const { nodeName, election } = this.#options
    const { l2, bgp, reasons, announcers } = decideAnnouncements(
      {
        nodeName,
        config: inputs.config,
        nodes: inputs.nodes,
        services: inputs.services,
        endpoints: inputs.endpoints,
        members: this.#neighbours.view.members,
        options: election,
      },
      this.#memory,
    )
    const wished = this.#l2.withoutYielded(l2)
    const isTakenOver = (address: string): boolean => (this.#announcers.get(address) ?? nodeName) !== nodeName
    const addresses = wished.map(({ address }) => address)
    const takenOver = addresses.filter(isTakenOver)
    this.#takeOvers.begin(addresses, takenOver, this.#announcers)
    this.#announcers = announcers
    this.#reasons = reasons
    if (this.#l2.wish(wished, takenOver)) this.#report()
    this.#l2.settleConflicts()
    if (this.#bgp.setRoutes(bgp)) this.#report()
  }

  #onAnnounced(address: string): void {
    const silenceMs = this.#takeOvers.end(address)
    if (silenceMs !== null) this.#reports.tookOver(address, silenceMs)
    this.#report()
  }

  /** Once for all that comes together: thousands of addresses do when a node goes. */
  #report(): void {
    if (this.#isReporting) return
    this.#isReporting = true
    setImmediate(() => {
      this.#isReporting = false
      this.#reports.announced(this.#l2.announcedAddresses, this.#bgp.routes)
    })
  }
}
