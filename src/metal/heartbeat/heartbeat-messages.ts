/** What goes between the heartbeat thread and its owner. */
import type {
  HeartbeatDeparture,
  HeartbeatInterface,
  HeartbeatPeer,
  HeartbeatStats,
  HeartbeatTiming,
  HeartbeatView,
} from './heartbeat-model.ts'

export interface HeartbeatSetup {
  readonly name: string
  /** Own InternalIPs, which sockets are bound to. */
  readonly addresses: readonly string[]
  readonly port: number
  readonly key: Uint8Array
  readonly timing: HeartbeatTiming
}

export type HeartbeatCommand =
  | { readonly kind: 'peers'; readonly peers: readonly HeartbeatPeer[] }
  | { readonly kind: 'addresses'; readonly addresses: readonly string[] }
  | { readonly kind: 'interfaces'; readonly interfaces: readonly HeartbeatInterface[] | null }
  | { readonly kind: 'link'; readonly isUp: boolean }
  | { readonly kind: 'stale'; readonly seconds: number | null }
  | { readonly kind: 'leave' }
  | { readonly kind: 'stats'; readonly id: number }
  | { readonly kind: 'close' }

export type HeartbeatMessage =
  | { readonly kind: 'view'; readonly view: HeartbeatView }
  | { readonly kind: 'departure'; readonly departure: HeartbeatDeparture }
  | { readonly kind: 'reunion'; readonly name: string }
  | { readonly kind: 'heard-again' }
  | { readonly kind: 'problem'; readonly message: string }
  | { readonly kind: 'stats'; readonly id: number; readonly stats: HeartbeatStats }
