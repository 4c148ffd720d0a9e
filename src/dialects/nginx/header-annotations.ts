/** Annotations about header fields (ingress-nginx, annotations.md: Custom Headers). */
import { describeObject, originOf } from '../../kube/meta.ts'
import type { Ingress } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import type { HeaderEdits } from '../../routing/header-edits.ts'
import type { HeaderSettings } from '../ingress/header-settings.ts'
import type { IngressSettings } from '../ingress/settings.ts'
import type { Report } from '../report.ts'
import { decodeObjectName } from './auth-values.ts'
import { decodeHostHeader, FRAMING_HEADERS, isHeaderName, isHeaderValue } from './header-values.ts'
import { type SettingRow, settingRow } from './setting-row.ts'
import { decodeAbsolutePath, decodeWord } from './values.ts'

interface Draft {
  headers: HeaderSettings
}

/** A value that cannot be read closes the routes, as a ConfigMap that does not exist does. */
export const PROTECTIVE_HEADER_ROWS: Readonly<Record<string, SettingRow<Draft>>> = {
  'custom-headers': settingRow(decodeObjectName, (draft, customHeaders) => {
    draft.headers = { ...draft.headers, customHeaders }
  }),
}

export const HEADER_ROWS: Readonly<Record<string, SettingRow<Draft>>> = {
  'upstream-vhost': settingRow(decodeHostHeader, (draft, upstreamHost) => {
    draft.headers = { ...draft.headers, upstreamHost }
  }),
  'x-forwarded-prefix': settingRow(decodeAbsolutePath, (draft, forwardedPrefix) => {
    draft.headers = { ...draft.headers, forwardedPrefix }
  }),
  'connection-proxy-header': settingRow(
    decodeWord(['close', 'keep-alive'] as const, true),
    (draft, connectionHeader) => {
      draft.headers = { ...draft.headers, connectionHeader }
    },
  ),
}

const ANNOTATION = 'nginx.ingress.kubernetes.io/custom-headers'

/**
 * Follows `custom-headers`. Answers without headers that were asked for (often Content-Security-Policy and its like) are
 * not given: the routes answer 503, as ingress-nginx's do.
 *
 * @param allowed lower-case names of `global-allowed-response-headers`
 * @returns `null` when the routes must be denied
 */
function readCustomHeaders(
  ingress: Ingress,
  reference: string,
  allowed: readonly string[],
  snapshot: Snapshot,
  report: Report,
): HeaderEdits | null {
  const origin = originOf(ingress, 'metadata', 'annotations', ANNOTATION)
  const deny = (state: string, absent?: string): null => {
    report(
      'ANNOTATION_PROTECTS',
      `Cannot set the headers of ${ANNOTATION}: ${state}; the routes of ${describeObject(ingress)} answer 503 until then`,
      origin,
      undefined,
      absent,
    )
    return null
  }
  const [namespace, name] = reference.includes('/') ? reference.split('/') : [ingress.meta.namespace, reference]
  const configMap = snapshot.configMap(namespace ?? '', name ?? '')
  if (configMap === undefined) {
    const absent = `ConfigMap ${namespace}/${name}`
    return deny(`${absent} does not exist; create it`, absent)
  }
  const set: { name: string; value: string }[] = []
  for (const header of Object.keys(configMap.data).sort()) {
    const value = (configMap.data[header] ?? '').trim()
    const shown = `header ${JSON.stringify(header)} of ConfigMap ${namespace}/${name}`
    if (!isHeaderName(header) || FRAMING_HEADERS.has(header.toLowerCase()))
      return deny(`${shown} cannot be set; remove it`)
    if (!allowed.includes(header.toLowerCase()))
      return deny(`${shown} is not allowed; add it to global-allowed-response-headers of the settings ConfigMap`)
    if (!isHeaderValue(value)) return deny(`the value of ${shown} is not one line of plain characters; make it so`)
    set.push({ name: header, value })
  }
  return { set, add: [], remove: [] }
}

/** The settings with `custom-headers` followed; routes that cannot have them are denied. */
export function settleCustomHeaders(
  ingress: Ingress,
  settings: IngressSettings,
  allowed: readonly string[],
  snapshot: Snapshot,
  report: Report,
): IngressSettings {
  const { headers } = settings
  if (headers.customHeaders === '') return settings
  const responseHeaders = readCustomHeaders(ingress, headers.customHeaders, allowed, snapshot, report)
  return responseHeaders === null
    ? { ...settings, isDenied: true }
    : { ...settings, headers: { ...headers, responseHeaders } }
}
