/**
 * Cookie affinity (ingress-nginx, annotations.md: Cookie affinity): a cookie of the form `<key>|<32 hex>` keeps a client at one
 * endpoint. The second part is a fingerprint of the backend, so that cookies of another backend are as good as none.
 */
import { createHash } from 'node:crypto'
import { readCookie } from './request-fields.ts'
import { rejectsSameSiteNone } from './same-site.ts'

/** Plain data of the model. */
export interface AffinityConfig {
  /**
   * `balanced`: the key is random and hashed to an endpoint; when endpoints change some clients move. `persistent`: the key
   * names an endpoint; clients stay while it lives.
   */
  readonly mode: 'balanced' | 'persistent'
  readonly cookie: AffinityCookie
  /** A new endpoint and cookie when the chosen one failed; otherwise another endpoint helps out once. */
  readonly changesOnFailure?: boolean
  /** The cookie says nothing about the canary: its rules are asked for each request. */
  readonly isIgnoredByCanary?: boolean
}

export interface AffinityCookie {
  readonly name: string
  readonly path: string
  readonly domain?: string
  /** Seconds from now; may be negative. */
  readonly expiresSeconds?: number
  readonly maxAgeSeconds?: number
  /** Always; otherwise over https only. */
  readonly isSecure?: boolean
  readonly sameSite?: 'None' | 'Lax' | 'Strict'
  /** No `SameSite=None` for browsers that take it for `Strict`. */
  readonly omitsSameSiteNone?: boolean
}

/** What a Set-Cookie line depends on. */
export interface CookieFacts {
  readonly scheme: 'http' | 'https'
  readonly userAgent: string
  readonly nowMs: number
}

/** Longer keys and other characters are none of ours. */
const KEY = /^[\w.-]{1,64}$/

/** 32 hex digits that stand for a backend. */
export function backendFingerprint(backendId: string): string {
  return createHash('md5').update(`backend ${backendId}`).digest('hex')
}

/** 32 hex digits that stand for an endpoint of a backend, the same in every worker. */
export function endpointKey(fingerprint: string, label: string): string {
  return createHash('md5').update(`${fingerprint} ${label}`).digest('hex')
}

/** The key that the request's cookie holds for a backend; `null` without one or when it is not of that backend. */
export function readAffinityKey(config: AffinityConfig, rawLines: string, fingerprint: string): string | null {
  const value = readCookie(rawLines, config.cookie.name)
  if (value === null) return null
  const bar = value.indexOf('|')
  const key = value.slice(0, Math.max(0, bar))
  return value.slice(bar + 1) === fingerprint && KEY.test(key) ? key : null
}

/** `Set-Cookie: ...\r\n`. */
export function formatAffinityCookie(
  { cookie }: AffinityConfig,
  key: string,
  fingerprint: string,
  facts: CookieFacts,
): string {
  let line = `Set-Cookie: ${cookie.name}=${key}|${fingerprint}`
  if (cookie.expiresSeconds !== undefined) {
    line += `; Expires=${new Date(facts.nowMs + cookie.expiresSeconds * 1000).toUTCString()}`
  }
  if (cookie.maxAgeSeconds !== undefined) line += `; Max-Age=${cookie.maxAgeSeconds}`
  if (cookie.domain !== undefined) line += `; Domain=${cookie.domain}`
  line += `; Path=${cookie.path}`
  if (cookie.isSecure === true || facts.scheme === 'https') line += '; Secure'
  line += '; HttpOnly'
  const { sameSite } = cookie
  const isOmitted = sameSite === 'None' && cookie.omitsSameSiteNone === true && rejectsSameSiteNone(facts.userAgent)
  if (sameSite !== undefined && !isOmitted) line += `; SameSite=${sameSite}`
  return `${line}\r\n`
}
