/** One wished address as the responder keeps it, from the first probe on. */
import type { AddressKey } from './address-key.ts'
import type { Mac } from './ethernet.ts'
import type { AddressCounts } from './responder-counters.ts'

/** An interface that is up and not excluded. */
export interface UsedLink {
  readonly name: string
  readonly index: number
  readonly mac: Mac
  /** Link-local IPv6 address from which probes are sent; `null` = none now, `hasIPv6` tells whether one is to come. */
  readonly linkLocal: AddressKey | null
  readonly hasIPv6: boolean
}

/** Gratuitous announcements of one address on one interface since it was taken over there. */
export interface GratuitousRound {
  readonly link: UsedLink
  sent: number
}

export interface HeldAddress {
  readonly key: AddressKey
  /** As it was written. */
  readonly text: string
  readonly family: 4 | 6
  /** Names; empty = all. Sorted. */
  wished: readonly string[]
  /** Announced without looking whether somebody has it. */
  isTakenOver: boolean
  phase:
    | { readonly kind: 'waiting' }
    | { readonly kind: 'probing'; readonly sent: number }
    | { readonly kind: 'announced' }
    | { readonly kind: 'conflict'; readonly mac: Mac }
  /** By interface index. */
  readonly rounds: Map<number, GratuitousRound>
  /** Grows with the phase: probes that were planned in an earlier one are passed over. */
  generation: number
  /** Names for which `announced` was told last, or another word for what was told instead. */
  toldInterfaces: string
  foreign: { mac: Mac; toldAtMs: number; untold: number } | null
  readonly counts: AddressCounts
}

/** Milliseconds from taking over: at once, twice soon after for what is lost, then apart by more than old kernels' lock time of 1 s. */
export const GRATUITOUS_AT_MS: readonly number[] = [0, 50, 200, 1300, 2400, 3500, 4600]

/** When the announcement numbered `sent` is due after the one before; `Infinity` = never. */
export function gratuitousPause(sent: number, periodicMs: number): number {
  const next = GRATUITOUS_AT_MS[sent]
  if (next !== undefined) return next - (GRATUITOUS_AT_MS[sent - 1] ?? 0)
  return periodicMs > 0 ? periodicMs : Infinity
}

/** The announced address speaks for itself, as with an owner's kernel: some hosts refuse answers from another (ndisc6 does). */
export function senderOf(link: UsedLink, address: HeldAddress): { readonly mac: Mac; readonly address: AddressKey } {
  return { mac: link.mac, address: address.key }
}
