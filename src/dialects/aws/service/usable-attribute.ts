import type { Reading } from '../annotation-reader.ts'
import { type AttributeTable, problemOfAttribute } from '../attribute-values.ts'
import { reportValue, type ServiceContext } from './service-context.ts'

/** Reports what AWS would not take. */
export function isUsable(
  context: ServiceContext,
  reading: Reading<unknown>,
  key: string,
  value: string,
  table: AttributeTable,
): boolean {
  const problem = problemOfAttribute(key, value, table)
  if (problem === null) return true
  if (reading.kind === 'value') reportValue(context, reading, `"${key.slice(0, 60)}": ${problem}`)
  return false
}
