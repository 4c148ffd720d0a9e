/**
 * MetalLB's custom resources (`metallb.io`) as they are written: text stays text here, what it means and whether it fits is
 * settled in `src/dialects/metal`. Absent = not written.
 */
import type { Secret } from '../base/secret.ts'
import type { KubeObject } from './meta.ts'
import type { LabelSelectorSpec } from './objects.ts'

/** `v1beta1`. */
export interface IPAddressPool extends KubeObject {
  readonly kind: 'IPAddressPool'
  readonly spec: IPAddressPoolSpec
}

export interface IPAddressPoolSpec {
  /** CIDRs and ranges. */
  readonly addresses: readonly string[]
  readonly autoAssign?: boolean
  readonly avoidBuggyIPs?: boolean
  readonly serviceAllocation?: {
    readonly priority: number
    readonly namespaces: readonly string[]
    readonly namespaceSelectors: readonly LabelSelectorSpec[]
    readonly serviceSelectors: readonly LabelSelectorSpec[]
  }
}

/** `v1beta1`. */
export interface L2Advertisement extends KubeObject {
  readonly kind: 'L2Advertisement'
  readonly spec: L2AdvertisementSpec
}

export interface L2AdvertisementSpec {
  readonly ipAddressPools: readonly string[]
  readonly ipAddressPoolSelectors: readonly LabelSelectorSpec[]
  readonly nodeSelectors: readonly LabelSelectorSpec[]
  readonly interfaces: readonly string[]
  readonly serviceSelectors: readonly LabelSelectorSpec[]
  readonly preferredNodeSelectors: readonly { readonly weight: number; readonly preference: LabelSelectorSpec }[]
}

/** `v1beta1`. */
export interface BGPAdvertisement extends KubeObject {
  readonly kind: 'BGPAdvertisement'
  readonly spec: BGPAdvertisementSpec
}

export interface BGPAdvertisementSpec {
  readonly aggregationLength?: number
  readonly aggregationLengthV6?: number
  readonly localPref?: number
  readonly communities: readonly string[]
  readonly ipAddressPools: readonly string[]
  readonly ipAddressPoolSelectors: readonly LabelSelectorSpec[]
  readonly nodeSelectors: readonly LabelSelectorSpec[]
  readonly serviceSelectors: readonly LabelSelectorSpec[]
  readonly peers: readonly string[]
}

/** `v1beta2`, and `v1beta1`, whose fields are some of them. */
export interface BGPPeer extends KubeObject {
  readonly kind: 'BGPPeer'
  readonly spec: BGPPeerSpec
}

export interface BGPPeerSpec {
  readonly myASN?: number
  readonly peerASN?: number
  readonly dynamicASN?: string
  readonly localASN?: number
  readonly peerAddress?: string
  readonly interface?: string
  readonly sourceAddress?: string
  readonly peerPort?: number
  /** Durations as Go writes them, such as `90s`. */
  readonly holdTime?: string
  readonly keepaliveTime?: string
  readonly connectTime?: string
  readonly routerID?: string
  readonly nodeSelectors: readonly LabelSelectorSpec[]
  readonly password?: Secret
  readonly passwordSecret?: { readonly name: string; readonly namespace: string }
  readonly bfdProfile?: string
  readonly enableGracefulRestart?: boolean
  readonly ebgpMultiHop?: boolean
  readonly vrf?: string
  readonly disableMP?: boolean
  readonly dualStackAddressFamily?: boolean
}

/** `v1beta1`. */
export interface BFDProfile extends KubeObject {
  readonly kind: 'BFDProfile'
  readonly spec: BFDProfileSpec
}

/** Intervals in milliseconds. */
export interface BFDProfileSpec {
  readonly receiveInterval?: number
  readonly transmitInterval?: number
  readonly detectMultiplier?: number
  readonly echoInterval?: number
  readonly echoMode?: boolean
  readonly passiveMode?: boolean
  readonly minimumTtl?: number
}

/** `v1beta1`: names for BGP communities. */
export interface Community extends KubeObject {
  readonly kind: 'Community'
  readonly spec: { readonly communities: readonly { readonly name: string; readonly value: string }[] }
}

export type MetalObject = IPAddressPool | L2Advertisement | BGPAdvertisement | BGPPeer | BFDProfile | Community
