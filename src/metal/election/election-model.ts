/** What decides who announces what: plain data, the same on every node that sees the same cluster and hears the same speakers. */
import type { BgpRoute, L2Announcement, MetalNode, Reason } from '../announcement.ts'
import type { MetalConfig } from '../model.ts'
import type { LoadBalancerService, ServiceEndpoint } from '../service.ts'

/** A network interface of a node on which addresses could be announced. */
export interface MemberInterface {
  readonly name: string
  /** Networks of its addresses, `192.0.2.7/24`; the bits behind the prefix do not matter. */
  readonly prefixes: readonly string[]
}

/** A node whose speaker is heard; the own one included. */
export interface Member {
  readonly name: string
  /** False for one that came back a moment ago: it gets an address only if nobody else can have it. */
  readonly isSettled: boolean
  /** `null` = not known: then it is believed to have all. */
  readonly interfaces: readonly MemberInterface[] | null
}

export interface ElectionOptions {
  /** `--ignore-exclude-lb`: the label that keeps load balancers off a node says nothing. */
  readonly ignoresExcludeLabel: boolean
  /** A node that is cordoned announces nothing while another can. */
  readonly handsOverOnCordon: boolean
  /** A node whose interfaces have no network of an address gets it although others have one. */
  readonly ignoresSubnets: boolean
  /**
   * No node gets more than its share of addresses, rounded up, times 1.25; then the loss of one node may move addresses of others.
   * Otherwise the digest alone decides.
   */
  readonly spreads: boolean
}

export const DEFAULT_ELECTION: ElectionOptions = {
  ignoresExcludeLabel: false,
  handsOverOnCordon: false,
  ignoresSubnets: false,
  spreads: false,
}

export interface ElectionInput {
  /** The node that decisions are for. */
  readonly nodeName: string
  readonly config: MetalConfig
  readonly nodes: readonly MetalNode[]
  readonly services: readonly LoadBalancerService[]
  /** By key of the Service. */
  readonly endpoints: ReadonlyMap<string, readonly ServiceEndpoint[]>
  /** Speakers that are heard, in any order. */
  readonly members: readonly Member[]
  readonly options: ElectionOptions
}

/** Why a Service is not announced on this node; both empty when it is, both ways. */
export interface ServiceReasons {
  readonly l2: Reason
  readonly bgp: Reason
}

export interface Announcements {
  /** Sorted by address. */
  readonly l2: readonly L2Announcement[]
  /** Sorted by prefix. */
  readonly bgp: readonly BgpRoute[]
  /** By key of the Service. */
  readonly reasons: ReadonlyMap<string, ServiceReasons>
  /** Who announces each address on the local network, this node or another; addresses that nobody can announce are absent. */
  readonly announcers: ReadonlyMap<string, string>
}
