/** ConfigMap. `binaryData` is not read: nothing Genkan takes from a ConfigMap is binary. Source: CoreV1 ConfigMap. */
import type { MapField } from '../../base/decode.ts'
import { closeMap, textRecord } from '../../base/decode-list.ts'
import type { KubeObject } from '../meta.ts'
import type { ConfigMap } from '../objects.ts'

/** Decodes a ConfigMap; unquoted numbers and booleans are reported and used in their text form. */
export function decodeConfigMap(root: MapField, base: Omit<KubeObject, 'kind'>): ConfigMap {
  closeMap(root, ['apiVersion', 'kind', 'metadata', 'data', 'binaryData', 'immutable'], { spec: 'write data: instead' })
  return { kind: 'ConfigMap', ...base, data: textRecord(root, 'data') }
}
