/** When the next endpoint is tried (nginx `proxy_next_upstream`; ingress-nginx, configmap.md: proxy-next-upstream). */

export const RETRY_CONDITIONS = [
  /** No connection, or one that ends before an answer. */
  'error',
  'timeout',
  /** An answer that is no HTTP. */
  'invalid_header',
  'http_500',
  'http_502',
  'http_503',
  'http_504',
  'http_403',
  'http_404',
  'http_429',
  /** Methods that change something, once they were sent, too. */
  'non_idempotent',
] as const

export type RetryCondition = (typeof RETRY_CONDITIONS)[number]

/** Plain data of the model. */
export interface RetryPolicy {
  /** In the order of {@link RETRY_CONDITIONS}; empty = one try only. */
  readonly on: readonly RetryCondition[]
  /** No further try begins later than this after the first; 0 = no such limit. */
  readonly timeoutMs: number
}
