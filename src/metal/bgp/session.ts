/**
 * A BGP session with one peer (RFC 4271 8): connects, takes connections of the peer, settles collisions (6.8), tries again,
 * and keeps the peer's view of our routes up to date. Routes of the peer are not used.
 */
import type { Socket } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import type { BgpRoute } from '../announcement.ts'
import type { BgpPeer } from '../model.ts'
import { BgpConnection, type ConnectionEnd, type ConnectionPorts } from './connection.ts'
import type { Family } from './ip-bytes.ts'
import { chooseRouterId, nextHopOf } from './local-addresses.ts'
import { CEASE_SUBCODES, toCease, type BgpFault } from './notification.ts'
import type { Open } from './open.ts'
import { retryPauseMs } from './retry-pause.ts'
import { RoutesOut, type RouteContext } from './routes-out.ts'
import { createCounters, type BgpSessionOptions, type BgpState, type BgpStatus } from './session-model.ts'
import { connectTo } from './socket-options.ts'
import { encodeEndOfRib } from './update.ts'

/** Shut down: with RFC 9003's text. De-configured: the peer is no longer wanted. Restart: routes are to stay where the peer keeps them. */
export type CloseKind = 'shutdown' | 'deconfigured' | 'restart'

/** A session that held so long was a good one: the next attempt comes soon. */
const HELD_MS = 10_000
/** Changes wait while the peer is that far behind; their sum goes out when it has caught up. */
const MOST_UNSENT_BYTES = 1 << 20

const NO_END: ConnectionEnd = { reason: '', fault: null, isFromPeer: false }

export interface BgpSession {
  /** Begins to connect, or to wait for the peer if that is what the configuration says. */
  readonly start: () => void
  /** The whole wish. Differences go out at once. */
  readonly setRoutes: (routes: readonly BgpRoute[]) => void
  /** Families that this session carries, if the peer agrees. Default: that of its own addresses, or both (`isDualStack`). */
  readonly setFamilies: (families: readonly Family[]) => void
  /** Takes a connection that the peer made. */
  readonly accept: (socket: Socket) => void
  /** BFD has lost the peer: the session ends at once, and is tried again. */
  readonly pathDown: (reason: string) => void
  readonly status: () => BgpStatus
  /** Resolves when the last word is said; at most a second. */
  readonly close: (kind?: CloseKind) => Promise<void>
}

/** Nothing happens before `start`. */
export function createBgpSession(peer: BgpPeer, options: BgpSessionOptions): BgpSession {
  const random = options.random ?? Math.random
  const counters = createCounters()
  const routes = new RoutesOut()
  const isInternal = peer.myAsn === peer.peerAsn
  const ownFamily: Family = peer.address.includes(':') ? 6 : 4
  const connections = new Set<BgpConnection>()
  let families: readonly Family[] = peer.isDualStack ? [4, 6] : [ownFamily]
  let state: BgpState = 'idle'
  let established: BgpConnection | null = null
  let establishedAt = 0
  let context: RouteContext | null = null
  let hasRoutes = false
  let hasRestarted = true
  let owesEndOfRib = false
  let routerId = ''
  let failures = 0
  let retry: NodeJS.Timeout | undefined
  let lastError = ''
  let lastNotification = ''
  let timeToAnnounceMs: number | null = null
  let changedAt: number | null = null

  const ports: ConnectionPorts = {
    makeOpen,
    peerAsn: peer.peerAsn,
    keepaliveSeconds: peer.keepaliveSeconds,
    hasPassword: options.password !== null,
    counters,
    onOpen: (connection, open) => isKept(connection, open),
    onState: (connection) => (connection.state === 'established' ? establish(connection) : follow()),
    onRouteRefresh(family) {
      routes.repeat(family)
      flush()
    },
    onDrain: () => flush(),
    onEnd: (connection, end) => lose(connection, end),
  }

  function start(): void {
    if (state !== 'idle') return
    if (peer.isPassive) moveTo('active')
    else connect()
  }

  function connect(): void {
    counters.connectAttempts++
    try {
      // eBGP is for neighbours unless it is said otherwise; GTSM shows that by 255 hops that are left.
      const isNeighbor = !isInternal && !peer.isMultiHop
      const hasGtsm = isNeighbor && options.hasGtsm === true
      const socket = connectTo({
        address: peer.address,
        port: peer.port,
        sourceAddress: peer.sourceAddress,
        hopLimit: hasGtsm ? 255 : isNeighbor ? 1 : null,
        hasGtsm,
        password: options.password,
      })
      connections.add(new BgpConnection(socket, true, ports))
      follow()
    } catch (error) {
      fallBack({ reason: error instanceof Error ? error.message : String(error), fault: null, isFromPeer: false })
    }
  }

  function accept(socket: Socket): void {
    // One at a time: a peer that connects again has given up the first.
    const earlier = [...connections].find(({ isActive, state }) => !isActive && state !== 'established')
    if (state === 'idle') {
      socket.destroy()
      return
    }
    connections.add(new BgpConnection(socket, false, ports))
    earlier?.drop('The peer connected again')
    follow()
  }

  function makeOpen(localAddress: string): Open {
    routerId ||= chooseRouterId(peer.routerId || (options.routerId ?? ''), localAddress, options.nodeName)
    const gracefulRestart = {
      isRestarting: hasRestarted,
      restartSeconds: options.restartSeconds ?? 120,
      preserved: [4, 6] as const,
    }
    return {
      asn: peer.myAsn,
      holdSeconds: peer.holdSeconds,
      routerId,
      capabilities: {
        families: [4, 6],
        hasRouteRefresh: true,
        hasExtendedNextHop: ownFamily === 6,
        gracefulRestart: peer.hasGracefulRestart ? gracefulRestart : null,
        asn: peer.myAsn,
      },
    }
  }

  /** RFC 4271 6.8: of two connections that stays which the side with the greater router id has made. */
  function isKept(connection: BgpConnection, open: Open): boolean {
    for (const other of connections) {
      if (other === connection || (other.state !== 'openConfirm' && other.state !== 'established')) continue
      if (other.state === 'established') {
        // RFC 4724 4.2: who keeps routes over restarts has restarted when it connects anew.
        if (other.negotiated?.hasEndOfRib === true && open.capabilities.gracefulRestart !== null) {
          other.drop('The peer has restarted')
          continue
        }
        connection.fail(toCease(CEASE_SUBCODES.collision))
        return false
      }
      const mineIsGreater = isGreater([routerId, peer.myAsn], [open.routerId, open.asn])
      const loser = connection.isActive === mineIsGreater ? other : connection
      loser.fail(toCease(CEASE_SUBCODES.collision))
      if (loser === connection) return false
    }
    return true
  }

  function establish(connection: BgpConnection): void {
    established = connection
    establishedAt = performance.now()
    clearTimeout(retry)
    for (const other of connections) if (other !== connection) other.drop('Another connection is established')
    routes.forget()
    context = toContext(connection)
    hasRestarted = false
    owesEndOfRib = connection.negotiated?.hasEndOfRib ?? false
    changedAt = performance.now()
    moveTo('established')
    flush()
  }

  function toContext(connection: BgpConnection): RouteContext {
    const negotiated = connection.negotiated
    const nextHop = (family: Family): Uint8Array | null => {
      if (!families.includes(family) || negotiated?.families.includes(family) !== true) return null
      const own = nextHopOf(family, connection.localAddress)
      // RFC 8950: IPv4 by way of an IPv6 neighbour.
      return own ?? (family === 4 && negotiated.hasExtendedNextHop ? nextHopOf(6, connection.localAddress) : null)
    }
    const path = { myAsn: peer.myAsn, isInternal, hasAs4: negotiated?.hasAs4 ?? false }
    return { path, nextHops: { 4: nextHop(4), 6: nextHop(6) } }
  }

  /** Brings the peer up to date, unless it is far behind already. */
  function flush(): void {
    const connection = established
    if (connection === null || context === null || connection.unsentBytes > MOST_UNSENT_BYTES) return
    const messages = routes.takeMessages(context)
    counters.updatesSent += messages.length
    // A peer that keeps our routes over a restart would drop them if it heard the end before anybody has said which there are.
    if (owesEndOfRib && hasRoutes) {
      owesEndOfRib = false
      const common = connection.negotiated?.families ?? []
      messages.push(...common.map(encodeEndOfRib))
      counters.updatesSent += common.length
    }
    if (messages.length === 0) {
      changedAt = null
      return
    }
    const since = changedAt
    changedAt = null
    connection.send(messages, () => {
      if (since === null) return
      timeToAnnounceMs = performance.now() - since
      options.onAnnounced?.(timeToAnnounceMs)
    })
  }

  function setRoutes(wanted: readonly BgpRoute[]): void {
    hasRoutes = true
    changedAt ??= performance.now()
    routes.setWanted(wanted)
    flush()
  }

  function setFamilies(wanted: readonly Family[]): void {
    families = wanted
    if (established === null) return
    const next = toContext(established)
    if (isDeepStrictEqual(next, context)) return
    context = next
    routes.reconsider()
    changedAt ??= performance.now()
    flush()
  }

  function lose(connection: BgpConnection, end: ConnectionEnd): void {
    connections.delete(connection)
    if (end.fault !== null) lastNotification = end.reason
    if (connection === established) {
      established = null
      context = null
      failures = performance.now() - establishedAt >= HELD_MS ? 0 : failures
    }
    if (state === 'idle') return
    // Another connection may still become the session.
    if (connections.size > 0) {
      follow(end)
      return
    }
    fallBack(end)
  }

  function fallBack(end: ConnectionEnd): void {
    failures++
    lastError = end.reason
    moveTo('active', end)
    clearTimeout(retry)
    if (!peer.isPassive) retry = setTimeout(connect, retryPauseMs(failures, peer.connectSeconds, random()))
  }

  /** The state of the session is that of the connection that came farthest. */
  function follow(end?: ConnectionEnd): void {
    const order = ['connect', 'openSent', 'openConfirm', 'established'] as const
    const farthest = order.findLast((each) => [...connections].some((connection) => connection.state === each))
    if (farthest !== undefined) moveTo(farthest, end)
  }

  function moveTo(to: BgpState, end: ConnectionEnd = NO_END): void {
    if (to === state) return
    const from = state
    state = to
    options.onTransition?.({ peer: peer.name, from, to, ...end })
  }

  function pathDown(reason: string): void {
    if (established === null) return
    established.fail({ ...toCease(CEASE_SUBCODES.bfdDown), text: reason })
  }

  async function close(kind: CloseKind = 'shutdown'): Promise<void> {
    if (state === 'idle') return
    clearTimeout(retry)
    const fault = toLastWord(kind, options.shutdownText ?? '')
    const open = [...connections]
    const wasEstablished = established
    moveTo('idle', { reason: kind, fault, isFromPeer: false })
    for (const connection of open) {
      const staysKnown =
        kind === 'restart' && connection === wasEstablished && connection.negotiated?.keepsRoutes === true
      if (staysKnown) connection.drop('This side restarts')
      else connection.fail(fault)
    }
    await Promise.all(open.map((connection) => connection.whenClosed()))
  }

  function status(): BgpStatus {
    return {
      peer: peer.name,
      address: ownFamily === 6 ? `[${peer.address}]:${peer.port}` : `${peer.address}:${peer.port}`,
      state,
      counters: { ...counters },
      announcedPrefixes: established === null ? 0 : routes.announced,
      pendingPrefixes: established === null ? 0 : routes.pendingOf(families),
      timeToAnnounceMs,
      lastError,
      lastNotification,
      negotiated: established?.negotiated ?? null,
    }
  }

  return { start, setRoutes, setFamilies, accept, pathDown, status, close }
}

function toLastWord(kind: CloseKind, text: string): BgpFault {
  return kind === 'deconfigured' ? toCease(CEASE_SUBCODES.deconfigured) : toCease(CEASE_SUBCODES.shutdown, text)
}

/** Router ids as numbers; between equal ones (RFC 6286 2.3) the AS numbers. */
function isGreater([mine, myAsn]: readonly [string, number], [theirs, theirAsn]: readonly [string, number]): boolean {
  const toNumber = (text: string): number => text.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0)
  return mine === theirs ? myAsn > theirAsn : toNumber(mine) > toNumber(theirs)
}
