/** Values of TLS annotations and ConfigMap keys (ingress-nginx, annotations.md, configmap.md and tls.md). */
import { createSecureContext } from 'node:tls'
import { LruMap } from '../../base/lru.ts'
import { compileLinearRegex } from '../../base/linear-regex.ts'
import type { TlsVersion } from '../../routing/tls-policy.ts'
import type { Decoder } from './values.ts'

const VERSIONS: readonly TlsVersion[] = ['TLSv1.2', 'TLSv1.3']
/** No longer spoken (RFC 7568, RFC 8996). */
export const OLD_VERSIONS: ReadonlySet<string> = new Set(['SSLv2', 'SSLv3', 'TLSv1', 'TLSv1.1'])

export interface VersionRange {
  readonly minVersion: TlsVersion
  readonly maxVersion: TlsVersion
}

/** Older versions in a list are passed over (RFC 8996); there must be one that is not. */
export const decodeVersions: Decoder<VersionRange> = (text) => {
  const words = text.split(/\s+/)
  const found = VERSIONS.filter((version) => words.includes(version))
  const [minVersion] = found
  const maxVersion = found.at(-1)
  const isKnown = words.every((word) => OLD_VERSIONS.has(word) || found.some((version) => version === word))
  return minVersion !== undefined && maxVersion !== undefined && isKnown
    ? { ok: true, value: { minVersion, maxVersion } }
    : { ok: false, accepted: 'TLSv1.2 and TLSv1.3, separated by a space' }
}

/** OpenSSL knows fewer. */
const MOST_CIPHERS = 200
const CIPHER_WORD = /^[\w!+@=.-]{1,64}$/

/**
 * An OpenSSL list for TLS 1.2, into its normal form. Suites of TLS 1.3, which nginx ignores here, and names that OpenSSL does
 * not know are left out; something must remain.
 */
export const decodeCiphers: Decoder<string> = (text) => {
  const accepted = 'an OpenSSL cipher list with at least one suite that OpenSSL knows'
  const words = wordsOf(text)
  if (words.length > MOST_CIPHERS || !words.every((word) => CIPHER_WORD.test(word))) return { ok: false, accepted }
  const value = words.filter((word) => !word.startsWith('TLS_') && !isUnknownCipher(word)).join(':')
  return value !== '' && isUsable({ ciphers: value }) ? { ok: true, value } : { ok: false, accepted }
}

/** Names in a list that OpenSSL does not know, for remarks. */
export function unknownCiphers(text: string): readonly string[] {
  return wordsOf(text).filter((word) => !word.startsWith('TLS_') && isUnknownCipher(word))
}

function wordsOf(text: string): readonly string[] {
  return text.split(/[:, ]+/).filter((word) => word !== '')
}

/** Only plain names are looked up: exclusions and commands may match nothing. */
function isUnknownCipher(word: string): boolean {
  return /^[A-Za-z0-9]/.test(word) && !isUsable({ ciphers: `${word}@SECLEVEL=0` })
}

export const decodeCurves: Decoder<string> = (text) => {
  if (text === 'auto') return { ok: true, value: '' }
  return /^[\w:.-]{1,200}$/.test(text) && isUsable({ ecdhCurve: text })
    ? { ok: true, value: text }
    : {
        ok: false,
        accepted: '"auto" or names of groups that OpenSSL knows, separated by ":", such as X25519:prime256v1',
      }
}

/** Asking OpenSSL takes a while, and the same lists are read again with every change. */
const answers = new LruMap<string, boolean>(1000)

function isUsable(options: { readonly ciphers?: string; readonly ecdhCurve?: string }): boolean {
  const key = JSON.stringify(options)
  const known = answers.get(key)
  if (known !== undefined) return known
  let answer = true
  try {
    createSecureContext({ ...options })
  } catch {
    answer = false
  }
  answers.set(key, answer)
  return answer
}

/** 48 or 80 bytes, as nginx's. */
export const decodeTicketKey: Decoder<string> = (text) => {
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(text)
  const { length } = Buffer.from(text, 'base64')
  return isBase64 && (length === 48 || length === 80)
    ? { ok: true, value: text }
    : { ok: false, accepted: '48 or 80 random bytes in Base64' }
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 }
const LONGEST_SESSION_SECONDS = 604_800

/** `10m` and the like, in seconds; up to a week, as long as tickets of TLS 1.3 may live (RFC 8446, 4.6.1). */
export const decodeSessionTimeout: Decoder<number> = (text) => {
  const match = /^(\d{1,9})([smhd]?)$/.exec(text)
  const seconds = match === null ? 0 : Number(match[1]) * (UNIT_SECONDS[match[2] ?? ''] ?? 0)
  return seconds >= 1 && seconds <= LONGEST_SESSION_SECONDS
    ? { ok: true, value: seconds }
    : { ok: false, accepted: 'a time from 1s to 7d, such as "10m"' }
}

/** Must begin with what it is about; runs in linear time. */
export const decodeMatchCn: Decoder<string> = (text) => {
  const accepted = 'a regular expression that begins with "CN="'
  if (!text.startsWith('CN=')) return { ok: false, accepted }
  const regex = compileLinearRegex(text, false)
  return 'error' in regex ? { ok: false, accepted: `${accepted} and runs in linear time` } : { ok: true, value: text }
}

/** A URL to redirect to. */
export const decodeErrorPage: Decoder<string> = (text) =>
  /^https?:\/\/[\w\-.~/:,?&=%#]+$/.test(text)
    ? { ok: true, value: text }
    : { ok: false, accepted: 'a URL that begins with http:// or https://' }

export const decodeHostName: Decoder<string> = (text) =>
  text.length <= 253 && /^(?!-)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*$/.test(text)
    ? { ok: true, value: text.toLowerCase() }
    : { ok: false, accepted: 'a host name' }
