/** TCP and UDP services and TLS passed through, as plain data of the model (docs/streams.md). */
import type { Origin } from '../base/finding.ts'
import type { AccessLogSettings, RouteLabels } from './model.ts'

/** A port of its own whose connections, or datagrams, go to one backend unread. */
export interface StreamService {
  readonly protocol: 'tcp' | 'udp'
  readonly port: number
  readonly backendId: string
  /** Connections begin with a PROXY protocol header that names the client; TCP only. */
  readonly decodesProxyProtocol: boolean
  /** Connections to the backend begin with one; TCP only. */
  readonly encodesProxyProtocol: boolean
  readonly labels: RouteLabels
  readonly origin: Origin
}

/** A host whose TLS connections go to a backend as they are, told by their server name. */
export interface PassthroughHost {
  /** Lower-case name; `*.example.com` stands for one label. */
  readonly host: string
  readonly backendId: string
  readonly labels: RouteLabels
  readonly origin: Origin
}

export interface StreamSettings {
  /** Longest silence of both sides. */
  readonly idleTimeoutMs: number
  /** Another endpoint is tried where a connection cannot be made. */
  readonly triesNext: boolean
  /** How many endpoints are tried; 0 = all. */
  readonly maxTries: number
  /** No further endpoint is tried after this; 0 = no limit. */
  readonly triesTimeoutMs: number
  /** Datagrams from the backend after which a UDP session ends; 0 = none is expected. */
  readonly datagramResponses: number
  /** `$variables` of nginx's stream module. */
  readonly accessLog: AccessLogSettings
}

/** ingress-nginx's `log-format-stream`. */
export const DEFAULT_STREAM_LOG_FORMAT =
  '[$remote_addr] [$time_local] $protocol $status $bytes_sent $bytes_received $session_time'

/** ingress-nginx's defaults. */
export const DEFAULT_STREAM_SETTINGS: StreamSettings = {
  idleTimeoutMs: 600_000,
  triesNext: true,
  maxTries: 3,
  triesTimeoutMs: 600_000,
  datagramResponses: 1,
  accessLog: { isEnabled: true, format: DEFAULT_STREAM_LOG_FORMAT, escape: 'default' },
}
