/** Plain configuration of gates: what dialects write into a model and the proxy makes gates of. */
import type { AddressPolicy } from './address-policy.ts'

export type GateConfig =
  | BasicAuthConfig
  | ExternalAuthConfig
  | RateLimitConfig
  | ConnectionLimitConfig
  | SatisfyAnyConfig

/** RFC 7617. Hashes are secrets: {@link redactGate} hides them from printers. */
export interface BasicAuthConfig {
  readonly kind: 'basic-auth'
  readonly realm: string
  /** `hash` as in htpasswd: `$2y$`, `$apr1$`, `{SHA}`, `$5$`, `$6$`. */
  readonly users: readonly { readonly name: string; readonly hash: string }[]
}

/** A subrequest decides (ingress-nginx, annotations.md). Texts may hold nginx variables, see `request-template.ts`. */
export interface ExternalAuthConfig {
  readonly kind: 'external-auth'
  /** Absolute, see `auth-url.ts`. */
  readonly url: string
  /** The backend that the URL's host names; empty = the host is resolved by DNS. */
  readonly backendId: string
  /** Empty = GET, without the headers that a set method adds. */
  readonly method: string
  /** Where a 401 is redirected to; empty = the 401 goes to the client. */
  readonly signinUrl: string
  readonly signinRedirectParam: string
  /** Lower-case names copied from the answer onto the upstream's request. */
  readonly responseHeaders: readonly string[]
  /** Headers set on the subrequest. */
  readonly requestHeaders: readonly { readonly name: string; readonly value: string }[]
  /** Value of X-Auth-Request-Redirect; empty = the request's URI. */
  readonly requestRedirect: string
  /** Empty = answers are not cached. */
  readonly cacheKey: string
  /** Answers are shared by all routes of one scope. */
  readonly cacheScope: string
  readonly cacheDurations: readonly { readonly statuses: readonly number[]; readonly seconds: number }[]
  readonly alwaysSetCookie: boolean
}

/** Leaky buckets per client address, without delay (nginx's `limit_req`; ingress-nginx, annotations.md: Rate Limiting). */
export interface RateLimitConfig {
  readonly kind: 'limit-rate'
  /** Buckets are shared by all routes of one zone: the Ingress. */
  readonly zone: string
  /** All hold; a request that one refuses is counted by none. */
  readonly limits: readonly RateLimit[]
  /** Clients that are not counted: addresses or ranges. */
  readonly exempt: readonly string[]
  readonly status: number
}

export interface RateLimit {
  readonly requests: number
  readonly perSeconds: 1 | 60
  /** Requests above the rate that pass at once. */
  readonly burst: number
}

/** Requests in flight per client. */
export interface ConnectionLimitConfig {
  readonly kind: 'limit-connections'
  readonly zone: string
  readonly max: number
  readonly exempt: readonly string[]
  readonly status: number
  /** Text with variables that tells clients apart; absent = their address. A request for which it is empty is not counted. */
  readonly key?: string
}

/** Admitted by a list that allows its address, or by any one of the gates: nginx's `satisfy any`. */
export interface SatisfyAnyConfig {
  readonly kind: 'satisfy-any'
  readonly addresses: AddressPolicy
  readonly gates: readonly (BasicAuthConfig | ExternalAuthConfig)[]
}

/** The same configuration without secrets, for printing and goldens. */
export function redactGate(gate: GateConfig): GateConfig {
  if (gate.kind === 'basic-auth')
    return { ...gate, users: gate.users.map(({ name }) => ({ name, hash: '[redacted]' })) }
  if (gate.kind === 'satisfy-any') {
    return { ...gate, gates: gate.gates.map((inner) => redactGate(inner) as BasicAuthConfig | ExternalAuthConfig) }
  }
  return gate
}

/** One sentence for `explain`: what the gate asks of a request. */
export function describeGate(gate: GateConfig): string {
  switch (gate.kind) {
    case 'basic-auth':
      return `asks for a password (realm "${gate.realm}", ${gate.users.length} users)`
    case 'external-auth':
      return gate.signinUrl === ''
        ? `asks ${gate.url}`
        : `asks ${gate.url}, and has clients sign in at ${gate.signinUrl}`
    case 'limit-rate':
      return `lets ${gate.limits.map(describeRate).join(' and ')} of each client pass, else ${gate.status}`
    case 'limit-connections':
      return `lets ${gate.max} requests of each ${gate.key ?? 'client'} run at a time, else ${gate.status}`
    case 'satisfy-any':
      return describeSatisfyAny(gate)
  }
}

function describeRate({ requests, perSeconds, burst }: RateLimit): string {
  return `${requests} requests a ${perSeconds === 1 ? 'second' : 'minute'} and ${burst} more at once`
}

function describeSatisfyAny({ addresses, gates }: SatisfyAnyConfig): string {
  const others = gates.map(describeGate).join(', or ')
  return addresses.allow.length === 0
    ? `one of these lets a request pass: ${others}`
    : `lets ${addresses.allow.join(', ')} pass; others: ${others}`
}
