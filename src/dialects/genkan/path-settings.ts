/**
 * `genkan.dev/path-settings`: settings for single paths of an Ingress, for which people wrote `location` blocks. Only such
 * settings as cannot open what the Ingress protects.
 */
import { parse } from 'yaml'
import { describeObject, originOf } from '../../kube/meta.ts'
import type { Ingress } from '../../kube/objects.ts'
import { GENKAN_PREFIX } from '../annotations/genkan.ts'
import type { GenkanSettings, PathSetting } from '../ingress/genkan-settings.ts'
import { type IngressSettings, NGINX_SETTINGS } from '../ingress/settings.ts'
import { LIMIT_ROWS } from '../nginx/limits.ts'
import { type SettingRow, settingRow } from '../nginx/setting-row.ts'
import { type Decoder, decodeSeconds, decodeSize, decodeWord } from '../nginx/values.ts'
import type { Report } from '../report.ts'
import { ANSWER_ROWS } from './answers.ts'
import { FILTER_ROWS } from './filters.ts'
import { HEADER_ROWS } from './headers.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
type Draft = Mutable<IngressSettings>

const MOST_PATHS = 100
const LONGEST_TEXT = 65_536
const PATH_TYPES: readonly unknown[] = ['Exact', 'Prefix', 'ImplementationSpecific']

/** Settings that a path may have of its own. */
const ROWS: Readonly<Record<string, SettingRow<Draft>>> = {
  'proxy-body-size': settingRow(decodeSize, (draft, value) => {
    draft.maxBodyBytes = value
  }),
  'max-body-size': FILTER_ROWS['max-body-size']!,
  'proxy-connect-timeout': settingRow(decodeSeconds(1), (draft, value) => {
    draft.connectTimeoutMs = value
  }),
  'proxy-read-timeout': settingRow(decodeSeconds(1), (draft, value) => {
    draft.readTimeoutMs = value
  }),
  'proxy-send-timeout': settingRow(decodeSeconds(1), (draft, value) => {
    draft.sendTimeoutMs = value
  }),
  'rewrite-target': settingRow(decodeWord(['none'] as const, false), (draft) => {
    draft.rewriteTarget = ''
  }),
  ...LIMIT_ROWS,
  ...HEADER_ROWS,
  respond: ANSWER_ROWS['respond']!,
  'respond-content-type': ANSWER_ROWS['respond-content-type']!,
}

const ENTRY_FORM = 'a list of {path, pathType, set: {name: value}}'

const decodePathSettings: Decoder<readonly PathSetting[]> = (text) => {
  if (text.length > LONGEST_TEXT) return { ok: false, accepted: `at most ${LONGEST_TEXT} characters` }
  let written: unknown
  try {
    written = parse(text, { maxAliasCount: 0 })
  } catch {
    return { ok: false, accepted: `YAML or JSON: ${ENTRY_FORM}` }
  }
  if (!Array.isArray(written) || written.length > MOST_PATHS) {
    return { ok: false, accepted: `${ENTRY_FORM}, up to ${MOST_PATHS} of them` }
  }
  const value: PathSetting[] = []
  for (const entry of written as readonly unknown[]) {
    const setting = readEntry(entry)
    if (typeof setting === 'string') return { ok: false, accepted: setting }
    value.push(setting)
  }
  return { ok: true, value }
}

/** @returns what would be accepted in place of a bad entry */
function readEntry(entry: unknown): PathSetting | string {
  if (!isRecord(entry) || !isRecord(entry['set'])) return ENTRY_FORM
  const { path, pathType = '', set } = entry
  const stranger = Object.keys(entry).find((key) => !['path', 'pathType', 'set'].includes(key))
  if (stranger !== undefined) return `${ENTRY_FORM}, without ${stranger}`
  if (typeof path !== 'string' || !path.startsWith('/'))
    return 'a path of the Ingress, beginning with "/", in every entry'
  if (typeof pathType !== 'string' || (pathType !== '' && !PATH_TYPES.includes(pathType))) {
    return 'a pathType of Exact, Prefix or ImplementationSpecific'
  }
  const values: Record<string, string> = {}
  for (const [name, value] of Object.entries(set)) {
    const row = Object.hasOwn(ROWS, name) ? ROWS[name] : undefined
    if (row === undefined) return `for a path only ${Object.keys(ROWS).join(', ')}; ${name} is not`
    if (!['string', 'number', 'boolean'].includes(typeof value)) return `a text or number for ${name} of ${path}`
    const shown = String(value).trim()
    // Tried on settings that nobody uses.
    const accepted = row(shown, { ...NGINX_SETTINGS })
    if (accepted !== null) return `for ${name} of ${path} ${accepted}`
    values[name] = shown
  }
  return { path, pathType, set: values }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export const PATH_SETTING_ROWS: Readonly<Record<string, SettingRow<{ genkan: GenkanSettings }>>> = {
  'path-settings': settingRow(decodePathSettings, (draft, pathSettings) => {
    draft.genkan = { ...draft.genkan, pathSettings }
  }),
}

/** What holds for one path of an Ingress. */
export function settingsForPath(settings: IngressSettings, path: string, pathType: string): IngressSettings {
  const own = settings.genkan.pathSettings.filter(
    (entry) => entry.path === path && ['', pathType].includes(entry.pathType),
  )
  if (own.length === 0) return settings
  const draft: Draft = { ...settings }
  for (const { set } of own) {
    for (const [name, value] of Object.entries(set)) ROWS[name]?.(value, draft)
    if (Object.keys(set).some(isLimit)) draft.genkan = { ...draft.genkan, limitPath: path }
  }
  return draft
}

/**
 * Remarks on entries for paths that the Ingress does not have.
 *
 * @returns false when one of them holds a limit, which would protect nothing
 */
export function checkPaths(ingress: Ingress, { pathSettings }: GenkanSettings, report: Report): boolean {
  const paths = ingress.spec.rules.flatMap((rule) => rule.paths)
  let isProtected = true
  for (const { path, pathType, set } of pathSettings) {
    if (paths.some((known) => known.path === path && ['', known.pathType].includes(pathType))) continue
    const limits = Object.keys(set).some(isLimit)
    if (limits) isProtected = false
    const effect = limits
      ? 'so that its limits protect nothing and its routes answer 503'
      : 'so the entry has no effect'
    report(
      limits ? 'ANNOTATION_PROTECTS' : 'ANNOTATION_VALUE',
      `Cannot use the settings for ${path} in ${GENKAN_PREFIX}path-settings: ${describeObject(ingress)} has no such path, ` +
        `${effect}; accepted are ${[...new Set(paths.map((known) => known.path))].join(', ') || 'none, as it has no rules'}`,
      originOf(ingress, 'metadata', 'annotations', `${GENKAN_PREFIX}path-settings`),
    )
  }
  return isProtected
}

function isLimit(name: string): boolean {
  return Object.hasOwn(LIMIT_ROWS, name)
}
