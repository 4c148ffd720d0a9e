/** ConfigMap keys about the client's address (ingress-nginx, configmap.md: use-forwarded-headers). */
import type { TrustedProxies } from '../../routing/trusted-proxies.ts'
import { decodeRanges } from './addresses.ts'
import { type SettingRow, settingRow } from './setting-row.ts'
import { decodeBoolean, type Decoder } from './values.ts'

/** While keys are read. */
export interface ClientAddressConfig {
  trustsForwarded: boolean
  trustsAddress: boolean
  proxies: TrustedProxies
}

/** Everybody, as in ingress-nginx, and over IPv6 too. */
export const TRUST_NOBODY: Readonly<ClientAddressConfig> = {
  trustsForwarded: false,
  trustsAddress: false,
  proxies: {
    addresses: ['0.0.0.0/0', '::/0'],
    addressHeader: 'x-forwarded-for',
    trustsOthers: false,
    keepsChain: false,
  },
}

interface Draft {
  readonly clients: ClientAddressConfig
}

const decodeHeaderName: Decoder<string> = (text) =>
  /^[A-Za-z0-9-]{1,64}$/.test(text)
    ? { ok: true, value: text.toLowerCase() }
    : { ok: false, accepted: 'the name of a header field, such as "X-Forwarded-For"' }

function proxiesRow<K extends keyof TrustedProxies>(key: K, decode: Decoder<TrustedProxies[K]>): SettingRow<Draft> {
  return settingRow(decode, ({ clients }, value) => {
    clients.proxies = { ...clients.proxies, [key]: value }
  })
}

export const CLIENT_ADDRESS_ROWS: Readonly<Record<string, SettingRow<Draft>>> = {
  'use-forwarded-headers': settingRow(decodeBoolean, ({ clients }, value) => {
    clients.trustsForwarded = value
  }),
  'enable-real-ip': settingRow(decodeBoolean, ({ clients }, value) => {
    clients.trustsAddress = value
  }),
  'forwarded-for-header': proxiesRow('addressHeader', decodeHeaderName),
  'compute-full-forwarded-for': proxiesRow('keepsChain', decodeBoolean),
  // A list that cannot be read trusts nobody: everybody would be the other choice.
  'proxy-real-ip-cidr': (text, { clients }) => {
    const decoded = decodeRanges(text)
    clients.proxies = { ...clients.proxies, addresses: decoded.ok ? decoded.value : [] }
    return decoded.ok ? null : decoded.accepted
  },
}

/** @returns `null` where nobody is trusted */
export function settleClientAddress(config: ClientAddressConfig): TrustedProxies | null {
  const { trustsForwarded, trustsAddress, proxies } = config
  if (proxies.addresses.length === 0 || (!trustsForwarded && !trustsAddress)) return null
  return { ...proxies, trustsOthers: trustsForwarded }
}
