/** Addresses of this node on its networks: what the responder is told, what it says, and a line for each that comes or goes. */
import { isDeepStrictEqual } from 'node:util'
import type { L2Announcement } from '../../../metal/announcement.ts'
import { createL2Responder, type L2Responder } from '../../../metal/l2/responder.ts'
import type { L2Event, L2Interface, L2Stats } from '../../../metal/l2/responder-model.ts'
import { answersInTime } from './answers-in-time.ts'
import { Conflicts } from './speaker-conflicts.ts'
import type { SpeakerEvents, SpeakerOptions } from './speaker-options.ts'
import type { AnnouncedAddress } from './speaker-reports.ts'

export interface L2AnnouncingOptions extends Pick<SpeakerOptions, 'nodeName' | 'gratuitousMs' | 'isPromiscuous'> {
  readonly events: SpeakerEvents
  readonly isSpeaker: (mac: string) => boolean
  readonly onInterfaces: (interfaces: readonly L2Interface[]) => void
  /** Nothing is answered any more. */
  readonly onBroken: () => void
  readonly onAnnounced: (address: string) => void
  /** Which addresses are left to others has changed. */
  readonly onYielded: () => void
  readonly warn: (services: readonly string[], reason: string, message: string) => void
}

export class L2Announcing {
  readonly #options: L2AnnouncingOptions
  readonly #responder: L2Responder
  readonly #conflicts: Conflicts
  #wished: readonly L2Announcement[] = []
  /** The same by address: each of thousands is looked up when it is announced. */
  #byAddress: ReadonlyMap<string, L2Announcement> = new Map()
  /** Interfaces on which each address is announced now. */
  readonly #announced = new Map<string, readonly string[]>()
  #excluded: readonly string[] | null = null
  #isLeaving = false
  #isBroken = false
  #hasDied = false

  constructor(options: L2AnnouncingOptions) {
    this.#options = options
    this.#responder = createL2Responder({
      periodicMs: options.gratuitousMs,
      isPromiscuous: options.isPromiscuous,
      onEvent: (event) => this.#onEvent(event),
    })
    this.#conflicts = new Conflicts({
      isWished: (address) => this.#byAddress.has(address),
      isSpeaker: options.isSpeaker,
      defend: (address) => this.#responder.defend(address),
      insist: (address) => this.#responder.insist(address),
      warn: (address, message) => this.#warn(address, 'addressConflict', message),
      onChange: options.onYielded,
    })
  }

  get wished(): readonly L2Announcement[] {
    return this.#wished
  }

  get announced(): ReadonlyMap<string, readonly string[]> {
    return this.#announced
  }

  /** With the interfaces on which they are. */
  get announcedAddresses(): readonly AnnouncedAddress[] {
    return this.#wished.flatMap((wished) => {
      const on = this.#announced.get(wished.address)
      return on === undefined ? [] : [{ ...wished, on }]
    })
  }

  /** False: the thread has died or stands still. A capability or package that is missing is not cured by starting again. */
  async isWell(): Promise<boolean> {
    return !this.#hasDied && (this.#isBroken || (await answersInTime(this.#responder.stats())))
  }

  interfaces(): readonly L2Interface[] {
    return this.#isBroken ? [] : this.#responder.interfaces()
  }

  stats(): Promise<L2Stats | null> {
    return this.#responder.stats().catch(() => null)
  }

  exclude(interfaces: readonly string[]): void {
    if (isDeepStrictEqual(interfaces, this.#excluded)) return
    this.#excluded = interfaces
    this.#responder.configure({ excludedInterfaces: interfaces })
  }

  /** Without those that are left to others for now. */
  withoutYielded(announcements: readonly L2Announcement[]): readonly L2Announcement[] {
    return announcements.filter(({ address }) => !this.#conflicts.hasYielded(address))
  }

  /** @param takenOver were another speaker's until now @returns false when nothing is different */
  wish(wished: readonly L2Announcement[], takenOver: readonly string[]): boolean {
    if (isDeepStrictEqual(wished, this.#wished)) return false
    this.#wished = wished
    this.#byAddress = new Map(wished.map((each) => [each.address, each]))
    this.#responder.announce(wished, takenOver)
    for (const address of this.#announced.keys()) if (!this.#byAddress.has(address)) this.#withdraw(address)
    return true
  }

  settleConflicts(): void {
    this.#conflicts.settle()
  }

  /** Neighbours hear anew who has the addresses. */
  defendAll(): void {
    if (this.#announced.size > 0) this.#responder.defend(...this.#announced.keys())
  }

  servicesOf(address: string): readonly string[] {
    return this.#byAddress.get(address)?.services ?? []
  }

  /** Answers on, and begins nothing more. */
  leave(): void {
    this.#isLeaving = true
    this.#conflicts.close()
  }

  async close(): Promise<void> {
    await this.#responder.close()
  }

  #onEvent(event: L2Event): void {
    switch (event.kind) {
      case 'ready':
        return
      case 'interfaces':
        if (!this.#isBroken) this.#options.onInterfaces(event.interfaces)
        return
      case 'announced':
        return this.#onAnnounced(event.address, event.interfaces)
      case 'no-interface': {
        this.#withdraw(event.address)
        const wanted = event.wished.length === 0 ? 'any interface that is up' : event.wished.join(', ')
        const message = `Cannot announce ${event.address} from node ${this.#options.nodeName}: it has not ${wanted}`
        return this.#warn(event.address, 'announceFailed', message)
      }
      case 'conflict':
        return this.#conflicts.found(event.address, event.mac, event.interface)
      case 'foreign':
        if (this.#isLeaving) return
        return this.#conflicts.claimed(event.address, event.mac, event.ownMac, event.interface)
      case 'trouble':
        return this.#options.events.problem(event.message)
      case 'failed':
        this.#isBroken = true
        this.#hasDied = event.code === 'BROKEN'
        this.#options.events.problem(event.message)
        this.#options.onBroken()
    }
  }

  #onAnnounced(address: string, interfaces: readonly string[]): void {
    const wished = this.#byAddress.get(address)
    if (wished === undefined || this.#isLeaving) return
    this.#announced.set(address, interfaces)
    this.#conflicts.announced(address)
    const { events, nodeName: node, onAnnounced } = this.#options
    events.line({ event: 'announcing', protocol: 'layer2', address, interfaces, services: wished.services, node })
    onAnnounced(address)
  }

  #withdraw(address: string): void {
    if (!this.#announced.delete(address)) return
    this.#options.events.line({ event: 'withdrawn', protocol: 'layer2', address, node: this.#options.nodeName })
  }

  #warn(address: string, reason: string, message: string): void {
    this.#options.events.problem(message)
    this.#options.warn(this.servicesOf(address), reason, message)
  }
}
