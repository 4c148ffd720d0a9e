/** Annotations about affinity by cookie (ingress-nginx, annotations.md: Session Affinity). */
import type { AffinitySettings, BalancingSettings } from '../ingress/balancing-settings.ts'
import { type SettingRow, settingRow } from './setting-row.ts'
import { decodeBoolean, type Decoder, decodeWord } from './values.ts'

interface Draft {
  balancing: BalancingSettings
}

/** RFC 6265, 4.1.1: a token (RFC 9110, 5.6.2). */
export const decodeCookieName: Decoder<string> = (text) =>
  /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/.test(text)
    ? { ok: true, value: text }
    : { ok: false, accepted: 'a cookie name: letters, digits and signs such as - and _' }

const decodeCookiePath: Decoder<string> = (text) =>
  /^\/[\x21-\x3a\x3c-\x7e]{0,1023}$/.test(text)
    ? { ok: true, value: text }
    : { ok: false, accepted: 'a path that begins with "/" and has no ";" or space' }

const decodeCookieDomain: Decoder<string> = (text) =>
  /^\.?[\dA-Za-z](?:[\dA-Za-z.-]{0,251}[\dA-Za-z])?$/.test(text)
    ? { ok: true, value: text }
    : { ok: false, accepted: 'a domain such as example.com' }

/** Seconds from now, negative ones too: a cookie that ends at once. */
const decodeAge: Decoder<number> = (text) => {
  const value = /^-?\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  return Math.abs(value) <= 2_147_483_647
    ? { ok: true, value }
    : { ok: false, accepted: 'whole seconds without unit, such as "3600"' }
}

function affinityRow<T>(decode: Decoder<T>, toFields: (value: T) => Partial<AffinitySettings>): SettingRow<Draft> {
  return settingRow(decode, (draft, value) => {
    draft.balancing = { ...draft.balancing, affinity: { ...draft.balancing.affinity, ...toFields(value) } }
  })
}

function cookieRow<T>(
  decode: Decoder<T>,
  toFields: (value: T) => Partial<AffinitySettings['cookie']>,
): SettingRow<Draft> {
  return settingRow(decode, (draft, value) => {
    const { affinity } = draft.balancing
    draft.balancing = {
      ...draft.balancing,
      affinity: { ...affinity, cookie: { ...affinity.cookie, ...toFields(value) } },
    }
  })
}

export const AFFINITY_ROWS: Readonly<Record<string, SettingRow<Draft>>> = {
  affinity: affinityRow(decodeWord(['cookie'], false), () => ({ isOn: true })),
  'affinity-mode': affinityRow(decodeWord(['balanced', 'persistent'], false), (mode) => ({ mode })),
  'affinity-canary-behavior': affinityRow(decodeWord(['sticky', 'legacy'], false), (word) => ({
    isIgnoredByCanary: word === 'legacy',
  })),
  'session-cookie-change-on-failure': affinityRow(decodeBoolean, (changesOnFailure) => ({ changesOnFailure })),
  'session-cookie-name': cookieRow(decodeCookieName, (name) => ({ name })),
  'session-cookie-path': cookieRow(decodeCookiePath, (path) => ({ path })),
  'session-cookie-domain': cookieRow(decodeCookieDomain, (domain) => ({ domain })),
  'session-cookie-expires': cookieRow(decodeAge, (expiresSeconds) => ({ expiresSeconds })),
  'session-cookie-max-age': cookieRow(decodeAge, (maxAgeSeconds) => ({ maxAgeSeconds })),
  'session-cookie-secure': cookieRow(decodeBoolean, (isSecure) => ({ isSecure })),
  'session-cookie-samesite': cookieRow(decodeWord(['None', 'Lax', 'Strict'], true), (sameSite) => ({ sameSite })),
  'session-cookie-conditional-samesite-none': cookieRow(decodeBoolean, (omitsSameSiteNone) => ({ omitsSameSiteNone })),
}
