/**
 * What people wish for bare metal, as plain data: pools of addresses and how they are announced. Made from MetalLB's custom
 * resources or its older ConfigMap by a pure function (`src/dialects/metal`), used by address management and by speakers.
 */
import type { Origin } from '../base/finding.ts'

export interface MetalConfig {
  /** Sorted by priority (smaller first, unset last), then by name. */
  readonly pools: readonly AddressPool[]
  readonly l2Advertisements: readonly L2Advertisement[]
  readonly bgpAdvertisements: readonly BgpAdvertisement[]
  readonly peers: readonly BgpPeer[]
  /** By name. */
  readonly bfdProfiles: Readonly<Record<string, BfdProfile>>
  /** Regular expressions of interface names on which nothing is announced. */
  readonly excludedInterfaces: readonly string[]
}

/** meta/v1 LabelSelector. An empty one selects everything. */
export interface Selector {
  readonly matchLabels: Readonly<Record<string, string>>
  readonly matchExpressions: readonly {
    readonly key: string
    readonly operator: string
    readonly values: readonly string[]
  }[]
}

/** Addresses of one family from `first` to `last`, both included. */
export interface AddressRange {
  readonly family: 4 | 6
  readonly first: bigint
  readonly last: bigint
}

export interface AddressPool {
  readonly name: string
  /** In the order written; disjoint, also from those of all other pools. */
  readonly ranges: readonly AddressRange[]
  readonly labels: Readonly<Record<string, string>>
  readonly isAutoAssigned: boolean
  /** IPv4 addresses that end in .0 or .255 are not given. */
  readonly avoidsBuggyIPs: boolean
  /** `null` = every Service, and behind those pools that are meant for a Service. */
  readonly allocation: PoolAllocation | null
  readonly origin: Origin
}

export interface PoolAllocation {
  /** Smaller wins; 0 = unset = last. */
  readonly priority: number
  /** Names and selectors are alternatives; all three empty = every Service. `null` = nothing is said about namespaces. */
  readonly namespaces: { readonly names: readonly string[]; readonly selectors: readonly Selector[] } | null
  /** Alternatives; empty = every Service. */
  readonly services: readonly Selector[]
}

/** Lists of selectors are alternatives everywhere; empty = everything. */
export interface L2Advertisement {
  readonly name: string
  /** Names of pools, settled: neither names nor selectors were written = all. */
  readonly pools: readonly string[]
  readonly nodes: readonly Selector[]
  readonly interfaces: readonly string[]
  readonly services: readonly Selector[]
  readonly preferredNodes: readonly { readonly weight: number; readonly preference: Selector }[]
  readonly origin: Origin
}

export interface BgpAdvertisement {
  readonly name: string
  readonly pools: readonly string[]
  readonly nodes: readonly Selector[]
  readonly services: readonly Selector[]
  readonly aggregationLength: number
  readonly aggregationLengthV6: number
  /** 0 = unset. */
  readonly localPref: number
  /** Aliases are settled. */
  readonly communities: readonly Community[]
  /** Names of peers; empty = all. */
  readonly peers: readonly string[]
  readonly origin: Origin
}

export type Community =
  /** RFC 1997, as one number. */
  | { readonly kind: 'standard'; readonly value: number }
  /** RFC 8092. */
  | { readonly kind: 'large'; readonly values: readonly [number, number, number] }

export interface BgpPeer {
  readonly name: string
  readonly myAsn: number
  readonly peerAsn: number
  readonly address: string
  readonly port: number
  /** Empty = the kernel chooses. */
  readonly sourceAddress: string
  /** Seconds; 0 = the session has no hold timer. */
  readonly holdSeconds: number
  readonly keepaliveSeconds: number
  /** Longest pause between attempts. */
  readonly connectSeconds: number
  /** IPv4 text; empty = chosen by the speaker. */
  readonly routerId: string
  readonly nodes: readonly Selector[]
  /** Name of a BFD profile; empty = none. */
  readonly bfdProfile: string
  readonly hasGracefulRestart: boolean
  readonly isMultiHop: boolean
  /** Carries routes of both families over the one session. */
  readonly isDualStack: boolean
  /** Waits for the peer to connect and never does so itself. */
  readonly isPassive: boolean
  /** Where the password is; it is not in the model. `inline` is the peer's own field. */
  readonly password:
    | { readonly kind: 'none' }
    | { readonly kind: 'inline' }
    | { readonly kind: 'secret'; readonly name: string }
  readonly origin: Origin
}

export interface BfdProfile {
  readonly name: string
  readonly receiveMs: number
  readonly transmitMs: number
  readonly detectMultiplier: number
  readonly isEcho: boolean
  readonly echoMs: number
  readonly isPassive: boolean
  readonly minimumTtl: number
}
