/** Annotations and ConfigMap keys that limit what one client may ask for (ingress-nginx, annotations.md: Rate Limiting). */
import type { AccessSettings, LimitSettings } from '../ingress/access-settings.ts'
import { compileTemplate, TEMPLATE_VARIABLES } from '../../routing/request-template.ts'
import { decodeRanges } from './addresses.ts'
import { type SettingRow, settingRow } from './setting-row.ts'
import { type Decoder, decodeInteger } from './values.ts'

interface Draft {
  access: AccessSettings
}

type Rows = Readonly<Record<string, SettingRow<Draft>>>

const MOST_REQUESTS = 1_000_000

/** A count of which 0 and less is no limit. */
const decodeLimit: Decoder<number> = (text) => {
  const value = /^-?\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  return value <= MOST_REQUESTS
    ? { ok: true, value: Math.max(0, value) }
    : { ok: false, accepted: `a whole number up to ${MOST_REQUESTS}, without unit; "0" is no limit` }
}

/** nginx's words for the client's address are the default. */
const decodeKey: Decoder<string> = (text) => {
  if (text === '$binary_remote_addr' || text === '$remote_addr') return { ok: true, value: '' }
  const template = compileTemplate(text)
  return template.ok && template.variables.length > 0
    ? { ok: true, value: text }
    : { ok: false, accepted: `$binary_remote_addr, or text with some of ${TEMPLATE_VARIABLES}` }
}

function limitRow<K extends keyof LimitSettings>(key: K, decode: Decoder<LimitSettings[K]>): SettingRow<Draft> {
  return settingRow(decode, (draft, value) => {
    draft.access = { ...draft.access, limits: { ...draft.access.limits, [key]: value } }
  })
}

/** A value that cannot be read closes the routes. */
export const LIMIT_ROWS: Rows = {
  'limit-rps': limitRow('requestsPerSecond', decodeLimit),
  'limit-rpm': limitRow('requestsPerMinute', decodeLimit),
  'limit-connections': limitRow('connections', decodeLimit),
}

/** A value that cannot be read leaves a default that protects as much or more: no client is exempt. */
export const LIMIT_PLAIN_ROWS: Rows = {
  'limit-burst-multiplier': limitRow('burstMultiplier', decodeInteger(0, 1000)),
  'limit-allowlist': limitRow('exempt', decodeRanges),
  'limit-whitelist': limitRow('exempt', decodeRanges),
}

export const LIMIT_CONFIG_ROWS: Rows = {
  'limit-req-status-code': limitRow('rateStatus', decodeInteger(400, 599)),
  'limit-conn-zone-variable': limitRow('connectionKey', decodeKey),
  'limit-conn-status-code': limitRow('connectionStatus', decodeInteger(400, 599)),
}
