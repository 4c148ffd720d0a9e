/** What is said about TLS keys and values that are taken only in part, or have no meaning here (reference, 2.3). */
import { decodeCiphers, decodeVersions, OLD_VERSIONS, unknownCiphers } from './tls-values.ts'

/** Follow `Cannot use KEY of OBJECT: `. */
const IDLE_KEYS: Readonly<Record<string, string>> = {
  'enable-ocsp': 'answers of OCSP responders are not stapled',
  'ssl-buffer-size': 'records of TLS are as long as what is written',
  'ssl-dh-param': 'key exchange is by elliptic curves',
  'ssl-early-data': 'early data can be replayed by anybody who sees it, so it is never accepted',
  'ssl-session-cache':
    'sessions resume by tickets that all workers share, so there is no cache to set; ssl-session-tickets: "false" turns resumption off',
  'ssl-session-cache-size': 'sessions resume by tickets, so there is no cache to size',
}

/** Where `false` asks for what is done anyway. */
const SWITCHES: ReadonlySet<string> = new Set(['enable-ocsp', 'ssl-early-data'])

/** Keys of {@link idleTlsKey}. */
export const IDLE_TLS_KEYS: readonly string[] = Object.keys(IDLE_KEYS)

/** @returns why a ConfigMap key has no effect, empty where its value asks for none; `null` for other keys */
export function idleTlsKey(key: string, value: string): string | null {
  const reason = Object.hasOwn(IDLE_KEYS, key) ? IDLE_KEYS[key] : undefined
  if (reason === undefined) return null
  return value === '' || (SWITCHES.has(key) && value === 'false') ? '' : reason
}

/** What a list that was taken holds that has no effect; `null` = nothing. @param name of annotation or key */
export function idleParts(name: string, value: string): string | null {
  if (name === 'ssl-ciphers' || name === 'proxy-ssl-ciphers') {
    const unknown = decodeCiphers(value).ok ? unknownCiphers(value) : []
    return unknown.length === 0 ? null : `OpenSSL does not know ${unknown.slice(0, 8).join(', ')}; the others are used`
  }
  if (name === 'ssl-protocols' || name === 'proxy-ssl-protocols') {
    if (!decodeVersions(value).ok) return null
    const old = value.split(/\s+/).filter((word) => OLD_VERSIONS.has(word))
    return old.length === 0 ? null : `${old.join(', ')} must not be used any more (RFC 8996); the others are`
  }
  return null
}
