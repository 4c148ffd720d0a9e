/**
 * The seam between fronts and upstreams. A front (http1/, http2/) reads requests from a client and implements
 * {@link Downstream}; an upstream cluster sends one request to one of its endpoints and implements {@link Exchange}.
 * Neither knows the other's protocol: heads cross as ready `Name: value\r\n` lines (latin1, one character a byte) without
 * framing, bodies as byte ranges without framing.
 *
 * The life of one exchange:
 *
 *     front                                      exchange
 *     cluster.start(request, this)          ──▶  picks an endpoint, connects or reuses, sends the head
 *     exchange.writeBody(b, i, j) → boolean ──▶  false: stop reading the client until requestDrained()
 *     exchange.endBody(trailerLines)        ──▶  once; not needed when there is no body or its length is 0
 *                                           ◀──  responseInterim(head)*        1xx other than 101
 *                                           ◀──  responseHead(head)            once
 *                                           ◀──  responseData(b, i, j) → bool  false: stop until exchange.resume()
 *                                           ◀──  responseFlush()               after each network read
 *                                           ◀──  responseEnd(trailerLines)     once, the last call
 *                                           ◀──  responseFailed(failure)       instead, the last call, at any moment
 *     exchange.abort()                      ──▶  the client went away: no further calls
 *
 * `start` never calls back before it returned. After the last call the exchange ignores everything it is told.
 */
import type { Duplex } from 'node:stream'
import type { TlsClient } from '../routing/client-certificate-check.ts'
import type { ClusterHandle, CompiledTable } from '../routing/compile.ts'
import type { ForwardAction, ProxySettings, Scheme } from '../routing/model.ts'
import type { TrustedClients } from './client-address.ts'
import type { ConnectionFacts } from './connection-facts.ts'
import type { Passthrough } from './passthrough/passthrough.ts'
import type { ProxiedClient, ProxyProtocolReader } from './proxy-protocol/proxied-client.ts'
import type { RequestObserver, RequestRecord } from './request-record.ts'
import type { TimerWheel } from './timer-wheel.ts'
import type { TracerHolder } from './tracing-switch.ts'

/** {@link UpstreamRequest.contentLength} of a request without any body. `0` is a declared empty body. */
export const NO_BODY = -2
/** {@link UpstreamRequest.contentLength} or {@link ResponseHead.contentLength} of a body of unknown length. */
export const UNKNOWN_LENGTH = -1

/** One request as the upstream shall see it. */
export interface UpstreamRequest {
  readonly method: string
  /** Origin form with query, rewrite applied: `decision.target`. */
  readonly target: string
  /**
   * All header lines for the upstream: `Host`, end-to-end headers and those of `forwarding-headers.ts`. Never `Connection`,
   * `Keep-Alive`, `Proxy-Connection`, `TE`, `Transfer-Encoding`, `Content-Length`, `Upgrade`: the exchange writes those.
   * `Expect: 100-continue` stays in, so that the upstream decides; its 100 comes back by `responseInterim`.
   */
  readonly headerLines: string
  /** Bytes, {@link NO_BODY} or {@link UNKNOWN_LENGTH} (sent chunked, trailers possible). */
  readonly contentLength: number
  /** Value of `Upgrade` when the client asks to switch protocols (HTTP/1.1 only), else empty. */
  readonly upgrade: string
  /** Timeouts, tries and protocol of the route. */
  readonly action: ForwardAction
  /** The exchange fills the `upstream*` fields. */
  readonly record: RequestRecord
}

/** Head of a final or interim response. */
export interface ResponseHead {
  readonly status: number
  /** May be empty. */
  readonly reason: string
  /**
   * End-to-end lines in upstream order with `Server: genkan` and `Date` (added if absent; interim heads carry neither).
   * No hop-by-hop header, no framing: the front writes `Content-Length` or `Transfer-Encoding` itself.
   */
  readonly headerLines: string
  /** Declared length, also for HEAD and 304 where no body follows; {@link UNKNOWN_LENGTH} when not declared. */
  readonly contentLength: number
  /** False when no body can follow: HEAD, 204, 304. `responseEnd` is still called. */
  readonly hasBody: boolean
  /** Value of `Upgrade` in a 101 answer, else empty. From then on both sides carry raw bytes. */
  readonly upgrade: string
}

/** Why there is no (complete) answer. */
export type ExchangeFailure =
  /** Every endpoint tried refused, reset, or broke the protocol: 502 if no head was sent. */
  | 'bad-gateway'
  /** Connect, send or read timeout: 504 if no head was sent. */
  | 'gateway-timeout'
  /** No endpoint left to try: 503 if no head was sent. */
  | 'unavailable'
  /** Too much is under way for the backend: 503 with `Retry-After`. */
  | 'overloaded'

/** What a front does with an answer. Implemented by the object that stands for one request of one client. */
export interface Downstream {
  responseInterim(head: ResponseHead): void
  responseHead(head: ResponseHead): void
  /**
   * Body bytes `buffer[start, end)`. The buffer is shared by all upstream connections and is overwritten after the
   * call: copy what is not consumed. After `false`, up to the rest of one network read (64 KiB) still arrives.
   */
  responseData(buffer: Buffer, start: number, end: number): boolean
  /** One network read is used up: write out what was gathered. Not called after `responseEnd`. */
  responseFlush(): void
  /** The answer is complete; trailer lines are filtered, mostly empty. For an upgrade: the upstream half-closed. */
  responseEnd(trailerLines: string): void
  /** After the head was sent the client must see a truncated message: destroy the connection, reset the stream. */
  responseFailed(failure: ExchangeFailure): void
  /** The upstream takes body bytes again after `writeBody` returned false. */
  requestDrained(): void
}

/** What a front may tell a running exchange. */
export interface Exchange {
  /** Body bytes, copied or written before the call returns. @returns false to pause until `requestDrained` */
  writeBody(buffer: Buffer, start: number, end: number): boolean
  /** The request body is complete. For an upgrade: the client half-closed. Trailers need an unknown length. */
  endBody(trailerLines: string): void
  /** The client takes response bytes again after `responseData` returned false. */
  resume(): void
  /** The client is gone or was answered otherwise (413): drop the upstream connection, call nothing any more. */
  abort(): void
}

/** A backend as fronts see it: what `decide` returns for a forward. */
export interface UpstreamCluster extends ClusterHandle {
  /** `namespace-service-port`, for logs and metrics. */
  readonly upstreamName: string
  start(request: UpstreamRequest, downstream: Downstream): Exchange
}

/** State that all connections of a worker share. Fields are replaced, never mutated: read them once per request. */
export interface FrontContext {
  table: CompiledTable<UpstreamCluster>
  settings: ProxySettings
  readonly observer: RequestObserver
  readonly timers: TimerWheel
  /** True while shutting down: answers say `Connection: close` (HTTP/2: GOAWAY). */
  isDraining: boolean
  /** While it drains: HTTP/1.1 connections are closed by an answer that says so, not before one. Absent = false. */
  isPatient?: boolean
  /** `null` or absent: the peer is the client. */
  trustedClients?: TrustedClients | null
  /** Begins the spans of traced routes; absent = nobody does. */
  readonly tracing?: TracerHolder
  /** `null` or absent: connections begin without a PROXY protocol header. Read once per connection. */
  proxyProtocol?: ProxyProtocolReader | null
  /** `null` or absent: every TLS connection ends here. Read once per connection. */
  passthrough?: Passthrough | null
}

/** What a connection tells about itself; one object per client connection. */
export interface ClientInfo {
  readonly scheme: Scheme
  readonly remoteAddress: string
  readonly remotePort: number
  /** Port of the listener as bound. */
  readonly serverPort: number
  /** `TLSv1.3` and the like, empty on plain connections. */
  readonly tlsProtocol: string
  readonly tlsCipher: string
  /** The forwarding header lines that are the same for all requests of the connection. */
  readonly forwardingLines: string
  /** Absent: the client was not asked for a certificate. */
  readonly tlsClient?: TlsClient | null
  /** For logs; absent where nobody described it. */
  readonly connection?: ConnectionFacts
  /** From the PROXY protocol; `null` or absent: the peer spoke for itself. */
  readonly proxied?: ProxiedClient | null
}

/** A front of which the data plane can count and drain connections. */
export interface FrontConnection {
  /** True while no request is in progress. */
  readonly isIdle: boolean
  /** Finish what runs, take nothing new; idle connections close at once. `context.isDraining` is already true. */
  drain(): void
  destroy(): void
}

/**
 * Takes over a connection that speaks HTTP/2: by ALPN `h2` (then `firstBytes` is `null`) or because the first bytes
 * on a plain listener are the client preface (then `firstBytes` begins with it, and nothing else was read).
 * The front calls `onClose` once when the connection is gone. It owns every event of the socket from here on.
 */
export type AcceptHttp2 = (
  socket: Duplex,
  firstBytes: Buffer | null,
  info: ClientInfo,
  context: FrontContext,
  onClose: () => void,
) => FrontConnection
