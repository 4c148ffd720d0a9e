/** The text of MetalLB's ConfigMaps: YAML in YAML, read strictly, with findings that point into it. */
import { parseDocument } from 'yaml'
import { isPlainMap } from '../../base/decode.ts'
import type { DecodeLog, FieldPath, MapField } from '../../base/decode.ts'
import type { Finding, Origin } from '../../base/finding.ts'
import { originOf } from '../../kube/meta.ts'
import type { ConfigMap } from '../../kube/objects.ts'
import { toWrittenPath } from '../../base/decode-list.ts'
import { type MetalRemarks, pathInConfigMap } from './written.ts'

const LARGEST = 1_048_576

export interface LegacyText {
  readonly root: MapField
  /** Origin of a field by its written path. */
  at(path: FieldPath): Origin
}

/** @returns `null`, with a remark, for what is no YAML or no map; an empty text is an empty map */
export function readText(map: ConfigMap, key: string, remarks: MetalRemarks): LegacyText | null {
  const text = map.data[key] ?? ''
  const base = originOf(map, 'data', key)
  const at = (path: FieldPath): Origin => ({ ...base, path: pathInConfigMap(key, path) })
  const refuse = (state: string): null => {
    remarks.add('METAL_CONFIG_MAP', at([]), state)
    return null
  }
  if (text.length > LARGEST) return refuse(`it is longer than ${LARGEST} characters`)
  const document = parseDocument(text, { uniqueKeys: true, merge: true })
  const [error] = document.errors
  if (error !== undefined) return refuse(`it is no YAML: ${error.message.split('\n')[0]?.replace(/:$/, '') ?? ''}`)
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: 100 }) ?? {}
  } catch (thrown) {
    return refuse(thrown instanceof Error ? thrown.message : 'its aliases cannot be followed')
  }
  if (!isPlainMap(value)) return refuse('it is no map; write address-pools: and a list')
  const moves: DecodeLog['moves'] = new Map()
  const log: DecodeLog = {
    findings: remarks.findings,
    moves,
    hidesValues: false,
    wordAt: () => undefined,
    origin: (path) => at(path),
  }
  return { root: { fields: value, path: [], log }, at: (path) => at(toWrittenPath(moves, path)) }
}

/** In a ConfigMap an unknown key is an error: MetalLB refuses the whole of it. */
export function harden(findings: Finding[], from: number): void {
  for (let at = from; at < findings.length; at++) {
    const finding = findings[at]
    if (finding?.code === 'FIELD_UNKNOWN') findings[at] = { ...finding, severity: 'error' }
  }
}
