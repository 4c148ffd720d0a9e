/** Defaults of ingress-nginx (its configmap.md) that hold where no ConfigMap says otherwise. */
import type { ForwardAction, LocalAnswer, ProxySettings } from './model.ts'

/** ingress-nginx's `log-format-upstream`. */
export const DEFAULT_LOG_FORMAT =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" ' +
  '$request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] $upstream_addr ' +
  '$upstream_response_length $upstream_response_time $upstream_status $req_id'

export const DEFAULT_SETTINGS: ProxySettings = {
  accessLog: { isEnabled: true, format: DEFAULT_LOG_FORMAT, escape: 'default' },
  keepAliveMs: 75_000,
  keepAliveRequests: 1000,
  clientHeaderTimeoutMs: 60_000,
  clientBodyTimeoutMs: 60_000,
  maxHeadBytes: 32_768,
  upstreamKeepaliveConnections: 320,
  upstreamKeepaliveMs: 60_000,
  upstreamKeepaliveRequests: 10_000,
  allowsUnderscoresInHeaders: false,
  http2MaxConcurrentStreams: 128,
}

/** How requests are passed on. */
export const DEFAULT_FORWARD: Omit<ForwardAction, 'backendId' | 'unavailable'> = {
  kind: 'forward',
  rewriteTarget: '',
  protocol: 'http',
  connectTimeoutMs: 5000,
  sendTimeoutMs: 60_000,
  readTimeoutMs: 60_000,
  maxTries: 3,
  addsUpstreamServiceTime: false,
}

export const NOT_FOUND_NGINX: LocalAnswer = { status: 404, contentType: 'text/plain', body: 'default backend - 404' }
export const NOT_FOUND_CONTOUR: LocalAnswer = { status: 404, contentType: '', body: '' }
export const UNAVAILABLE_NGINX: LocalAnswer = {
  status: 503,
  contentType: 'text/plain',
  body: '503 Service Temporarily Unavailable\n',
}
export const UNAVAILABLE_CONTOUR: LocalAnswer = { status: 503, contentType: 'text/plain', body: 'no healthy upstream' }
