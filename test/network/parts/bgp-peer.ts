/** Peers as the configuration has them, sessions that end with their test, and waiting for what happens. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createBgpSession, type BgpSession } from '../../../src/metal/bgp/session.ts'
import type { BgpSessionOptions, BgpState, BgpTransition } from '../../../src/metal/bgp/session-model.ts'
import type { BgpRoute } from '../../../src/metal/announcement.ts'
import type { BgpPeer } from '../../../src/metal/model.ts'

export const MY_ASN = 64500
export const PEER_ASN = 64501

export function toPeer(address: string, changes: Partial<BgpPeer> = {}): BgpPeer {
  return {
    name: `to-${address}`,
    myAsn: MY_ASN,
    peerAsn: PEER_ASN,
    address,
    port: 179,
    sourceAddress: '',
    holdSeconds: 90,
    keepaliveSeconds: 30,
    connectSeconds: 2,
    routerId: '',
    nodes: [],
    bfdProfile: '',
    hasGracefulRestart: false,
    isMultiHop: false,
    isDualStack: false,
    isPassive: false,
    password: { kind: 'none' },
    origin: { object: 'BGPPeer metallb-system/p', path: '' },
    ...changes,
  }
}

export function toRoute(prefix: string, changes: Partial<BgpRoute> = {}): BgpRoute {
  return { prefix, localPref: 0, communities: [], peers: [], services: [], ...changes }
}

export interface WatchedSession {
  readonly session: BgpSession
  readonly transitions: readonly BgpTransition[]
  /** Now, or when it comes. */
  readonly reaches: (state: BgpState) => Promise<void>
}

const sessions: BgpSession[] = []

/** At the end of a file: one that a failed test left open would keep the process alive. */
export async function closeSessions(): Promise<void> {
  await Promise.all(sessions.map((session) => session.close()))
}

export function watchSession(peer: BgpPeer, changes: Partial<BgpSessionOptions> = {}): WatchedSession {
  const transitions: BgpTransition[] = []
  const session = createBgpSession(peer, {
    password: null,
    nodeName: 'node-1',
    onTransition: (transition) => transitions.push(transition),
    ...changes,
  })
  sessions.push(session)
  return {
    session,
    transitions,
    reaches: (state) => until(() => session.status().state === state, `state ${state}`),
  }
}

/** Looks again and again. @throws {Error} after half a minute */
export async function until(isSo: () => boolean, what: string, pauseMs = 10): Promise<void> {
  const deadline = performance.now() + 30_000
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`Waited 30 s in vain for ${what}`)
    await sleep(pauseMs)
  }
}
