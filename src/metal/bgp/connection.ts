/**
 * One TCP connection of a session and what is said over it: the states OpenSent, OpenConfirm and Established of RFC 4271 8,
 * both hold timers, keepalives, and the end. Which of two connections stays is the session's business.
 */
import type { Socket } from 'node:net'
import { createConnectionTimers, type ConnectionTimers } from './connection-timers.ts'
import { createFramer } from './framing.ts'
import type { Family } from './ip-bytes.ts'
import {
  TYPE_KEEPALIVE,
  TYPE_NOTIFICATION,
  TYPE_OPEN,
  TYPE_ROUTE_REFRESH,
  TYPE_UPDATE,
  encodeKeepalive,
} from './message.ts'
import {
  FSM_ERROR,
  HOLD_TIMER_EXPIRED,
  decodeNotification,
  encodeNotification,
  formatFault,
  toFault,
  type BgpFault,
} from './notification.ts'
import { decodeOpen, encodeOpen, judgeOpen, type Open } from './open.ts'
import { decodeRouteRefresh } from './route-refresh.ts'
import type { BgpCounters, Negotiated } from './session-model.ts'
import { decodeUpdate } from './update-decoding.ts'

export type ConnectionState = 'connect' | 'openSent' | 'openConfirm' | 'established' | 'closed'

export interface ConnectionEnd {
  readonly reason: string
  readonly fault: BgpFault | null
  readonly isFromPeer: boolean
}

export interface ConnectionPorts {
  /** Made when the connection is there, because it may say this side's address. */
  readonly makeOpen: (localAddress: string) => Open
  readonly peerAsn: number
  readonly keepaliveSeconds: number
  /** A wrong one is not told: the peer does not answer at all. */
  readonly hasPassword: boolean
  readonly counters: BgpCounters
  /** The peer's OPEN is sound. @returns false when the connection has lost against another */
  readonly onOpen: (connection: BgpConnection, open: Open) => boolean
  readonly onState: (connection: BgpConnection) => void
  readonly onRouteRefresh: (family: Family) => void
  readonly onDrain: () => void
  /** Once, as soon as it is known that the connection is of no more use. */
  readonly onEnd: (connection: BgpConnection, end: ConnectionEnd) => void
}

/** For TCP to connect. */
const CONNECT_MS = 10_000
/** For the peer's OPEN; RFC 4271 8.2.2 suggests minutes, which a silent port is not worth. */
const OPEN_SECONDS = 30
/** For the last words to leave. */
const LINGER_MS = 1000

export class BgpConnection {
  readonly isActive: boolean
  readonly #socket: Socket
  readonly #ports: ConnectionPorts
  readonly #timers: ConnectionTimers
  #state: ConnectionState = 'connect'
  #sent: Open | null = null
  #negotiated: Negotiated | null = null
  readonly #closed: Promise<void>

  /** @param socket connected (by the peer) or connecting (`isActive`) */
  constructor(socket: Socket, isActive: boolean, ports: ConnectionPorts) {
    this.isActive = isActive
    this.#socket = socket
    this.#ports = ports
    this.#timers = createConnectionTimers({
      onHoldExpired: () => this.fail(toFault(HOLD_TIMER_EXPIRED, 0, 'Nothing was heard from the peer')),
      onKeepalive: () => {
        ports.counters.keepalivesSent++
        this.send([encodeKeepalive()])
      },
      hasUnsent: () => socket.writableLength > 0,
      onStuck: () => this.drop('The peer does not read'),
    })
    const framer = createFramer({
      onMessage: (type, body) => this.#take(type, body),
      onFault: (fault) => this.fail(fault),
      isDone: () => this.#state === 'closed',
    })
    const hint = ports.hasPassword ? '; a wrong password looks like this' : ''
    socket.setTimeout(isActive ? CONNECT_MS : 0, () => this.drop(`The peer did not answer in time${hint}`))
    socket.on('error', (error) => this.drop(error.message))
    socket.on('end', () => this.drop('The peer closed the connection'))
    socket.on('data', (chunk) => framer.push(chunk))
    socket.on('drain', () => ports.onDrain())
    this.#closed = new Promise((resolve) => socket.once('close', () => resolve()))
    void this.#closed.then(() => this.drop('The connection was lost'))
    if (isActive) socket.once('connect', () => this.#begin())
    else this.#begin()
  }

  get state(): ConnectionState {
    return this.#state
  }

  get negotiated(): Negotiated | null {
    return this.#negotiated
  }

  get localAddress(): string {
    return this.#socket.localAddress ?? ''
  }

  /** This side's OPEN; `null` before it is sent. */
  get sentOpen(): Open | null {
    return this.#sent
  }

  /** Bytes that the kernel has not taken yet. */
  get unsentBytes(): number {
    return this.#socket.writableLength
  }

  /** All in one write. @param onTaken called when the kernel has it */
  send(messages: readonly Uint8Array[], onTaken?: () => void): void {
    if (this.#state === 'closed' || messages.length === 0) return
    this.#ports.counters.messagesSent += messages.length
    const [first = new Uint8Array(0)] = messages
    this.#socket.write(messages.length === 1 ? first : Buffer.concat(messages), (error) => {
      if (error) return
      this.#timers.progress()
      onTaken?.()
    })
  }

  /** Says what is wrong and ends. */
  fail(fault: BgpFault): void {
    if (this.#state === 'closed') return
    const canSpeak = this.#state !== 'connect'
    if (canSpeak) {
      this.#ports.counters.notificationsSent++
      this.#ports.counters.messagesSent++
      this.#socket.end(encodeNotification(fault))
    }
    this.#end({ reason: formatFault(fault), fault, isFromPeer: false }, canSpeak)
  }

  /** Ends without a word. */
  drop(reason: string): void {
    if (this.#state !== 'closed') this.#end({ reason, fault: null, isFromPeer: false }, false)
  }

  /** Resolves when nothing is left of the connection. */
  whenClosed(): Promise<void> {
    return this.#closed
  }

  #end(end: ConnectionEnd, lingers: boolean): void {
    this.#state = 'closed'
    this.#timers.stop()
    this.#socket.setTimeout(0)
    if (lingers) {
      // What still comes is read and lost: unread bytes would make the kernel reset the connection before the peer has read.
      const timer = setTimeout(() => this.#socket.destroy(), LINGER_MS)
      void this.#closed.then(() => clearTimeout(timer))
    } else this.#socket.destroy()
    this.#ports.onEnd(this, end)
  }

  #begin(): void {
    if (this.#state !== 'connect') return
    this.#socket.setTimeout(0)
    this.#socket.setNoDelay(true)
    this.#sent = this.#ports.makeOpen(this.localAddress)
    this.#state = 'openSent'
    this.#ports.counters.opensSent++
    this.send([encodeOpen(this.#sent)])
    this.#timers.startHold(OPEN_SECONDS)
    this.#ports.onState(this)
  }

  #take(type: number, body: Uint8Array): void {
    const { counters } = this.#ports
    counters.messagesReceived++
    if (type === TYPE_NOTIFICATION) {
      counters.notificationsReceived++
      const fault = decodeNotification(body)
      this.#end({ reason: `The peer said: ${formatFault(fault)}`, fault, isFromPeer: true }, false)
    } else if (type === TYPE_OPEN && this.#state === 'openSent') this.#takeOpen(body)
    else if (type === TYPE_KEEPALIVE && (this.#state === 'openConfirm' || this.#state === 'established')) {
      counters.keepalivesReceived++
      this.#timers.heard()
      if (this.#state === 'established') return
      this.#state = 'established'
      counters.establishments++
      this.#ports.onState(this)
    } else if (type === TYPE_UPDATE && this.#state === 'established') this.#takeUpdate(body)
    else if (type === TYPE_ROUTE_REFRESH && this.#state === 'established') {
      counters.routeRefreshesReceived++
      const refresh = decodeRouteRefresh(body)
      if (!refresh.ok) this.fail(refresh.fault)
      else if (refresh.value !== null) this.#ports.onRouteRefresh(refresh.value)
    } else {
      // RFC 6608.
      const subcode = this.#state === 'openSent' ? 1 : this.#state === 'openConfirm' ? 2 : 3
      this.fail(toFault(FSM_ERROR, subcode, `Message type ${type} came in state ${this.#state}`))
    }
  }

  #takeOpen(body: Uint8Array): void {
    const mine = this.#sent
    if (mine === null) return
    this.#ports.counters.opensReceived++
    const read = decodeOpen(body)
    const expected = { myAsn: mine.asn, peerAsn: this.#ports.peerAsn, routerId: mine.routerId }
    const fault = read.ok ? judgeOpen(read.value, expected) : read.fault
    if (!read.ok || fault !== null) {
      if (fault !== null) this.fail(fault)
      return
    }
    if (!this.#ports.onOpen(this, read.value)) return
    this.#negotiated = negotiate(mine, read.value)
    this.#state = 'openConfirm'
    this.#ports.counters.keepalivesSent++
    this.send([encodeKeepalive()])
    this.#timers.startHold(this.#negotiated.holdSeconds)
    this.#timers.startKeepalives(this.#negotiated.holdSeconds, this.#ports.keepaliveSeconds)
    this.#ports.onState(this)
  }

  /** Routes of peers are of no use here; they are read for their form and forgotten. */
  #takeUpdate(body: Uint8Array): void {
    const { counters, peerAsn } = this.#ports
    counters.updatesReceived++
    this.#timers.heard()
    const hasAs4 = this.#negotiated?.hasAs4 ?? false
    const read = decodeUpdate(body, { hasAs4, isInternal: this.#sent?.asn === peerAsn })
    if (!read.ok) this.fail(read.fault)
    else if (read.value.malformed !== null) counters.malformedUpdates++
  }
}

function negotiate(mine: Open, theirs: Open): Negotiated {
  const { families, gracefulRestart, asn, hasExtendedNextHop } = theirs.capabilities
  const common = mine.capabilities.families.filter((family) => families.includes(family))
  return {
    holdSeconds: Math.min(mine.holdSeconds, theirs.holdSeconds),
    peerRouterId: theirs.routerId,
    // RFC 4760 8: who names no family speaks of IPv4 only.
    families: families.length === 0 ? [4] : common,
    hasAs4: asn !== null,
    hasExtendedNextHop: hasExtendedNextHop && mine.capabilities.hasExtendedNextHop,
    hasEndOfRib: gracefulRestart !== null,
    keepsRoutes: gracefulRestart !== null && mine.capabilities.gracefulRestart !== null,
  }
}
