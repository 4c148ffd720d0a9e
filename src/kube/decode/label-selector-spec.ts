/** meta/v1 LabelSelector as a field of other objects. */
import { optionalText } from '../../base/decode.ts'
import type { MapField } from '../../base/decode.ts'
import { closeMap, listOfMaps, listOfText, textRecord } from '../../base/decode-list.ts'
import type { LabelSelectorSpec } from '../objects.ts'

/** Decodes a selector; an empty one selects everything. */
export function decodeLabelSelectorSpec(map: MapField): LabelSelectorSpec {
  closeMap(map, ['matchLabels', 'matchExpressions'])
  return {
    matchLabels: textRecord(map, 'matchLabels'),
    matchExpressions: listOfMaps(map, 'matchExpressions', (entry) => ({
      key: optionalText(entry, 'key') ?? '',
      operator: optionalText(entry, 'operator') ?? '',
      values: listOfText(entry, 'values'),
    })),
  }
}
