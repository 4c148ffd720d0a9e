/** BFD sessions as data, between the thread that has them and who asks. */
import type { BfdState } from './packet.ts'

export interface BfdSessionSettings {
  /** Whose it is: the name of a BGP peer. */
  readonly key: string
  readonly address: string
  /** Empty = the kernel chooses. */
  readonly sourceAddress: string
  /** RFC 5883: UDP port 4784 instead of 3784, and `minimumTtl` instead of 255. */
  readonly isMultiHop: boolean
  readonly receiveMs: number
  readonly transmitMs: number
  readonly detectMultiplier: number
  /** Says nothing before the peer does. */
  readonly isPassive: boolean
  readonly minimumTtl: number
}

export interface BfdEvent {
  readonly from: BfdState
  readonly to: BfdState
  /** For people. */
  readonly reason: string
  /** The peer says that it ends BFD, not that anything failed (RFC 5882 3.2). */
  readonly isAdministrative: boolean
  /** RFC 5880 4.1. */
  readonly diagnostic: number
}

export interface BfdStatus {
  readonly state: BfdState
  readonly remoteState: BfdState
  /** As negotiated. */
  readonly transmitMs: number
  /** Silence of the peer that ends the session; 0 = not known yet. */
  readonly detectMs: number
  readonly packetsSent: number
  readonly packetsReceived: number
  readonly ups: number
  readonly downs: number
}

/** To the thread. */
export type BfdOrder =
  | { readonly kind: 'add'; readonly settings: BfdSessionSettings }
  | { readonly kind: 'remove'; readonly key: string }
  | { readonly kind: 'close' }

/** From the thread. */
export type BfdReport =
  | { readonly kind: 'event'; readonly key: string; readonly event: BfdEvent }
  | { readonly kind: 'status'; readonly sessions: readonly (readonly [string, BfdStatus])[] }
  | { readonly kind: 'problem'; readonly problem: string }
  | { readonly kind: 'closed' }
