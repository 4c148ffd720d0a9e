/** What speakers tell each other, and what comes of it: plain data, as it also goes between the heartbeat thread and its owner. */

export interface HeartbeatTiming {
  readonly intervalMs: number
  /** Silence after which a peer is dead, unless a third node hears it. */
  readonly deadMs: number
  /** A node that came back is not settled before it was there this long: 1.5 s are promised, by any clock. */
  readonly settleMs: number
}

/** Three misses, and a quarter of an interval for what is late. */
export const DEFAULT_TIMING: HeartbeatTiming = { intervalMs: 200, deadMs: 650, settleMs: 1700 }
/** For networks and machines that are never late. */
export const FAST_TIMING: HeartbeatTiming = { intervalMs: 50, deadMs: 150, settleMs: 1700 }

/** A node that should have a speaker. */
export interface HeartbeatPeer {
  readonly name: string
  /** InternalIPs of either family. */
  readonly addresses: readonly string[]
}

/** An interface on which a node could announce addresses. */
export interface HeartbeatInterface {
  readonly name: string
  /** `02:00:00:00:00:01`. */
  readonly mac: string
  readonly prefixes: readonly string[]
}

/** A node whose speaker is heard and takes part. */
export interface HeartbeatMember {
  readonly name: string
  readonly isSettled: boolean
  /** `null` = not known. */
  readonly interfaces: readonly HeartbeatInterface[] | null
}

export interface HeartbeatView {
  /** Sorted by name; the own node only once it has listened for others. */
  readonly members: readonly HeartbeatMember[]
  /** False right after the start, and after the link came back: others may be there that were not heard yet. */
  readonly hasListened: boolean
}

export interface HeartbeatDeparture {
  readonly name: string
  /** `left` = it said so. */
  readonly how: 'silent' | 'left'
  /** Since it was heard last. */
  readonly silenceMs: number
}

export interface HeartbeatPeerStats {
  readonly name: string
  readonly isLive: boolean
  readonly received: number
  /** Rounds of which nothing came, while it was alive. */
  readonly lost: number
  /** Of the last round trip, time that the peer kept it included; `null` = none yet. */
  readonly roundTripMs: number | null
}

export interface HeartbeatCounters {
  sent: number
  received: number
  /** Too short, too long, of another version, or ending early. */
  malformed: number
  /** Not made with the key: forged, or of a cluster with another one. */
  forged: number
  /** Seen before, or of a speaker that ended since. */
  replayed: number
  /** Made with the key, but from or for a node that is none here. */
  foreign: number
  /** Heard through a third node. */
  relayed: number
}

export interface HeartbeatStats {
  readonly counters: Readonly<HeartbeatCounters>
  /** Sorted by name. */
  readonly peers: readonly HeartbeatPeerStats[]
}
