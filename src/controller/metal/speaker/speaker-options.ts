/** What a speaker is told when it starts. */
import type { Secret } from '../../../base/secret.ts'
import type { ElectionOptions } from '../../../metal/election/election-model.ts'
import type { HeartbeatTiming } from '../../../metal/heartbeat/heartbeat-model.ts'

export interface SpeakerOptions {
  /** Of the Node that this speaker is on. */
  readonly nodeName: string
  /** `null` = none: heartbeats are sent all the same, and anybody can forge them. */
  readonly heartbeatKey: Secret | null
  readonly heartbeatPort: number
  readonly timing: HeartbeatTiming
  readonly election: ElectionOptions
  /** `--lb-class`, empty = Services without a class. */
  readonly loadBalancerClass: string
  /** Where MetalLB's objects are; empty = `metallb-system` of a cluster, anywhere in files. */
  readonly namespace: string
  /** Pause between gratuitous announcements once the first seconds are over, milliseconds; 0 = none. */
  readonly gratuitousMs: number
  readonly isPromiscuous: boolean
  /** 0 = no metrics. */
  readonly metricsPort: number
  /** Empty = all addresses. */
  readonly metricsHost: string
}

/** What a speaker says, one line of JSON each. */
export type SpeakerLine =
  | {
      readonly event: 'announcing'
      readonly protocol: 'layer2'
      readonly address: string
      readonly interfaces: readonly string[]
      readonly services: readonly string[]
      readonly node: string
    }
  | {
      readonly event: 'announcing'
      readonly protocol: 'bgp'
      readonly prefix: string
      /** Names; empty = all. */
      readonly peers: readonly string[]
      readonly services: readonly string[]
      readonly node: string
    }
  | { readonly event: 'withdrawn'; readonly protocol: 'layer2'; readonly address: string; readonly node: string }
  | { readonly event: 'withdrawn'; readonly protocol: 'bgp'; readonly prefix: string; readonly node: string }

export interface SpeakerEvents {
  readonly line: (line: SpeakerLine) => void
  /** For people. */
  readonly problem: (message: string) => void
}
