/** Routes of this node: what its routers are told, and a line for each route that comes or goes. */
import { isDeepStrictEqual } from 'node:util'
import type { Secret } from '../../../base/secret.ts'
import type { BgpRoute, MetalNode } from '../../../metal/announcement.ts'
import { type BgpSpeaker, createBgpSpeaker } from '../../../metal/bgp/speaker.ts'
import type { BgpTransition } from '../../../metal/bgp/session-model.ts'
import { peersOf } from '../../../metal/election/bgp-routes.ts'
import type { MetalConfig } from '../../../metal/model.ts'
import type { SpeakerEvents } from './speaker-options.ts'

/** Reasons why a session does not come up that are said before it was up. */
const MOST_FAULTS = 8

export interface BgpAnnouncingOptions {
  readonly nodeName: string
  /** By the peer's name; `null` = none. */
  readonly passwordOf: (peer: string) => Secret | null
  readonly events: SpeakerEvents
}

export class BgpAnnouncing {
  readonly #options: BgpAnnouncingOptions
  readonly #speaker: BgpSpeaker
  #routes: readonly BgpRoute[] = []
  #hasRoutes = false
  #setPeers = (): void => {}
  /** Why sessions do not come up, as far as it was said, by peer. */
  readonly #faults = new Map<string, Set<string>>()

  constructor(options: BgpAnnouncingOptions) {
    this.#options = options
    const { nodeName, passwordOf, events } = options
    this.#speaker = createBgpSpeaker({
      nodeName,
      passwordOf: ({ name }) => passwordOf(name),
      onProblem: (message) => events.problem(message),
      onTransition: (transition) => this.#onTransition(transition),
      shutdownText: `the speaker of node ${nodeName} ends`,
    })
  }

  get routes(): readonly BgpRoute[] {
    return this.#routes
  }

  status(): ReturnType<BgpSpeaker['status']> {
    return this.#speaker.status()
  }

  /** @param own undefined = there is no such Node, so it speaks to nobody */
  setPeers(own: MetalNode | undefined, { peers, bfdProfiles }: MetalConfig): void {
    this.#setPeers = () => this.#speaker.setPeers(own === undefined ? [] : peersOf(own, peers), bfdProfiles)
    this.#setPeers()
  }

  /** Addresses of interfaces may be others: next hops follow them. */
  lookAgain(): void {
    this.#setPeers()
  }

  /** @returns false when nothing is different */
  setRoutes(routes: readonly BgpRoute[]): boolean {
    // No routes are said as well: routers that kept those of before a restart wait for it.
    if (this.#hasRoutes && isDeepStrictEqual(routes, this.#routes)) return false
    const before = this.#routes
    this.#routes = routes
    this.#hasRoutes = true
    this.#speaker.setRoutes(routes)
    const { events, nodeName: node } = this.#options
    const known = new Map(before.map((route) => [keyOf(route), route]))
    for (const route of routes) {
      const { prefix, peers, services } = route
      if (isDeepStrictEqual(known.get(keyOf(route)), route)) continue
      events.line({ event: 'announcing', protocol: 'bgp', prefix, peers, services, node })
    }
    const prefixes = new Set(routes.map(({ prefix }) => prefix))
    for (const prefix of new Set(before.map((route) => route.prefix))) {
      if (!prefixes.has(prefix)) events.line({ event: 'withdrawn', protocol: 'bgp', prefix, node })
    }
    return true
  }

  /** Routers that keep routes over a restart are not told to drop them; all others are told the end. */
  close(): Promise<void> {
    return this.#speaker.close('restart')
  }

  #onTransition({ peer, from, to, reason }: BgpTransition): void {
    const { problem } = this.#options.events
    if (to === 'established') {
      this.#faults.delete(peer)
      problem(`BGP session with ${peer} is established`)
    } else if (from === 'established') problem(`BGP session with ${peer} ended: ${reason}`)
    else if (to === 'active' && reason !== '') {
      // It is tried again and again: what is wrong is said once.
      const said = this.#faults.get(peer) ?? new Set()
      this.#faults.set(peer, said)
      if (said.has(reason) || said.size >= MOST_FAULTS) return
      said.add(reason)
      problem(`Cannot establish the BGP session with ${peer}: ${reason}; it is tried again`)
    }
  }
}

/** One prefix has several routes where peers are told different things. */
function keyOf({ prefix, peers }: BgpRoute): string {
  return `${prefix} ${peers.join()}`
}
