import type { MapField } from '../../base/decode.ts'
import { listOfMaps } from '../../base/decode-list.ts'
import type { LabelSelectorSpec } from '../objects.ts'
import { decodeLabelSelectorSpec } from './label-selector-spec.ts'

/** A list of label selectors, which are alternatives. */
export function selectorsOf(map: MapField, key: string): readonly LabelSelectorSpec[] {
  return listOfMaps(map, key, decodeLabelSelectorSpec)
}
