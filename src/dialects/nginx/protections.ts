/**
 * Annotations and ConfigMap keys of ingress-nginx that ask for a protection which is not available yet. Routes below
 * them answer 503: serving them would be serving unprotected.
 */
import { decodeBoolean } from './values.ts'

/** Protect when true; whatever is not plainly false counts as true. */
const SWITCHES = ['enable-modsecurity', 'enable-owasp-core-rules']

/**
 * @param name after the prefix
 * @returns `off` where the value says that the protection is not wanted, `none` for other annotations
 */
export function protectionAsked(name: string, value: string): 'asked' | 'off' | 'none' {
  if (name.startsWith('auth-') || name === 'modsecurity-snippet') return 'asked'
  if (SWITCHES.includes(name)) return isFalse(value) ? 'off' : 'asked'
  return 'none'
}

const CONFIG_SWITCHES = ['enable-modsecurity', 'enable-owasp-modsecurity-crs']

/** The same for a ConfigMap key, which protects every route. An empty value is off. */
export function configAsksProtection(key: string, value: string): boolean {
  return CONFIG_SWITCHES.includes(key) && value !== '' && !isFalse(value)
}

function isFalse(value: string): boolean {
  const decoded = decodeBoolean(value)
  return decoded.ok && !decoded.value
}
