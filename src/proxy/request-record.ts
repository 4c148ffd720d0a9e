/**
 * What is known about one request when it ends: the access log and the metrics read it, nothing else keeps it.
 * One flat object per request, all fields set at creation in this order, so that V8 keeps one shape.
 */
import type { CompiledRoute } from '../routing/compile.ts'
import type { ClientInfo } from './downstream.ts'
import type { Span } from './tracing/trace-context.ts'

export class RequestRecord {
  /** Milliseconds of `performance.now()` when the first byte of the request was seen. */
  startMs = 0
  method = ''
  /** As received, latin1: origin form with query. */
  target = ''
  /** `HTTP/1.1`, `HTTP/1.0` or `HTTP/2.0`. */
  protocol = ''
  scheme: 'http' | 'https' = 'http'
  /** Host header or :authority as sent, and the form used for routing. */
  authority = ''
  host = ''
  remoteAddress = ''
  remotePort = 0
  serverPort = 0
  referer = ''
  userAgent = ''
  /** From Basic credentials, empty otherwise. */
  remoteUser = ''
  forwardedFor = ''
  requestId = ''
  /** All request header lines as received (`Name: value\r\n`...), for `$http_*` variables. */
  headerLines = ''
  /** Head and body bytes received. */
  requestBytes = 0
  status = 0
  /** Bytes sent to the client: in all, and body only. */
  bytesSent = 0
  bodyBytesSent = 0
  /** `null` when no route took the request. */
  route: CompiledRoute | null = null
  upstreamName = ''
  /** Path and query as sent upstream. */
  upstreamTarget = ''
  /** One entry a try, joined by `, ` as nginx does; empty without an upstream. */
  upstreamAddress = ''
  upstreamStatus = ''
  upstreamResponseBytes = -1
  /** Milliseconds from the start of the connect, -1 when it did not happen. */
  upstreamConnectMs = -1
  upstreamHeaderMs = -1
  upstreamResponseMs = -1
  tlsProtocol = ''
  tlsCipher = ''
  /** True when the connection ended before the answer was complete (nginx status 499). */
  isAborted = false
  /** True once a backend for errors was asked: its answer is final. */
  isErrorPage = false
  /** True once the filters of the route stand behind the front. */
  isFiltered = false
  /** The connection that the request came on; `null` when the front does not say. */
  client: ClientInfo | null = null
  /** Number of the request on its connection, from 1; 0 when not said. */
  connectionRequests = 0
  /** Of the canary that answered, empty for all other requests. */
  alternativeUpstreamName = ''
  /** Address of the trusted proxy that named the client; empty when the client came itself. */
  peerAddress = ''
  /** Of a request that is traced. */
  span: Span | null = null
  /** Header lines of the answer as sent (without framing), and as the last upstream gave them; empty without. */
  answerLines = ''
  upstreamLines = ''
  /** The client as the PROXY protocol named it, trusted or not; empty and -1 without. */
  proxyProtocolAddress = ''
  proxyProtocolPort = -1
  /** Why the last try that failed did, for people; empty when none failed. */
  upstreamFailure = ''
}

/** Called once per request when it is over; must return at once. Access log and metrics implement it. */
export interface RequestObserver {
  observe(record: RequestRecord): void
}
