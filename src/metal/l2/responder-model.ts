/** What the layer 2 responder is told, says and counts: plain data, as it also goes between its thread and its owner. */

/** Names of interfaces on which nothing is announced unless the configuration has a list of its own (MetalLB's list). */
export const DEFAULT_EXCLUDED_INTERFACES: readonly string[] = [
  '^docker.*',
  '^cbr.*',
  '^dummy.*',
  '^virbr.*',
  '^lxcbr.*',
  '^veth.*',
  '^lo$',
  '^cali.*',
  '^tunl.*',
  '^flannel.*',
  '^kube-ipvs.*',
  '^cni.*',
  '^nodelocaldns.*',
  '^lxc.*',
]

/** How an address is looked for before it is announced for the first time. */
export interface ProbeSettings {
  readonly count: number
  /** Between two probes. */
  readonly intervalMs: number
  /** After the last one, before the address is announced. */
  readonly waitMs: number
  /** After a conflict, before the address is looked for again. */
  readonly retryMs: number
}

/** Shorter than RFC 5227 wishes (6 to 9 s): on one segment an owner answers within a few milliseconds. */
export const DEFAULT_PROBE: ProbeSettings = { count: 3, intervalMs: 100, waitMs: 200, retryMs: 30_000 }

export interface L2Settings {
  /** Regular expressions of interface names on which nothing is announced. One that cannot be read excludes nothing and is told. */
  readonly excludedInterfaces: readonly string[]
  /** `null` = addresses are used without looking whether somebody has them. */
  readonly probe: ProbeSettings | null
  /** Pause between gratuitous announcements once the first seconds are over; 0 = none then. */
  readonly periodicMs: number
  /** Interfaces take frames for every MAC: some Wi-Fi and virtual cards drop broadcasts otherwise. */
  readonly isPromiscuous: boolean
}

/** A network interface of this machine. */
export interface L2Interface {
  readonly name: string
  readonly index: number
  /** Empty for interfaces without an Ethernet address. */
  readonly mac: string
  readonly isUp: boolean
  readonly addresses: readonly L2InterfaceAddress[]
  /** Why nothing is announced on it; empty = it is used. */
  readonly unusedReason: '' | 'excluded' | 'down' | 'no broadcast' | 'no ARP' | 'not Ethernet' | 'part of another'
}

export interface L2InterfaceAddress {
  readonly address: string
  readonly prefixLength: number
  /** The kernel still looks whether somebody else has it, or found so. */
  readonly isTentative: boolean
}

export type L2Event =
  /** Sockets are open; nothing was missing. */
  | { readonly kind: 'ready' }
  /** After the first look and with every change, also of addresses on interfaces that are not used. */
  | { readonly kind: 'interfaces'; readonly interfaces: readonly L2Interface[] }
  /** The first gratuitous announcement is out on these interfaces; again when they change. Sorted. */
  | { readonly kind: 'announced'; readonly address: string; readonly interfaces: readonly string[] }
  /** No interface of those wished is there and up; told once until that changes. */
  | { readonly kind: 'no-interface'; readonly address: string; readonly wished: readonly string[] }
  /** Somebody has an address that was about to be used: it is not announced, and looked for again later. */
  | { readonly kind: 'conflict'; readonly address: string; readonly interface: string; readonly mac: string }
  /** Somebody else says to have an address that is announced here; `count` packets since the last event about the address. */
  | {
      readonly kind: 'foreign'
      readonly address: string
      readonly interface: string
      readonly mac: string
      readonly ownMac: string
      readonly count: number
    }
  /** An interface or setting does not work as it should; service goes on elsewhere. */
  | { readonly kind: 'trouble'; readonly interface: string; readonly message: string }
  /** The responder has ended without being told to and answers nothing any more. */
  | { readonly kind: 'failed'; readonly code: L2FailureCode; readonly message: string }

export type L2FailureCode =
  /** The package `koffi` is absent or does not know this platform. */
  | 'LIBRARY_MISSING'
  /** NET_RAW is missing. */
  | 'NOT_PERMITTED'
  | 'BROKEN'

export interface L2Stats {
  /** By address, sorted; only of addresses that are wished now. */
  readonly addresses: readonly L2AddressStats[]
  /** From the kernel's receipt of a request to the reply having been sent. */
  readonly replyLatency: LatencyHistogram
  /** Frames that passed the kernel's filter. */
  readonly framesReceived: number
  /** Of those, what was no valid packet or not meant for an address here. */
  readonly framesIgnored: number
  /** Replies and announcements that the kernel did not take. */
  readonly sendFailures: number
}

export interface L2AddressStats {
  readonly address: string
  readonly requestsReceived: number
  readonly responsesSent: number
  readonly gratuitousSent: number
  /** Packets in which somebody else said to have the address. */
  readonly foreignSeen: number
}

export interface LatencyHistogram {
  /** Upper bounds in seconds; `counts` has one more for what is above. */
  readonly bounds: readonly number[]
  /** Not cumulative. */
  readonly counts: readonly number[]
  readonly sumSeconds: number
}
