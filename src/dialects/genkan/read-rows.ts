/** Reads `genkan.dev/*` annotations of an object, row by row, with one remark for each value that cannot be read. */
import { originOf } from '../../kube/meta.ts'
import type { KubeObject } from '../../kube/meta.ts'
import { GENKAN_PREFIX } from '../annotations/genkan.ts'
import type { SettingRow } from '../nginx/setting-row.ts'
import type { Report } from '../report.ts'

/** One annotation: how its value is read into a draft of type D. Values arrive trimmed and not empty. */
export interface GenkanRow<D> {
  readonly read: SettingRow<D>
  /** True when a value that cannot be read must close the routes: what it asked for would be missing. */
  readonly protects: boolean
}

/** Rows whose bad values leave the default standing. */
export function plainRows<D>(rows: Readonly<Record<string, SettingRow<D>>>): Readonly<Record<string, GenkanRow<D>>> {
  return rowsWith(rows, false)
}

/** Rows whose bad values close the routes. */
export function protectiveRows<D>(
  rows: Readonly<Record<string, SettingRow<D>>>,
): Readonly<Record<string, GenkanRow<D>>> {
  return rowsWith(rows, true)
}

/**
 * Names without a row are lint's affair.
 *
 * @param effect what becomes of the routes when a protective value cannot be read
 * @returns false when one could not
 */
export function readRows<D>(
  object: KubeObject,
  rows: Readonly<Record<string, GenkanRow<D>>>,
  draft: D,
  report: Report,
  effect = 'so its routes answer 503',
): boolean {
  let isProtected = true
  for (const fullName of Object.keys(object.meta.annotations).sort()) {
    if (!fullName.startsWith(GENKAN_PREFIX)) continue
    const name = fullName.slice(GENKAN_PREFIX.length)
    const row = Object.hasOwn(rows, name) ? rows[name] : undefined
    if (row === undefined) continue
    const value = (object.meta.annotations[fullName] ?? '').trim()
    const accepted = value === '' ? 'a value' : row.read(value, draft)
    if (accepted === null) continue
    if (row.protects) isProtected = false
    const shown = JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value)
    const state = value === '' ? 'it is empty' : `its value is ${shown}`
    report(
      row.protects ? 'ANNOTATION_PROTECTS' : 'ANNOTATION_VALUE',
      `Cannot use ${fullName}: ${state}, ${row.protects ? effect : 'so the default applies'}; accepted is ${accepted}`,
      originOf(object, 'metadata', 'annotations', fullName),
    )
  }
  return isProtected
}

function rowsWith<D>(
  rows: Readonly<Record<string, SettingRow<D>>>,
  protects: boolean,
): Readonly<Record<string, GenkanRow<D>>> {
  return Object.fromEntries(Object.entries(rows).map(([name, read]) => [name, { read, protects }]))
}
