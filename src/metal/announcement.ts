/** What a node announces: the outcome of election and advertisements, and the input of ARP/NDP responders and BGP sessions. */
import type { Community } from './model.ts'

/** A node as election sees it. */
export interface MetalNode {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** InternalIPs of both families. */
  readonly addresses: readonly string[]
  readonly isReady: boolean
  readonly isUnschedulable: boolean
  readonly isNetworkUnavailable: boolean
  /** Taint keys, such as `node.kubernetes.io/out-of-service`. */
  readonly taints: readonly string[]
}

/** One address that this node answers for on the local network. */
export interface L2Announcement {
  readonly address: string
  /** Names; empty = all that are not excluded. */
  readonly interfaces: readonly string[]
  /** `namespace/name` of the Services that have it. */
  readonly services: readonly string[]
}

/** One prefix that this node announces to its peers. */
export interface BgpRoute {
  /** `192.0.2.10/32`. */
  readonly prefix: string
  readonly localPref: number
  /** Sorted, each once. */
  readonly communities: readonly Community[]
  /** Names of peers; empty = all. */
  readonly peers: readonly string[]
  readonly services: readonly string[]
}

/** Why a Service is not announced here, in MetalLB's words: `notOwner`, `noLocalEndpoints`, ... Empty = it is. */
export type Reason = string
