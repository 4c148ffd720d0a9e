/** What a BGP session needs and what it says about itself. */
import type { Secret } from '../../base/secret.ts'
import type { Family } from './ip-bytes.ts'
import type { BgpFault } from './notification.ts'

/** RFC 4271 8.2.2. */
export type BgpState = 'idle' | 'connect' | 'active' | 'openSent' | 'openConfirm' | 'established'

export interface BgpSessionOptions {
  /** `null` = packets are not signed. At most 80 bytes. */
  readonly password: Secret | null
  /** The router id where neither the peer nor an address gives one is made of it. */
  readonly nodeName: string
  /** IPv4 text; empty = the session's own address. The peer's own setting goes first. */
  readonly routerId?: string
  /** eBGP neighbours that this side connects to: hop limit 255 on both sides (RFC 5082). Default: off. */
  readonly hasGtsm?: boolean
  /** Seconds that a peer keeps our routes over our restart, if graceful restart is on. Default: 120. */
  readonly restartSeconds?: number
  /** What goes to the peer when the session is shut down (RFC 9003). */
  readonly shutdownText?: string
  readonly onTransition?: (transition: BgpTransition) => void
  /** How long it took from a change of routes until the kernel had the messages for this peer. */
  readonly onAnnounced?: (milliseconds: number) => void
  /** 0 to 1; tests pass a fake. */
  readonly random?: () => number
}

export interface BgpTransition {
  readonly peer: string
  readonly from: BgpState
  readonly to: BgpState
  /** Why, for people; empty on the way up. */
  readonly reason: string
  /** What either side said at the end; `null` = nothing was said. */
  readonly fault: BgpFault | null
  /** The peer said it. */
  readonly isFromPeer: boolean
}

export interface BgpCounters {
  opensSent: number
  opensReceived: number
  updatesSent: number
  updatesReceived: number
  keepalivesSent: number
  keepalivesReceived: number
  notificationsSent: number
  notificationsReceived: number
  routeRefreshesReceived: number
  /** UPDATEs with mistakes that leave the session up (RFC 7606). */
  malformedUpdates: number
  messagesSent: number
  messagesReceived: number
  /** Times that the session was established. */
  establishments: number
  connectAttempts: number
}

export interface BgpStatus {
  readonly peer: string
  /** `192.0.2.1:179`, or `[2001:db8::1]:179`. */
  readonly address: string
  readonly state: BgpState
  readonly counters: Readonly<BgpCounters>
  readonly announcedPrefixes: number
  readonly pendingPrefixes: number
  /** Of the last change that went out; `null` = none did. */
  readonly timeToAnnounceMs: number | null
  /** Why the last session or attempt ended; empty = none did. */
  readonly lastError: string
  /** The last NOTIFICATION of either side, in words: a router that has refused a session may only close connections after it. */
  readonly lastNotification: string
  /** What both sides agreed on; `null` while there is no session. */
  readonly negotiated: Negotiated | null
}

export interface Negotiated {
  readonly holdSeconds: number
  readonly peerRouterId: string
  readonly families: readonly Family[]
  readonly hasAs4: boolean
  readonly hasExtendedNextHop: boolean
  /** The peer knows End-of-RIB. */
  readonly hasEndOfRib: boolean
  /** The peer keeps our routes when we go without a word. */
  readonly keepsRoutes: boolean
}

export function createCounters(): BgpCounters {
  return {
    opensSent: 0,
    opensReceived: 0,
    updatesSent: 0,
    updatesReceived: 0,
    keepalivesSent: 0,
    keepalivesReceived: 0,
    notificationsSent: 0,
    notificationsReceived: 0,
    routeRefreshesReceived: 0,
    malformedUpdates: 0,
    messagesSent: 0,
    messagesReceived: 0,
    establishments: 0,
    connectAttempts: 0,
  }
}
