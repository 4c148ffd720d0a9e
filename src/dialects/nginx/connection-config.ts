/** ConfigMap keys about connections before HTTP: PROXY protocol and streams (docs/streams.md). */
import type { ProxySettings } from '../../routing/model.ts'
import { DEFAULT_STREAM_SETTINGS, type StreamSettings } from '../../routing/streams.ts'
import type { ClientAddressConfig } from './client-address.ts'
import { LONGEST_MS } from '../ingress/settings.ts'
import { type SettingRow, settingRow } from './setting-row.ts'
import { decodeBoolean, type Decoder, decodeInteger } from './values.ts'

/** While keys are read. */
export interface ConnectionConfig {
  usesProxyProtocol: boolean
  headerTimeoutMs: number
  /** Access logs of all kinds are off. */
  hasNoLog: boolean
  streams: StreamSettings
}

export function defaultConnectionConfig(): ConnectionConfig {
  return { usesProxyProtocol: false, headerTimeoutMs: 5000, hasNoLog: false, streams: DEFAULT_STREAM_SETTINGS }
}

interface Draft {
  readonly connections: ConnectionConfig
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A number with a unit, as Go and nginx both write times; nginx takes one without unit for seconds. */
const decodeTime: Decoder<number> = (text) => {
  const match = /^(\d{1,10}(?:\.\d{1,3})?)(ms|s|m|h|d)?$/.exec(text)
  const value = match === null ? Number.NaN : Math.round(Number(match[1]) * (UNITS[match[2] ?? 's'] ?? 1000))
  return value >= 1 && value <= LONGEST_MS
    ? { ok: true, value }
    : { ok: false, accepted: 'a time with its unit, such as "5s", "500ms" or "10m"' }
}

/** As before, and 0 for none. */
const decodeOptionalTime: Decoder<number> = (text) =>
  /^0(?:ms|s|m|h|d)?$/.test(text) ? { ok: true, value: 0 } : decodeTime(text)

function streamRow<K extends keyof StreamSettings>(key: K, decode: Decoder<StreamSettings[K]>): SettingRow<Draft> {
  return settingRow(decode, ({ connections }, value) => {
    connections.streams = { ...connections.streams, [key]: value }
  })
}

export const CONNECTION_CONFIG_ROWS: Readonly<Record<string, SettingRow<Draft>>> = {
  'use-proxy-protocol': settingRow(decodeBoolean, ({ connections }, value) => {
    connections.usesProxyProtocol = value
  }),
  'proxy-protocol-header-timeout': settingRow(decodeTime, ({ connections }, value) => {
    connections.headerTimeoutMs = value
  }),
  'proxy-stream-timeout': streamRow('idleTimeoutMs', decodeTime),
  'proxy-stream-next-upstream': streamRow('triesNext', decodeBoolean),
  'proxy-stream-next-upstream-tries': streamRow('maxTries', decodeInteger(0, 1_000_000)),
  'proxy-stream-next-upstream-timeout': streamRow('triesTimeoutMs', decodeOptionalTime),
  'proxy-stream-responses': streamRow('datagramResponses', decodeInteger(0, 1_000_000)),
  'log-format-stream': (text, { connections }) => {
    const { streams } = connections
    connections.streams = { ...streams, accessLog: { ...streams.accessLog, format: text } }
    return null
  },
  'disable-stream-access-log': settingRow(decodeBoolean, ({ connections }, value) => {
    if (value) connections.hasNoLog = true
  }),
}

/** The part of the proxy's settings that these keys make; nothing where all are at their defaults. */
export function settleConnections(
  { usesProxyProtocol, headerTimeoutMs, hasNoLog, streams }: ConnectionConfig,
  clients: ClientAddressConfig,
): Pick<ProxySettings, 'proxyProtocol' | 'streams'> {
  const settled = hasNoLog ? { ...streams, accessLog: { ...streams.accessLog, isEnabled: false } } : streams
  return {
    ...(usesProxyProtocol ? { proxyProtocol: { headerTimeoutMs, trustedPeers: clients.proxies.addresses } } : {}),
    ...(settled === DEFAULT_STREAM_SETTINGS ? {} : { streams: settled }),
  }
}
