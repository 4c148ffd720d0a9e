/** `status.conditions` of Nodes and Pods. */
import { optionalText } from '../../base/decode.ts'
import type { MapField } from '../../base/decode.ts'
import { listOfMaps } from '../../base/decode-list.ts'

/** Conditions as `type` to `True`, `False` or `Unknown`. */
export function decodeConditions(status: MapField): Readonly<Record<string, string>> {
  const entries = listOfMaps(status, 'conditions', (map) => {
    const type = optionalText(map, 'type')
    return type === undefined ? null : ([type, optionalText(map, 'status') ?? 'Unknown'] as const)
  })
  return Object.fromEntries(entries)
}
