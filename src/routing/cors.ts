/**
 * Cross-origin policy of a route (Fetch standard, CORS protocol; ingress-nginx, annotations.md: Enable CORS). Origins are compared as
 * a whole: ingress-nginx's comparison is open at the front, which lets strangers in and is not copied.
 */

/** Plain data of the model. */
export interface CorsPolicy {
  /** `*`, `null`, `scheme://host[:port]`, or `scheme://*.host` for exactly one label. Never empty. */
  readonly allowOrigins: readonly string[]
  readonly allowMethods: string
  readonly allowHeaders: string
  readonly allowsCredentials: boolean
  /** Empty = header absent. */
  readonly exposeHeaders: string
  readonly maxAgeSeconds: number
}

export interface CompiledCors {
  /** Header lines for an answer to this origin, empty when it is not allowed. Without Origin only `*` gives any. */
  answerLines(origin: string): string
  /** Lines of the 204 that answers OPTIONS, `null` when the request goes on like any other. */
  preflightLines(origin: string): string | null
}

/** Lower-case names that the policy owns on answers: an upstream's own are dropped. */
export const CORS_RESPONSE_HEADERS: readonly string[] = [
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-allow-methods',
  'access-control-allow-headers',
  'access-control-expose-headers',
  'access-control-max-age',
]

export function compileCors(policy: CorsPolicy): CompiledCors {
  const isOpen = policy.allowOrigins.includes('*')
  const exact = new Set(policy.allowOrigins.map((origin) => origin.toLowerCase()))
  const wildcards = policy.allowOrigins.filter((origin) => origin.includes('://*.')).map(toWildcard)
  const fixed =
    (policy.allowsCredentials ? 'Access-Control-Allow-Credentials: true\r\n' : '') +
    `Access-Control-Allow-Methods: ${policy.allowMethods}\r\nAccess-Control-Allow-Headers: ${policy.allowHeaders}\r\n` +
    (policy.exposeHeaders === '' ? '' : `Access-Control-Expose-Headers: ${policy.exposeHeaders}\r\n`) +
    `Access-Control-Max-Age: ${policy.maxAgeSeconds}\r\n`

  const isAllowed = (origin: string): boolean => {
    if (origin === '') return false
    const lower = origin.toLowerCase()
    return exact.has(lower) || wildcards.some((wildcard) => matchesWildcard(wildcard, lower))
  }
  const answerLines = (origin: string): string => {
    if (isOpen) return `Access-Control-Allow-Origin: *\r\n${fixed}`
    // Caches must keep the answers of different origins apart, refused ones too.
    return isAllowed(origin) ? `Access-Control-Allow-Origin: ${origin}\r\n${fixed}Vary: Origin\r\n` : 'Vary: Origin\r\n'
  }
  return {
    answerLines,
    preflightLines: (origin) => (isOpen || isAllowed(origin) ? answerLines(origin) : null),
  }
}

interface Wildcard {
  readonly scheme: string
  readonly suffix: string
}

function toWildcard(origin: string): Wildcard {
  const [scheme = '', host = ''] = origin.toLowerCase().split('://*')
  return { scheme: `${scheme}://`, suffix: host }
}

function matchesWildcard({ scheme, suffix }: Wildcard, origin: string): boolean {
  if (!origin.startsWith(scheme) || !origin.endsWith(suffix)) return false
  const label = origin.slice(scheme.length, origin.length - suffix.length)
  return /^[a-z0-9_-]+$/.test(label)
}
