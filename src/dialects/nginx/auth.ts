/** Annotations and ConfigMap keys that ask for authentication, one row each (ingress-nginx, annotations.md: Authentication). */
import type { AuthSettings, ExternalAuthText } from '../ingress/auth-settings.ts'
import {
  decodeAuthUrl,
  decodeCacheDurations,
  decodeHeaderNames,
  decodeMethod,
  decodeObjectName,
  decodeParameterName,
  decodeRealm,
  decodeSigninUrl,
  decodeTemplate,
} from './auth-values.ts'
import { type SettingRow, settingRow } from './setting-row.ts'
import { decodeBoolean, type Decoder, decodeInteger, decodeWord } from './values.ts'

/** Settings while they are read. */
interface AuthDraft {
  auth: AuthSettings
}

type Rows = Readonly<Record<string, SettingRow<AuthDraft>>>

function authRow<K extends keyof AuthSettings>(key: K, decode: Decoder<AuthSettings[K]>): SettingRow<AuthDraft> {
  return settingRow(decode, (draft, value) => {
    draft.auth = { ...draft.auth, [key]: value }
  })
}

/** Keys of an authentication service, by the part of their name that annotations and ConfigMap share. */
function externalRows(prefix: string, part: 'external' | 'globalExternal'): Rows {
  const row = <K extends keyof ExternalAuthText>(key: K, decode: Decoder<ExternalAuthText[K]>): SettingRow<AuthDraft> =>
    settingRow(decode, (draft, value) => {
      draft.auth = { ...draft.auth, [part]: { ...draft.auth[part], [key]: value } }
    })
  return {
    [`${prefix}-url`]: row('url', decodeAuthUrl),
    [`${prefix}-method`]: row('method', decodeMethod),
    [`${prefix}-signin`]: row('signinUrl', decodeSigninUrl),
    [`${prefix}-signin-redirect-param`]: row('signinRedirectParam', decodeParameterName),
    [`${prefix}-response-headers`]: row('responseHeaders', decodeHeaderNames),
    [`${prefix}-request-redirect`]: row('requestRedirect', decodeTemplate),
    [`${prefix}-cache-key`]: row('cacheKey', decodeTemplate),
    [`${prefix}-cache-duration`]: row('cacheDurations', decodeCacheDurations),
    [`${prefix}-always-set-cookie`]: row('alwaysSetCookie', decodeBoolean),
  }
}

/** A value that cannot be read closes the routes. */
export const AUTH_ROWS: Rows = {
  'auth-type': authRow('type', decodeWord(['basic', 'digest'], false)),
  'auth-secret': authRow('secret', decodeObjectName),
  'auth-secret-type': authRow('secretType', decodeWord(['auth-file', 'auth-map'], false)),
  ...externalRows('auth', 'external'),
  'auth-proxy-set-headers': settingRow(decodeObjectName, (draft, value) => {
    draft.auth = { ...draft.auth, external: { ...draft.auth.external, requestHeadersFrom: value } }
  }),
}

const ignored: SettingRow<AuthDraft> = settingRow(decodeInteger(0, 1_000_000_000), () => {})

/** A value that cannot be read leaves a default that protects as much or more. */
export const AUTH_PLAIN_ROWS: Rows = {
  'auth-realm': authRow('realm', decodeRealm),
  'enable-global-auth': authRow('usesGlobal', decodeBoolean),
  satisfy: settingRow(decodeWord(['any', 'all'], false), (draft, value) => {
    draft.auth = { ...draft.auth, satisfiesAny: value === 'any' }
  }),
  // Connections to authentication services are always kept; nginx's pool needs to be told how many.
  'auth-keepalive': ignored,
  'auth-keepalive-requests': ignored,
  'auth-keepalive-timeout': ignored,
  'auth-keepalive-share-vars': settingRow(decodeBoolean, () => {}),
}

/** A value that cannot be read closes the routes that would use it. */
export const AUTH_CONFIG_ROWS: Rows = externalRows('global-auth', 'globalExternal')

export const AUTH_PLAIN_CONFIG_ROWS: Rows = {
  'no-auth-locations': settingRow(decodePaths, (draft, value) => {
    draft.auth = { ...draft.auth, exemptPaths: value }
  }),
  'allow-cross-namespace-resources': authRow('allowsOtherNamespaces', decodeBoolean),
}

function decodePaths(text: string): ReturnType<Decoder<readonly string[]>> {
  const paths = text.split(',').map((path) => path.trim())
  const value = paths.filter((path) => path !== '')
  return value.every((path) => path.startsWith('/'))
    ? { ok: true, value }
    : { ok: false, accepted: 'a comma list of paths that begin with "/"' }
}
