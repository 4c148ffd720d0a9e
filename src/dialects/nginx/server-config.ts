/** ConfigMap keys about connections and their ends (ingress-nginx, configmap.md). */
import type { ProxySettings } from '../../routing/model.ts'
import { LONGEST_MS } from '../ingress/settings.ts'
import { type SettingRow, settingRow } from './setting-row.ts'
import { decodeBoolean, type Decoder, decodeInteger } from './values.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

interface Draft {
  readonly proxy: Mutable<ProxySettings>
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** nginx's times: a number, which is seconds, or numbers with units such as `1h30m`. */
const decodeTime: Decoder<number> = (text) => {
  const isTime = /^(?:\d{1,9}|(?:\d{1,9}(?:ms|[smhd]))+)$/.test(text)
  const parts = isTime ? [...text.matchAll(/(\d+)(ms|[smhd]|$)/g)] : []
  const value = parts.reduce((sum, [, digits = '', unit = '']) => sum + Number(digits) * (UNITS[unit] ?? 1000), 0)
  return parts.length > 0 && value >= 1 && value <= LONGEST_MS
    ? { ok: true, value }
    : { ok: false, accepted: 'a time such as "240s" or "1h"' }
}

export const SERVER_CONFIG_ROWS: Readonly<Record<string, SettingRow<Draft>>> = {
  'use-http2': settingRow(decodeBoolean, ({ proxy }, value) => {
    if (!value) proxy.usesHttp2 = false
  }),
  'disable-ipv6-dns': settingRow(decodeBoolean, ({ proxy }, value) => {
    if (value) proxy.resolvesIpv6 = false
  }),
  // 0 leaves it to the limit on open files, as here without the key.
  'max-worker-connections': settingRow(decodeInteger(0, 10_000_000), ({ proxy }, value) => {
    if (value > 0) proxy.maxConnections = value
  }),
  'upstream-keepalive-time': settingRow(decodeTime, ({ proxy }, value) => {
    proxy.upstreamKeepaliveTimeMs = value
  }),
  'worker-shutdown-timeout': settingRow(decodeTime, ({ proxy }, value) => {
    proxy.shutdownTimeoutMs = value
  }),
}
