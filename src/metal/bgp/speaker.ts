/**
 * All BGP sessions of a node. A peer that stays as it is keeps its session whatever happens to others; one that changes gets a
 * new one. BFD and the listener are there while a peer wants them.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Secret } from '../../base/secret.ts'
import type { BgpRoute } from '../announcement.ts'
import type { BfdEvent, BfdSessionSettings, BfdStatus } from '../bfd/bfd-model.ts'
import { createBfdWorker, type BfdWorker } from '../bfd/bfd-thread.ts'
import type { BfdProfile, BgpPeer } from '../model.ts'
import { canonicalIp, type Family } from './ip-bytes.ts'
import { createBgpListener, type BgpListener } from './listener.ts'
import type { BgpSessionOptions, BgpStatus, BgpTransition } from './session-model.ts'
import { createBgpSession, type BgpSession, type CloseKind } from './session.ts'

export interface BgpSpeakerOptions {
  readonly nodeName: string
  /** IPv4 text; empty = of each session's own address. */
  readonly routerId?: string
  /**
   * The password of a peer that has one, asked whenever peers are set.
   * `null` = it is not known (yet): the peer has no session until it is.
   */
  readonly passwordOf: (peer: BgpPeer) => Secret | null
  readonly onTransition?: (transition: BgpTransition) => void
  readonly onBfd?: (peer: string, event: BfdEvent) => void
  /** What did not work and concerns no session alone, such as a port that is taken. */
  readonly onProblem?: (problem: string) => void
  readonly onAnnounced?: (peer: string, milliseconds: number) => void
  /** Where peers may connect to. Default: all addresses, port 179, and only while a passive peer is wanted. */
  readonly listen?: { readonly addresses: readonly string[]; readonly port: number }
  readonly hasGtsm?: boolean
  /** Seconds that peers keep our routes over our restart. Default: 120. */
  readonly restartSeconds?: number
  /** What peers are told when this speaker is shut down (RFC 9003). */
  readonly shutdownText?: string
}

export interface BgpSpeaker {
  /** All peers that this node is to have, with the BFD profiles that they name. */
  readonly setPeers: (peers: readonly BgpPeer[], profiles: Readonly<Record<string, BfdProfile>>) => void
  /** All routes that this node announces; each goes to the peers that it names. */
  readonly setRoutes: (routes: readonly BgpRoute[]) => void
  /** In the order of names. */
  readonly status: () => readonly BgpPeerStatus[]
  /** Ports that peers may connect to; empty while nobody listens. */
  readonly listeningPorts: () => readonly number[]
  /** `restart` leaves routes with the peers that keep them (RFC 4724). Resolves when the last word is said. */
  readonly close: (kind?: CloseKind) => Promise<void>
}

export interface BgpPeerStatus extends BgpStatus {
  /** `null` = the peer has no BFD. */
  readonly bfd: BfdStatus | null
}

/** No peer's name. */
const LISTENER = ''

interface Member {
  readonly peer: BgpPeer
  readonly password: Secret | null
  readonly bfdSettings: BfdSessionSettings | null
  readonly session: BgpSession
}

export function createBgpSpeaker(options: BgpSpeakerOptions): BgpSpeaker {
  const members = new Map<string, Member>()
  const closing = new Set<Promise<void>>()
  /** By what they are about: peers are set with every change in the cluster, and what is wrong is told once. */
  const problems = new Map<string, string>()
  let routes: readonly BgpRoute[] | null = null
  let bfd: BfdWorker | null = null
  let listener: Promise<BgpListener | null> | null = null
  let ready: BgpListener | null = null
  let isClosed = false

  function tell(about: string, problem: string): void {
    if (problems.get(about) === problem) return
    problems.set(about, problem)
    options.onProblem?.(problem)
  }

  function setPeers(peers: readonly BgpPeer[], profiles: Readonly<Record<string, BfdProfile>>): void {
    if (isClosed) return
    const wanted = new Map(peers.map((peer) => [peer.name, peer]))
    for (const [name, member] of members) {
      const peer = wanted.get(name)
      if (peer === undefined) end(member)
      else if (!isSame(member, peer, profiles)) end(member, peer)
    }
    for (const name of problems.keys()) if (name !== LISTENER && !wanted.has(name)) problems.delete(name)
    for (const peer of peers) if (!members.has(peer.name)) begin(peer, profiles)
    const families = new Set(peers.map(familyOf))
    for (const { peer, session } of members.values()) session.setFamilies(toFamilies(peer, families))
    void settleListener()
  }

  function isSame(
    { peer, password, bfdSettings }: Member,
    wanted: BgpPeer,
    profiles: Readonly<Record<string, BfdProfile>>,
  ): boolean {
    // Where it is written, and to which nodes it belongs, does not concern the session.
    const { origin: _origin, nodes: _nodes, ...before } = peer
    const { origin: _wantedOrigin, nodes: _wantedNodes, ...after } = wanted
    const key = wanted.password.kind === 'none' ? null : options.passwordOf(wanted)
    return (
      isDeepStrictEqual(before, after) &&
      isSameSecret(password, key) &&
      isDeepStrictEqual(bfdSettings, toBfdSettings(wanted, profiles))
    )
  }

  function begin(peer: BgpPeer, profiles: Readonly<Record<string, BfdProfile>>): void {
    const password = peer.password.kind === 'none' ? null : options.passwordOf(peer)
    if (peer.password.kind !== 'none' && password === null) {
      tell(peer.name, `Cannot begin the BGP session with ${peer.name}: its password is not there`)
      return
    }
    problems.delete(peer.name)
    const session = createBgpSession(peer, toSessionOptions(peer, password))
    const bfdSettings = toBfdSettings(peer, profiles)
    if (peer.bfdProfile !== '' && bfdSettings === null)
      options.onProblem?.(`Cannot watch ${peer.name} by BFD: there is no profile ${peer.bfdProfile}`)
    members.set(peer.name, { peer, password, bfdSettings, session })
    if (routes !== null) session.setRoutes(routes.filter((route) => isFor(route, peer.name)))
    if (bfdSettings !== null) {
      bfd ??= createBfdWorker({ onEvent: takeBfd, onProblem: (problem) => options.onProblem?.(problem) })
      bfd.add(bfdSettings)
    }
    session.start()
  }

  function toSessionOptions(peer: BgpPeer, password: Secret | null): BgpSessionOptions {
    const { nodeName, routerId, hasGtsm, restartSeconds, shutdownText, onTransition, onAnnounced } = options
    return {
      password,
      nodeName,
      ...(routerId === undefined ? {} : { routerId }),
      ...(hasGtsm === undefined ? {} : { hasGtsm }),
      ...(restartSeconds === undefined ? {} : { restartSeconds }),
      ...(shutdownText === undefined ? {} : { shutdownText }),
      ...(onTransition === undefined ? {} : { onTransition }),
      onAnnounced: (milliseconds) => onAnnounced?.(peer.name, milliseconds),
    }
  }

  /** @param successor what takes its place under the same name */
  function end({ peer, session, bfdSettings }: Member, successor?: BgpPeer): void {
    members.delete(peer.name)
    if (bfdSettings !== null) bfd?.remove(peer.name)
    const isGone = successor === undefined
    const done = session.close(isGone ? 'deconfigured' : successor.hasGracefulRestart ? 'restart' : 'deconfigured')
    closing.add(done)
    void done.finally(() => closing.delete(done))
  }

  function takeBfd(peerName: string, event: BfdEvent): void {
    options.onBfd?.(peerName, event)
    // RFC 5882 4.2: a neighbour that says that it is only BFD which it ends has not failed.
    if (event.to === 'Down' && event.from === 'Up' && !event.isAdministrative)
      members.get(peerName)?.session.pathDown(`BFD: ${event.reason}`)
  }

  /** There is a listener while a passive peer is wanted, or when it was asked for by address. */
  async function settleListener(): Promise<void> {
    const passwords = new Map([...members.values()].map(({ peer, password }) => [peer.address, password]))
    const isWanted = options.listen !== undefined || [...members.values()].some(({ peer }) => peer.isPassive)
    if (isWanted && listener === null) {
      const { addresses, port } = options.listen ?? { addresses: ['0.0.0.0', '::'], port: 179 }
      listener = createBgpListener({
        addresses,
        port,
        onConnection(address, socket) {
          const member = [...members.values()].find(({ peer }) => canonicalIp(peer.address) === address)
          if (member === undefined) socket.destroy()
          else member.session.accept(socket)
        },
        onError: (error) => options.onProblem?.(error.message),
      }).catch((error: unknown) => {
        tell(LISTENER, error instanceof Error ? error.message : String(error))
        listener = null
        return null
      })
    }
    ready = await listener
    if (ready !== null) problems.delete(LISTENER)
    ready?.setPeers(isClosed ? new Map() : passwords)
  }

  function setRoutes(wanted: readonly BgpRoute[]): void {
    routes = wanted
    for (const { peer, session } of members.values())
      session.setRoutes(wanted.filter((route) => isFor(route, peer.name)))
  }

  function status(): readonly BgpPeerStatus[] {
    return [...members.values()]
      .map(({ session, peer }) => ({ ...session.status(), bfd: bfd?.status(peer.name) ?? null }))
      .sort((a, b) => (a.peer < b.peer ? -1 : 1))
  }

  async function close(kind: CloseKind = 'shutdown'): Promise<void> {
    isClosed = true
    const last = [...members.values()].map(({ session }) => session.close(kind))
    members.clear()
    const bfdEnd = bfd?.close()
    await Promise.all([...last, ...closing, bfdEnd])
    bfd = null
    await (await listener)?.close()
    listener = null
    ready = null
  }

  return { setPeers, setRoutes, status, listeningPorts: () => ready?.ports() ?? [], close }
}

function isFor(route: BgpRoute, peer: string): boolean {
  return route.peers.length === 0 || route.peers.includes(peer)
}

function familyOf(peer: BgpPeer): Family {
  return peer.address.includes(':') ? 6 : 4
}

/** Its own; both if it is said so, or if no other peer carries the other one (and the peer agrees to it). */
function toFamilies(peer: BgpPeer, present: ReadonlySet<Family>): readonly Family[] {
  const own = familyOf(peer)
  const other: Family = own === 4 ? 6 : 4
  return peer.isDualStack || !present.has(other) ? [4, 6] : [own]
}

function toBfdSettings(peer: BgpPeer, profiles: Readonly<Record<string, BfdProfile>>): BfdSessionSettings | null {
  const profile = peer.bfdProfile === '' ? undefined : profiles[peer.bfdProfile]
  if (profile === undefined) return null
  // Within one AS routers need not be neighbours (RFC 5882 10.2).
  const isMultiHop = peer.isMultiHop || peer.myAsn === peer.peerAsn
  return {
    key: peer.name,
    address: peer.address,
    sourceAddress: peer.sourceAddress,
    isMultiHop,
    receiveMs: profile.receiveMs,
    transmitMs: profile.transmitMs,
    detectMultiplier: profile.detectMultiplier,
    isPassive: profile.isPassive,
    minimumTtl: profile.minimumTtl,
  }
}

function isSameSecret(a: Secret | null, b: Secret | null): boolean {
  return a === null || b === null ? a === b : a.reveal().equals(b.reveal())
}
