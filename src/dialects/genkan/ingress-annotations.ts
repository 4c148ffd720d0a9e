/** Genkan's own annotations of an Ingress, read on top of what its personality's annotations said. */
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

/** Every annotation that is read on an Ingress. Features keep their rows in files of their own. */
export const INGRESS_ROWS: Readonly<Record<string, GenkanRow<Mutable<IngressSettings>>>> = {
  ...plainRows(COMPRESSION_ROWS),
  ...protectiveRows({ ...HEADER_ROWS, ...FILTER_ROWS, ...ANSWER_ROWS, ...PATH_SETTING_ROWS }),
  ...plainRows(RESILIENCE_ROWS),
}

export function readGenkanSettings(ingress: Ingress, settings: IngressSettings, report: Report): IngressSettings {
  if (!Object.keys(ingress.meta.annotations).some((name) => name.startsWith(GENKAN_PREFIX))) return settings
  const draft: Mutable<IngressSettings> = { ...settings }
  if (!readRows(ingress, INGRESS_ROWS, draft, report)) draft.isDenied = true
  if (!checkPaths(ingress, draft.genkan, report)) draft.isDenied = true
  return draft
}
