/** What the admin server asks the running system. The controller implements it; nothing here keeps state. */
import type { Finding } from '../base/finding.ts'
import type { ExplainInput } from '../routing/explain-request.ts'
import type { BackendState } from '../proxy/upstream/backend-states.ts'
import type { RouteRow } from '../routing/route-list.ts'

export type Health =
  | { readonly isOk: true }
  /** One plain sentence: what is missing. */
  | {
      readonly isOk: false
      readonly reason: string
      /** Default 503. */
      readonly status?: 500 | 503
    }

/** One backend and where it leads now. */
export interface BackendRow {
  /** `namespace/service:port` */
  readonly id: string
  readonly upstreamName: string
  /** Ready endpoints; empty for one that DNS resolves. */
  readonly endpoints: readonly { readonly address: string; readonly port: number; readonly pod: string }[]
  /** `HOST:PORT` of an ExternalName, else empty. */
  readonly dns: string
  /** What the workers know of it, where there is more to say than this. */
  readonly state?: Omit<BackendState, 'id'>
}

export interface VersionInfo {
  readonly version: string
  /** Node's version. */
  readonly runtime: string
  /** Configurations applied since the start, and when the last one was: ISO 8601, empty before the first. */
  readonly configVersion: number
  readonly appliedAt: string
  /** In a cluster: since when what is served may be out of date (ISO 8601, empty = it is current), and kinds that may not be read. */
  readonly cluster?: { readonly staleSince: string; readonly forbidden: readonly string[] }
  /** In a cluster: which replica writes status and Events. */
  readonly leadership?: { readonly lease: string; readonly leader: string; readonly isLeader: boolean }
}

/** Functions answer from memory and do not block; whatever they throw becomes a 500 without details. */
export interface AdminSources {
  /** Whether the process works, and in a cluster, as ingress-nginx has it, whether it serves and goes on to. */
  health(): Health
  /** Whether anything but a restart helps; default: it answers, so it lives. */
  liveness?(): Health
  /** Whether it should get traffic: configured, listening, not draining. */
  readiness(): Health
  /** Prometheus text in pieces; between two pieces other work may run. */
  metrics(): Iterable<string>
  routes(): readonly RouteRow[]
  findings(): readonly Finding[]
  backends(): readonly BackendRow[]
  version(): VersionInfo
  /** @returns the explanation, or what is wrong with the question */
  explain(input: ExplainInput): { readonly value: unknown } | { readonly error: string }
}
