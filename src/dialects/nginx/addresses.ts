/** Annotations and ConfigMap keys about client addresses (ingress-nginx, annotations.md: Denylist source range). */
import { isAddressRange } from '../../routing/address-policy.ts'
import type { AccessSettings } from '../ingress/access-settings.ts'
import { type SettingRow, settingRow } from './setting-row.ts'
import type { Decoder } from './values.ts'

interface Draft {
  access: AccessSettings
}

type Rows = Readonly<Record<string, SettingRow<Draft>>>

/** A comma list of addresses and ranges of either family, at least one. */
export const decodeRanges: Decoder<readonly string[]> = (text) => {
  const entries = text.split(',').map((entry) => entry.trim())
  const value = entries.filter((entry) => entry !== '')
  return value.length > 0 && value.every(isAddressRange)
    ? { ok: true, value }
    : { ok: false, accepted: 'a comma list of addresses and ranges such as "10.0.0.0/8,2001:db8::1"' }
}

/** What an annotation says replaces the ConfigMap's list. */
function listRow(key: 'allow' | 'deny'): SettingRow<Draft> {
  return settingRow(decodeRanges, (draft, value) => {
    draft.access = { ...draft.access, addresses: { ...draft.access.addresses, [key]: value } }
  })
}

/** A value that cannot be read closes the routes. */
export const ADDRESS_ROWS: Rows = {
  'allowlist-source-range': listRow('allow'),
  'whitelist-source-range': listRow('allow'),
  'denylist-source-range': listRow('deny'),
}

/** A value that cannot be read closes all routes. */
export const ADDRESS_CONFIG_ROWS: Rows = {
  'whitelist-source-range': listRow('allow'),
  'denylist-source-range': listRow('deny'),
}
