/**
 * Annotations and ConfigMap keys of ingress-nginx that ask for a protection which is not available yet. Routes below
 * them answer 503: serving them would be serving unprotected (design, decision 6).
 */
import { decodeBoolean } from './values.ts'

/** Any value protects. */
const LISTS = ['whitelist-source-range', 'allowlist-source-range', 'denylist-source-range']
/** A number protects, 0 is off. */
const LIMITS = ['limit-rps', 'limit-rpm', 'limit-connections']
/** Protect when true; whatever is not plainly false counts as true. */
const SWITCHES = ['enable-modsecurity', 'enable-owasp-core-rules']

/**
 * @param name after the prefix
 * @returns `off` where the value says that the protection is not wanted, `none` for other annotations
 */
export function protectionAsked(name: string, value: string): 'asked' | 'off' | 'none' {
  if (name.startsWith('auth-') || name === 'modsecurity-snippet' || LISTS.includes(name)) return 'asked'
  if (LIMITS.includes(name)) return /^0+$/.test(value) ? 'off' : 'asked'
  if (SWITCHES.includes(name)) return isFalse(value) ? 'off' : 'asked'
  return 'none'
}

const CONFIG_LISTS = [
  'whitelist-source-range',
  'denylist-source-range',
  'block-cidrs',
  'block-user-agents',
  'block-referers',
]
const CONFIG_SWITCHES = ['enable-modsecurity', 'enable-owasp-modsecurity-crs']

/** The same for a ConfigMap key, which protects every route. An empty value is off. */
export function configAsksProtection(key: string, value: string): boolean {
  if (CONFIG_LISTS.includes(key)) return value !== ''
  return CONFIG_SWITCHES.includes(key) && value !== '' && !isFalse(value)
}

function isFalse(value: string): boolean {
  const decoded = decodeBoolean(value)
  return decoded.ok && !decoded.value
}
