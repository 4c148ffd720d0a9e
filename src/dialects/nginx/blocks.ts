/** ConfigMap keys that refuse requests whatever their host and path (ingress-nginx, configmap.md). */
import { compileLinearRegex } from '../../base/linear-regex.ts'
import type { RequestBlocks, TextPattern } from '../../routing/request-blocks.ts'
import { decodeRanges } from './addresses.ts'
import { type SettingRow, settingRow } from './setting-row.ts'
import type { Decoder } from './values.ts'

interface Draft {
  blocks: RequestBlocks
}

export const NO_BLOCKS: RequestBlocks = { addresses: [], userAgents: [], referers: [] }

/** Entries of a `map`, separated by commas: `curl/8.5`, `~Bot`, `~*bot`. */
export const decodePatterns: Decoder<readonly TextPattern[]> = (text) => {
  const value: TextPattern[] = []
  for (const entry of text.split(',').map((part) => part.trim())) {
    if (entry === '') continue
    const pattern = toPattern(entry)
    if (pattern.kind === 'regex') {
      if (pattern.source === '') return { ok: false, accepted: 'an expression behind "~"' }
      const regex = compileLinearRegex(pattern.source, pattern.caseInsensitive)
      if ('error' in regex) return { ok: false, accepted: `expressions without this: in ${entry}, ${regex.error}` }
    }
    value.push(pattern)
  }
  return { ok: true, value }
}

function toPattern(entry: string): TextPattern {
  if (entry.startsWith('~*')) return { kind: 'regex', source: entry.slice(2), caseInsensitive: true }
  if (entry.startsWith('~')) return { kind: 'regex', source: entry.slice(1), caseInsensitive: false }
  // nginx's way to write a text that begins with "~".
  return { kind: 'text', text: entry.startsWith('\\~') ? entry.slice(1) : entry }
}

function blockRow<K extends keyof RequestBlocks>(key: K, decode: Decoder<RequestBlocks[K]>): SettingRow<Draft> {
  return settingRow(decode, (draft, value) => {
    draft.blocks = { ...draft.blocks, [key]: value }
  })
}

/** A value that cannot be read closes all routes. */
export const BLOCK_CONFIG_ROWS: Readonly<Record<string, SettingRow<Draft>>> = {
  'block-cidrs': blockRow('addresses', decodeRanges),
  'block-user-agents': blockRow('userAgents', decodePatterns),
  'block-referers': blockRow('referers', decodePatterns),
}
