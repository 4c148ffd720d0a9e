/** Label selectors and other lists, with remarks where nothing could ever match them. */
import type { FieldPath } from '../../base/decode.ts'
import { quote } from '../../base/decode.ts'
import type { LabelSelectorSpec } from '../../kube/objects.ts'
import type { Selector } from '../../metal/model.ts'
import type { MetalRemarks, Written } from './written.ts'

const WITH_VALUES = ['In', 'NotIn']
const WITHOUT_VALUES = ['Exists', 'DoesNotExist']
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?)?$/
const LABEL_KEY = /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?$/

/** @returns false when one of them cannot be used, with a remark */
export function checkSelectors(
  written: Written<unknown>,
  selectors: readonly LabelSelectorSpec[],
  path: FieldPath,
  remarks: MetalRemarks,
): boolean {
  const before = remarks.count
  for (const [index, selector] of selectors.entries()) checkSelector(written, selector, [...path, index], remarks)
  return remarks.count === before
}

/** @returns false when it cannot be used, with a remark */
export function checkSelector(
  written: Written<unknown>,
  selector: LabelSelectorSpec,
  path: FieldPath,
  remarks: MetalRemarks,
): boolean {
  const before = remarks.count
  const refuse = (where: FieldPath, state: string): void => remarks.add('METAL_SELECTOR', written.at(...where), state)
  for (const [key, value] of Object.entries(selector.matchLabels)) {
    const where = [...path, 'matchLabels', key]
    if (!LABEL_KEY.test(key)) refuse(where, `${quote(key)} is no name of a label`)
    else if (!LABEL_VALUE.test(value)) refuse(where, `${quote(value)} is no value of a label`)
  }
  for (const [index, { key, operator, values }] of selector.matchExpressions.entries()) {
    const where = [...path, 'matchExpressions', index]
    if (!LABEL_KEY.test(key)) refuse([...where, 'key'], `${quote(key)} is no name of a label`)
    if (WITH_VALUES.includes(operator)) {
      if (values.length === 0) refuse([...where, 'values'], `${operator} needs values; write at least one`)
      const bad = values.findIndex((value) => !LABEL_VALUE.test(value))
      if (bad !== -1) refuse([...where, 'values', bad], `${quote(values[bad] ?? '')} is no value of a label`)
    } else if (WITHOUT_VALUES.includes(operator)) {
      if (values.length > 0) refuse([...where, 'values'], `${operator} takes no values; remove them`)
    } else {
      const accepted = [...WITH_VALUES, ...WITHOUT_VALUES].join(', ')
      refuse([...where, 'operator'], `there is no operator ${quote(operator)}; write one of ${accepted}`)
    }
  }
  return remarks.count === before
}

/** Without what was written before, with a remark at each repetition. */
export function distinct<T>(
  written: Written<unknown>,
  values: readonly T[],
  path: FieldPath,
  remarks: MetalRemarks,
): readonly T[] {
  const seen = new Set<string>()
  return values.filter((value, index) => {
    const text = JSON.stringify(value)
    if (!seen.has(text)) return seen.add(text)
    const name = typeof value === 'string' ? `${quote(value)} is` : 'the same entry is'
    remarks.add('METAL_DUPLICATE', written.at(...path, index), `${name} in the list already; remove one of the two`)
    return false
  })
}

/** True when no label set could tell two lists of selectors apart for sure: each may take a node that the other takes. */
export function mayMeet(a: readonly Selector[], b: readonly Selector[]): boolean {
  if (a.length === 0 || b.length === 0) return true
  return a.some((left) => b.some((right) => !excludeEachOther(left, right)))
}

/** True for selectors that ask for different values of one label. */
function excludeEachOther(a: Selector, b: Selector): boolean {
  for (const [key, values] of wantedValues(a)) {
    const others = wantedValues(b).get(key)
    if (others !== undefined && !values.some((value) => others.includes(value))) return true
  }
  return false
}

function wantedValues({ matchLabels, matchExpressions }: Selector): ReadonlyMap<string, readonly string[]> {
  const wanted = new Map<string, readonly string[]>()
  for (const { key, operator, values } of matchExpressions) if (operator === 'In') wanted.set(key, values)
  for (const [key, value] of Object.entries(matchLabels)) wanted.set(key, [value])
  return wanted
}
