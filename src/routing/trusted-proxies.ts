/** Whose word about a client is taken (ingress-nginx, configmap.md: proxy-real-ip-cidr). Plain data of the model. */
export interface TrustedProxies {
  /** Addresses and ranges of the proxies in front of us. */
  readonly addresses: readonly string[]
  /** Lower-case name of the field with the client's address, or with a chain of addresses. */
  readonly addressHeader: string
  /** Also take X-Forwarded-Proto, -Host and -Port. */
  readonly trustsOthers: boolean
  /** X-Forwarded-For goes on with the peer added, instead of the client's address alone. */
  readonly keepsChain: boolean
}

/** What a trusted proxy said about the client's request, where it differs from what we see. */
export interface ForwardedFacts {
  readonly scheme: 'http' | 'https'
  /** Lower-case, without port. */
  readonly host: string
}
