/** Annotations and ConfigMap keys about TLS, one row each (ingress-nginx, annotations.md, configmap.md and tls.md). */
import type { ClientCertificateMode } from '../../routing/client-certificates.ts'
import type { TlsPolicy } from '../../routing/tls-policy.ts'
import type { ClientCertificateText, TlsSettings, UpstreamTlsText } from '../ingress/tls-settings.ts'
import { decodeObjectName } from './auth-values.ts'
import { type SettingRow, settingRow } from './setting-row.ts'
import {
  decodeCiphers,
  decodeCurves,
  decodeErrorPage,
  decodeHostName,
  decodeMatchCn,
  decodeSessionTimeout,
  decodeTicketKey,
  decodeVersions,
} from './tls-values.ts'
import { decodeBoolean, type Decoder, decodeInteger, decodeWord } from './values.ts'

/** Settings while they are read. */
interface TlsDraft {
  tls: TlsSettings
}

type Rows = Readonly<Record<string, SettingRow<TlsDraft>>>

const DEPTH = decodeInteger(0, 100)

function clientRow<K extends keyof ClientCertificateText>(
  key: K,
  decode: Decoder<ClientCertificateText[K]>,
): SettingRow<TlsDraft> {
  return settingRow(decode, (draft, value) => {
    draft.tls = { ...draft.tls, clientText: { ...draft.tls.clientText, [key]: value } }
  })
}

const MODES: Readonly<Record<string, ClientCertificateMode>> = {
  on: 'required',
  off: 'off',
  optional: 'optional',
  optional_no_ca: 'optional-no-ca',
}

/** A value that cannot be read closes the hosts of the Ingress. */
export const CLIENT_CERTIFICATE_ROWS: Rows = {
  'auth-tls-secret': clientRow('secret', decodeObjectName),
  'auth-tls-verify-depth': clientRow('depth', DEPTH),
  'auth-tls-match-cn': clientRow('matchCn', decodeMatchCn),
}

export function closeClientHosts(draft: TlsDraft): void {
  draft.tls = { ...draft.tls, clientText: { ...draft.tls.clientText, isBroken: true } }
}

/** A value that cannot be read leaves a default that protects as much or more. */
export const CLIENT_CERTIFICATE_PLAIN_ROWS: Rows = {
  'auth-tls-verify-client': clientRow('mode', (text) => {
    const word = decodeWord(['on', 'off', 'optional', 'optional_no_ca'], false)(text)
    return word.ok ? { ok: true, value: MODES[word.value] ?? 'required' } : word
  }),
  'auth-tls-error-page': clientRow('errorPage', decodeErrorPage),
  'auth-tls-pass-certificate-to-upstream': clientRow('passesCertificate', decodeBoolean),
}

export const HOST_TLS_ROWS: Rows = {
  'ssl-ciphers': settingRow(decodeCiphers, (draft, ciphers) => {
    draft.tls = { ...draft.tls, host: { ...draft.tls.host, ciphers } }
  }),
  'ssl-prefer-server-ciphers': settingRow(decodeBoolean, (draft, prefersServerCiphers) => {
    draft.tls = { ...draft.tls, host: { ...draft.tls.host, prefersServerCiphers } }
  }),
}

function upstreamRow<T>(decode: Decoder<T>, apply: (value: T) => Partial<UpstreamTlsText>): SettingRow<TlsDraft> {
  return settingRow(decode, (draft, value) => {
    draft.tls = { ...draft.tls, upstreamText: { ...draft.tls.upstreamText, ...apply(value) } }
  })
}

const SWITCH = decodeWord(['on', 'off'], false)

/** A value that cannot be read closes the routes: nobody would know whom they speak to. */
export const UPSTREAM_TLS_ROWS: Rows = {
  'proxy-ssl-secret': upstreamRow(decodeObjectName, (secret) => ({ secret })),
  'proxy-ssl-verify': upstreamRow(SWITCH, (word) => ({ isVerified: word === 'on' })),
  'proxy-ssl-verify-depth': upstreamRow(DEPTH, (depth) => ({ depth })),
  'proxy-ssl-name': upstreamRow(decodeHostName, (name) => ({ name })),
}

export const UPSTREAM_TLS_PLAIN_ROWS: Rows = {
  'proxy-ssl-ciphers': upstreamRow(decodeCiphers, (ciphers) => ({ ciphers })),
  'proxy-ssl-protocols': upstreamRow(decodeVersions, (range) => range),
  'proxy-ssl-server-name': upstreamRow(SWITCH, (word) => ({ sendsName: word === 'on' })),
}

/** Of all Ingresses. */
export const TLS_CONFIG_ROWS: Rows = {
  'proxy-ssl-location-only': settingRow(decodeBoolean, (draft, isUpstreamLocal) => {
    draft.tls = { ...draft.tls, isUpstreamLocal }
  }),
}

/** Of the listener, while it is read. */
export interface TlsPolicyDraft {
  policy: TlsPolicy
}

function policyRow<K extends keyof TlsPolicy>(key: K, decode: Decoder<TlsPolicy[K]>): SettingRow<TlsPolicyDraft> {
  return settingRow(decode, (draft, value) => {
    draft.policy = { ...draft.policy, [key]: value }
  })
}

export const TLS_POLICY_ROWS: Readonly<Record<string, SettingRow<TlsPolicyDraft>>> = {
  'ssl-protocols': settingRow(decodeVersions, (draft, range) => {
    draft.policy = { ...draft.policy, ...range }
  }),
  'ssl-ciphers': policyRow('ciphers', decodeCiphers),
  'ssl-ecdh-curve': policyRow('curves', decodeCurves),
  'ssl-prefer-server-ciphers': policyRow('prefersServerCiphers', decodeBoolean),
  'ssl-session-timeout': policyRow('sessionTimeoutSeconds', decodeSessionTimeout),
  'ssl-session-tickets': policyRow('usesSessionTickets', decodeBoolean),
  'ssl-session-ticket-key': policyRow('sessionTicketKey', decodeTicketKey),
  'ssl-reject-handshake': policyRow('rejectsUnknownNames', decodeBoolean),
}
