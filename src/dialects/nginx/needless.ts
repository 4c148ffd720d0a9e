/** Annotations that ask for what Genkan does anyway, or tune what it does not have: no reason to worry anybody. */
import { findNginxRow } from '../annotations/nginx.ts'

/** @returns why the annotation has no effect, from the registry; `null` for others */
export function needlessReason(name: string): string | null {
  const row = findNginxRow(name)
  return row?.support === 'accepted' ? row.idle : null
}
