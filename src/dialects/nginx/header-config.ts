/** ConfigMap keys about header fields (ingress-nginx, configmap.md). */
import type { HostAnswerEdits } from '../../routing/answer-edits.ts'
import { type HeaderSettings, NO_HEADERS } from '../ingress/header-settings.ts'
import { decodeHeaderNames } from './header-values.ts'
import { type HeaderMapContext, readHeaderMap } from './header-map.ts'
import { type SettingRow, settingRow } from './setting-row.ts'
import { decodeBoolean, decodeInteger, type Decoder } from './values.ts'

/** As read; references are not yet followed. */
export interface HeaderConfig {
  hsts: boolean
  hstsMaxAge: number
  hstsIncludeSubdomains: boolean
  hstsPreload: boolean
  /** Lower-case names that `custom-headers` may set. */
  allowedResponseHeaders: readonly string[]
  /** Lower-case names that upstreams say in vain. */
  hideHeaders: readonly string[]
  /** `namespace/name` of ConfigMaps; empty = none. */
  addHeaders: string
  proxySetHeaders: string
  addsOriginalUri: boolean
}

export function defaultHeaderConfig(): HeaderConfig {
  return {
    hsts: true,
    hstsMaxAge: 31_536_000,
    hstsIncludeSubdomains: true,
    hstsPreload: false,
    allowedResponseHeaders: [],
    hideHeaders: [],
    addHeaders: '',
    proxySetHeaders: '',
    addsOriginalUri: false,
  }
}

const decodeReference: Decoder<string> = (text) =>
  /^[a-z0-9.-]+\/[a-z0-9.-]+$/.test(text)
    ? { ok: true, value: text }
    : { ok: false, accepted: 'namespace/name of a ConfigMap' }

type Row = SettingRow<{ readonly headers: HeaderConfig }>

export const HEADER_CONFIG_ROWS: Readonly<Record<string, Row>> = {
  hsts: settingRow(decodeBoolean, ({ headers }, value) => {
    headers.hsts = value
  }),
  'hsts-max-age': settingRow(decodeInteger(0, 1_000_000_000_000), ({ headers }, value) => {
    headers.hstsMaxAge = value
  }),
  'hsts-include-subdomains': settingRow(decodeBoolean, ({ headers }, value) => {
    headers.hstsIncludeSubdomains = value
  }),
  'hsts-preload': settingRow(decodeBoolean, ({ headers }, value) => {
    headers.hstsPreload = value
  }),
  'global-allowed-response-headers': settingRow(decodeHeaderNames, ({ headers }, value) => {
    headers.allowedResponseHeaders = value
  }),
  'hide-headers': settingRow(decodeHeaderNames, ({ headers }, value) => {
    // An upstream's Server never passes, and Date is the proxy's to vouch for.
    headers.hideHeaders = value.filter((name) => name !== 'server' && name !== 'date')
  }),
  'add-headers': settingRow(decodeReference, ({ headers }, value) => {
    headers.addHeaders = value
  }),
  'proxy-set-headers': settingRow(decodeReference, ({ headers }, value) => {
    headers.proxySetHeaders = value
  }),
  'proxy-add-original-uri-header': settingRow(decodeBoolean, ({ headers }, value) => {
    headers.addsOriginalUri = value
  }),
}

/** What the ConfigMap says about header fields, with its references followed. */
export interface NginxHeaders {
  /** For every host of the nginx personality. */
  readonly answers: HostAnswerEdits
  readonly allowedResponseHeaders: readonly string[]
  /** For every Ingress of the nginx personality. */
  readonly settings: HeaderSettings
}

export function resolveHeaderConfig(config: HeaderConfig, context: HeaderMapContext): NginxHeaders {
  const added = config.addHeaders === '' ? null : readHeaderMap('add-headers', config.addHeaders, context)
  const upstream =
    config.proxySetHeaders === '' ? null : readHeaderMap('proxy-set-headers', config.proxySetHeaders, context)
  return {
    answers: {
      strictTransportSecurity: hstsPolicy(config),
      ...(added === null ? {} : { responseHeaders: { set: added, add: [], remove: [] } }),
    },
    allowedResponseHeaders: config.allowedResponseHeaders,
    settings: {
      ...NO_HEADERS,
      upstreamHeaders: upstream === null ? null : { set: upstream, add: [], remove: [] },
      hideHeaders: config.hideHeaders,
      addsOriginalUri: config.addsOriginalUri,
    },
  }
}

function hstsPolicy({ hsts, hstsMaxAge, hstsIncludeSubdomains, hstsPreload }: HeaderConfig): string {
  if (!hsts) return ''
  return `max-age=${hstsMaxAge}${hstsIncludeSubdomains ? '; includeSubDomains' : ''}${hstsPreload ? '; preload' : ''}`
}
