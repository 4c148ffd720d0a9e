/** Who else is there: the speakers that are heard, those that went, and which MACs are of them. */
import { normalizeAddress } from '../../../base/ip-address.ts'
import { Secret } from '../../../base/secret.ts'
import type { MetalNode } from '../../../metal/announcement.ts'
import type { HeartbeatDeparture, HeartbeatStats, HeartbeatView } from '../../../metal/heartbeat/heartbeat-model.ts'
import { createHeartbeats, type Heartbeats } from '../../../metal/heartbeat/heartbeats.ts'
import type { L2Interface } from '../../../metal/l2/responder-model.ts'
import { answersInTime } from './answers-in-time.ts'
import type { SpeakerOptions } from './speaker-options.ts'

export interface NeighboursOptions extends Pick<
  SpeakerOptions,
  'nodeName' | 'heartbeatPort' | 'heartbeatKey' | 'timing'
> {
  /** Of this node, as known now. */
  readonly interfaces: () => readonly L2Interface[]
  readonly onChange: (change: NeighboursChange) => void
  readonly onDeparture: (departure: HeartbeatDeparture) => void
  readonly problem: (message: string) => void
}

/** What is new in `view`. */
export interface NeighboursChange {
  /** Nodes that were silent and turn out to have been there all the time. */
  readonly returned: readonly string[]
  /** Somebody is heard who was not, or hears this node who did not. */
  readonly hasNewcomers: boolean
}

/** A speaker that said good-bye may answer so long without being a stranger. */
const GOODBYE_MS = 10_000
/** A thread that ended comes back after so long. */
const RESTART_MS = 1000

export class Neighbours {
  readonly #options: NeighboursOptions
  #heartbeats: Heartbeats | null = null
  #restart: NodeJS.Timeout | undefined
  #nodes: readonly MetalNode[] = []
  /** This node can answer for nothing. */
  #isUnable = false
  #staleSeconds: number | null = null
  #view: HeartbeatView = { members: [], hasListened: false }
  /** Nodes that turned out to have been there all the time, until the next view. */
  #returned: readonly string[] = []
  /** MACs of speakers that said good-bye, and until when that counts. */
  readonly #goodbyes = new Map<string, number>()
  #ownLink = ''
  #ownAddresses = ''
  #peers = ''
  #isLeaving = false

  constructor(options: NeighboursOptions) {
    this.#options = options
  }

  get view(): HeartbeatView {
    return this.#view
  }

  get hasOthers(): boolean {
    return this.#view.members.some(({ name }) => name !== this.#options.nodeName)
  }

  stats(): Promise<HeartbeatStats | null> {
    return this.#heartbeats?.stats().catch(() => null) ?? Promise.resolve(null)
  }

  /** False: the thread stands still. */
  isWell(): Promise<boolean> {
    return this.#heartbeats === null ? Promise.resolve(true) : answersInTime(this.#heartbeats.stats())
  }

  /** The nodes that there are now, this one included. */
  update(nodes: readonly MetalNode[]): void {
    this.#nodes = nodes
    if (this.#restart !== undefined) return
    const { nodeName } = this.#options
    const own = nodes.find(({ name }) => name === nodeName)?.addresses ?? []
    const addresses = own.length === 0 ? ['0.0.0.0', '::'] : own.map(normalizeAddress)
    this.#heartbeats ??= this.#begin(addresses)
    if (addresses.join() !== this.#ownAddresses) {
      if (this.#ownAddresses !== '') this.#heartbeats.setAddresses(addresses)
      this.#ownAddresses = addresses.join()
      this.#ownLink = ''
      this.tellInterfaces(this.#options.interfaces())
    }
    const peers = nodes
      .filter(({ name, addresses: theirs }) => name !== nodeName && theirs.length > 0)
      .map(({ name, addresses: theirs }) => ({ name, addresses: theirs.map(normalizeAddress) }))
    const text = JSON.stringify(peers)
    if (text === this.#peers) return
    this.#peers = text
    this.#heartbeats.setPeers(peers)
  }

  /** Tells others on which interfaces this node can announce, and looks whether its link is up. */
  tellInterfaces(interfaces: readonly L2Interface[]): void {
    if (interfaces.length === 0) return
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

  /** Others get the addresses that this node cannot answer for. */
  tellNoInterfaces(): void {
    this.#isUnable = true
    this.#heartbeats?.setInterfaces([])
  }

  /** Tells others how far what is known here of the cluster may be out of date; `null` = not known yet. */
  tellStale(seconds: number | null): void {
    this.#staleSeconds = seconds
    this.#heartbeats?.setStale(seconds)
  }

  /** Of one that is heard, or that said good-bye a moment ago. */
  isSpeaker(mac: string): boolean {
    if ((this.#goodbyes.get(mac) ?? -Infinity) > performance.now()) return true
    const others = this.#view.members.filter(({ name }) => name !== this.#options.nodeName)
    return others.some(({ interfaces }) => interfaces?.some((each) => each.mac === mac) ?? false)
  }

  /** Says good-bye. What is heard from now on changes nothing. */
  async leave(): Promise<void> {
    this.#isLeaving = true
    clearTimeout(this.#restart)
    await this.#heartbeats?.leave()
  }

  async close(): Promise<void> {
    await this.#heartbeats?.close()
  }

  #begin(addresses: readonly string[]): Heartbeats {
    const { nodeName, heartbeatPort, heartbeatKey, timing, problem } = this.#options
    const heartbeats = createHeartbeats({
      name: nodeName,
      addresses,
      port: heartbeatPort,
      key: heartbeatKey ?? new Secret(Buffer.alloc(0)),
      timing,
      onView: (view) => this.#onView(view),
      onDeparture: (departure) => this.#onDeparture(departure),
      onHeardAgain: () => this.#onHeardAgain(),
      onReunion: (name) => (this.#returned = [...this.#returned, name]),
      onProblem: problem,
      onFailed: (message) => {
        problem(message)
        // Others take over from a node that is silent; it must not go on as if nothing had happened.
        this.#onView({ members: [], hasListened: false })
        this.#beginAgainLater()
      },
    })
    if (this.#isUnable) heartbeats.setInterfaces([])
    heartbeats.setStale(this.#staleSeconds)
    return heartbeats
  }

  #beginAgainLater(): void {
    if (this.#isLeaving) return
    this.#restart = setTimeout(() => {
      this.#restart = undefined
      this.#heartbeats = null
      this.#ownAddresses = ''
      this.#peers = ''
      this.update(this.#nodes)
    }, RESTART_MS)
  }

  #onHeardAgain(): void {
    if (!this.#isLeaving) this.#options.onChange({ returned: [], hasNewcomers: true })
  }

  #onView(view: HeartbeatView): void {
    if (this.#isLeaving) return
    const before = new Set(this.#view.members.map(({ name }) => name))
    this.#view = view
    const returned = this.#returned
    this.#returned = []
    this.#options.onChange({
      returned,
      hasNewcomers: view.members.some(({ name }) => name !== this.#options.nodeName && !before.has(name)),
    })
  }

  #onDeparture(departure: HeartbeatDeparture): void {
    const { name, how, silenceMs } = departure
    if (how === 'left') {
      const nowMs = performance.now()
      for (const [mac, untilMs] of this.#goodbyes) if (untilMs <= nowMs) this.#goodbyes.delete(mac)
      const member = this.#view.members.find((each) => each.name === name)
      for (const { mac } of member?.interfaces ?? []) this.#goodbyes.set(mac, nowMs + GOODBYE_MS)
    }
    this.#options.onDeparture(departure)
    this.#options.problem(
      how === 'left' ? `Node ${name} has left` : `Node ${name} is not heard since ${Math.round(silenceMs)} ms`,
    )
  }
}
