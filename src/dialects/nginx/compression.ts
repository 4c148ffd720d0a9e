/** ConfigMap keys and the annotation of our own about compressed answers (ingress-nginx, configmap.md: use-gzip). */
import type { Coding } from '../../routing/compression.ts'
import type { CompressionSettings } from '../ingress/compression-settings.ts'
import { type SettingRow, settingRow } from './setting-row.ts'
import { decodeBoolean, type Decoder, decodeInteger } from './values.ts'

interface Draft {
  compression: CompressionSettings
}

type Rows = Readonly<Record<string, SettingRow<Draft>>>
type Limits = CompressionSettings['limits'][Coding]

const CODINGS: readonly Coding[] = ['gzip', 'br', 'zstd']

const decodeTypes: Decoder<readonly string[]> = (text) => {
  const types = text.toLowerCase().split(/\s+/)
  return types.every((type) => type === '*' || /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+*-]+$/.test(type))
    ? { ok: true, value: types }
    : { ok: false, accepted: 'media types separated by spaces, or "*"' }
}

const decodeCodings: Decoder<readonly Coding[]> = (text) => {
  if (text === 'off') return { ok: true, value: [] }
  const words = text.split(',').map((word) => word.trim())
  const codings = CODINGS.filter((coding) => words.includes(coding))
  return codings.length === words.length
    ? { ok: true, value: words as readonly Coding[] }
    : { ok: false, accepted: 'a comma list of gzip, br and zstd, best first and each once; or "off"' }
}

function limitRow<K extends keyof Limits>(coding: Coding, key: K, decode: Decoder<Limits[K]>): SettingRow<Draft> {
  return settingRow(decode, (draft, value) => {
    const { limits } = draft.compression
    draft.compression = {
      ...draft.compression,
      limits: { ...limits, [coding]: { ...limits[coding], [key]: value } },
    }
  })
}

function switchRow(key: 'usesGzip' | 'usesBrotli'): SettingRow<Draft> {
  return settingRow(decodeBoolean, (draft, value) => {
    draft.compression = { ...draft.compression, [key]: value }
  })
}

const LENGTH = decodeInteger(0, 1_000_000_000)

export const COMPRESSION_CONFIG_ROWS: Rows = {
  'brotli-level': limitRow('br', 'level', decodeInteger(0, 11)),
  'brotli-min-length': limitRow('br', 'minBytes', LENGTH),
  'brotli-types': limitRow('br', 'types', decodeTypes),
  'enable-brotli': switchRow('usesBrotli'),
  'gzip-level': limitRow('gzip', 'level', decodeInteger(1, 9)),
  'gzip-min-length': limitRow('gzip', 'minBytes', LENGTH),
  'gzip-types': limitRow('gzip', 'types', decodeTypes),
  'use-gzip': switchRow('usesGzip'),
}

/** `genkan.dev/compression`. */
export const COMPRESSION_ROWS: Rows = {
  compression: settingRow(decodeCodings, (draft, codings) => {
    draft.compression = { ...draft.compression, codings }
  }),
}
