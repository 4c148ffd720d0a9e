/** Genkan's own annotations of an Ingress, read on top of what its personality's annotations said. */
import { describeObject, originOfKey } from '../../kube/meta.ts'
import type { Ingress } from '../../kube/objects.ts'
import { GENKAN_PREFIX } from '../annotations/genkan.ts'
import type { IngressSettings } from '../ingress/settings.ts'
import { COMPRESSION_ROWS } from '../nginx/compression.ts'
import type { Report } from '../report.ts'
import { ANSWER_ROWS } from './answers.ts'
import { FILTER_ROWS } from './filters.ts'
import { HEADER_ROWS } from './headers.ts'
import { checkPaths, PATH_SETTING_ROWS } from './path-settings.ts'
import { type GenkanRow, plainRows, protectiveRows, readRows } from './read-rows.ts'
import { RESILIENCE_ROWS } from './resilience.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

type Rows = Readonly<Record<string, GenkanRow<Mutable<IngressSettings>>>>

/** About the routes of the Ingress. Features keep their rows in files of their own. */
const ROUTE_ROWS: Rows = {
  ...plainRows(COMPRESSION_ROWS),
  ...protectiveRows({ ...HEADER_ROWS, ...FILTER_ROWS, ...ANSWER_ROWS, ...PATH_SETTING_ROWS }),
}
/** About the Services behind them, those of canaries too. */
const BACKEND_ROWS: Rows = plainRows(RESILIENCE_ROWS)

/** Every annotation that is read on an Ingress. */
export const INGRESS_ROWS: Rows = { ...ROUTE_ROWS, ...BACKEND_ROWS }

export function readGenkanSettings(ingress: Ingress, settings: IngressSettings, report: Report): IngressSettings {
  const names = Object.keys(ingress.meta.annotations).filter((name) => name.startsWith(GENKAN_PREFIX))
  if (names.length === 0) return settings
  const draft: Mutable<IngressSettings> = { ...settings }
  if (settings.balancing.canary.isOn) {
    readRows(ingress, BACKEND_ROWS, draft, report)
    remarkIdle(
      ingress,
      names.filter((name) => Object.hasOwn(ROUTE_ROWS, name.slice(GENKAN_PREFIX.length))),
      report,
    )
    return draft
  }
  if (!readRows(ingress, INGRESS_ROWS, draft, report)) draft.isDenied = true
  if (!checkPaths(ingress, draft.genkan, report)) draft.isDenied = true
  return draft
}

/** Requests that a canary takes are still those of its main Ingress's routes. */
function remarkIdle(ingress: Ingress, names: readonly string[], report: Report): void {
  const [first] = names
  if (first === undefined) return
  report(
    'CANARY_ANNOTATION_IDLE',
    `Cannot use ${names.join(', ')} of ${describeObject(ingress)}: it is a canary, and its main Ingress decides; write them there`,
    originOfKey(ingress, 'metadata', 'annotations', first),
  )
}
