/** Annotations and ConfigMap keys about bandwidth, heads of answers and the protocol upstream. */
import type { TransferSettings } from '../ingress/transfer-settings.ts'
import { type SettingRow, settingRow } from './setting-row.ts'
import { decodeBoolean, type Decoder, decodeInteger, decodeSize, decodeWord } from './values.ts'

interface Draft {
  transfer: TransferSettings
}

type Rows = Readonly<Record<string, SettingRow<Draft>>>

/** The proxy itself takes no longer head, so that a higher bound is this one. */
const MOST_HEAD_BYTES = 65_536
const LEAST_HEAD_BYTES = 1024

const decodeHeadSize: Decoder<number> = (text) => {
  const size = decodeSize(text)
  return size.ok && size.value >= LEAST_HEAD_BYTES
    ? { ok: true, value: Math.min(size.value, MOST_HEAD_BYTES) }
    : { ok: false, accepted: 'digits and k or m, such as "8k", from 1k on' }
}

const decodeVersion: Decoder<boolean> = (text) => {
  const version = decodeWord(['1.0', '1.1'] as const, false)(text)
  return version.ok ? { ok: true, value: version.value === '1.0' } : version
}

function transferRow<K extends keyof TransferSettings>(
  key: K,
  decode: Decoder<TransferSettings[K]>,
): SettingRow<Draft> {
  return settingRow(decode, (draft, value) => {
    draft.transfer = { ...draft.transfer, [key]: value }
  })
}

/** Read without effect. */
function idleRow(decode: Decoder<unknown>): SettingRow<Draft> {
  return settingRow(decode, () => {})
}

const KILOBYTES = decodeInteger(0, 1_000_000_000)

export const TRANSFER_ROWS: Rows = {
  'limit-rate': transferRow('kilobytesPerSecond', KILOBYTES),
  'limit-rate-after': transferRow('freeKilobytes', KILOBYTES),
  'proxy-buffer-size': transferRow('maxAnswerHeadBytes', decodeHeadSize),
  'proxy-http-version': transferRow('usesHttp10', decodeVersion),
}

export const TRANSFER_CONFIG_ROWS: Rows = {
  ...TRANSFER_ROWS,
  'allow-backend-server-header': transferRow('passesServer', decodeBoolean),
  // Our Server field names no version whatever this says.
  'server-tokens': idleRow(decodeBoolean),
}
