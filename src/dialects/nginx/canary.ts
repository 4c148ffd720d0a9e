/** Annotations of canaries (ingress-nginx, annotations.md: Canary), and which annotations of a canary Ingress count. */
import { compileLinearRegex } from '../../base/linear-regex.ts'
import { describeObject, originOfKey } from '../../kube/meta.ts'
import type { Ingress } from '../../kube/objects.ts'
import { NGINX } from '../annotations/nginx.ts'
import type { BalancingSettings, CanarySettings } from '../ingress/balancing-settings.ts'
import type { Report } from '../report.ts'
import { AFFINITY_ROWS, decodeCookieName } from './affinity.ts'
import { BALANCING_ROWS } from './balancing.ts'
import { type SettingRow, settingRow } from './setting-row.ts'
import { decodeBoolean, type Decoder, decodeInteger } from './values.ts'

interface Draft {
  balancing: BalancingSettings
}

const decodeHeaderName: Decoder<string> = (text) =>
  /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/.test(text)
    ? { ok: true, value: text }
    : { ok: false, accepted: 'the name of a header, such as X-Canary' }

const decodeHeaderValue: Decoder<string> = (text) =>
  text.length <= 1024 ? { ok: true, value: text } : { ok: false, accepted: 'a text of up to 1024 characters' }

const decodePattern: Decoder<string> = (text) => {
  const regex = compileLinearRegex(text, false)
  return 'error' in regex
    ? { ok: false, accepted: `a regular expression that runs in linear time; ${regex.error}` }
    : { ok: true, value: text }
}

const COUNT = decodeInteger(0, 1_000_000_000)

function canaryRow<K extends keyof CanarySettings>(key: K, decode: Decoder<CanarySettings[K]>): SettingRow<Draft> {
  return settingRow(decode, (draft, value) => {
    draft.balancing = { ...draft.balancing, canary: { ...draft.balancing.canary, [key]: value } }
  })
}

export const CANARY_ROWS: Readonly<Record<string, SettingRow<Draft>>> = {
  canary: canaryRow('isOn', decodeBoolean),
  'canary-by-header': canaryRow('header', decodeHeaderName),
  'canary-by-header-value': canaryRow('headerValue', decodeHeaderValue),
  'canary-by-header-pattern': canaryRow('headerPattern', decodePattern),
  'canary-by-cookie': canaryRow('cookie', decodeCookieName),
  'canary-weight': canaryRow('weight', COUNT),
  'canary-weight-total': canaryRow('weightTotal', COUNT),
}

/** True where the Ingress only takes a share of another one's requests. */
export function isCanary(ingress: Ingress): boolean {
  const decoded = decodeBoolean((ingress.meta.annotations[`${NGINX.prefix}canary`] ?? '').trim())
  return decoded.ok && decoded.value
}

/** Annotations that a canary Ingress has a say in. Everything else is as its main Ingress has it. */
export function countsOnCanary(name: string): boolean {
  return [CANARY_ROWS, BALANCING_ROWS, AFFINITY_ROWS].some((rows) => Object.hasOwn(rows, name))
}

/** Tools copy a main Ingress with all of its annotations: one remark for all that have no say. */
export function remarkIdle(ingress: Ingress, names: readonly string[], report: Report): void {
  const [first] = names
  if (first === undefined) return
  report(
    'CANARY_ANNOTATION_IDLE',
    `Cannot use ${names.join(', ')} of ${describeObject(ingress)}: it is a canary, and its main Ingress decides; ` +
      'accepted are annotations about canaries, load balancing, hashing and affinity',
    originOfKey(ingress, 'metadata', 'annotations', NGINX.prefix + first),
  )
}

interface Need {
  readonly prefix: string
  readonly needed: string
  isMet(settings: BalancingSettings, names: readonly string[]): boolean
}

/** What must be there for an annotation to mean anything. A canary that is switched off keeps its settings in peace. */
const NEEDS: readonly Need[] = [
  { prefix: 'canary-by-header-', needed: 'canary-by-header', isMet: ({ canary }) => canary.header !== '' },
  { prefix: 'canary-', needed: 'canary', isMet: (_, names) => names.includes('canary') },
  { prefix: 'session-cookie-', needed: 'affinity', isMet: ({ affinity }) => affinity.isOn },
  { prefix: 'affinity-', needed: 'affinity', isMet: ({ affinity }) => affinity.isOn },
  { prefix: 'upstream-hash-by-', needed: 'upstream-hash-by', isMet: ({ hashBy }) => hashBy !== '' },
]

/**
 * Remarks on annotations that say nothing without another one.
 *
 * @param names of all annotations, without prefix
 */
export function remarkLonely(
  ingress: Ingress,
  names: readonly string[],
  settings: BalancingSettings,
  report: Report,
): void {
  for (const name of names) {
    const need = NEEDS.find((entry) => name.startsWith(entry.prefix) && !entry.isMet(settings, names))
    if (need === undefined) continue
    report(
      'ANNOTATION_LONELY',
      `Cannot use ${NGINX.prefix}${name}: it says nothing without ${NGINX.prefix}${need.needed}, which ` +
        `${describeObject(ingress)} does not have`,
      originOfKey(ingress, 'metadata', 'annotations', NGINX.prefix + name),
    )
  }
}
