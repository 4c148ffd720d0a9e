/** Annotations and ConfigMap keys that choose how requests are spread over endpoints (ingress-nginx, annotations.md). */
import type { BalancerConfig } from '../../routing/balancer.ts'
import { compileTemplate, TEMPLATE_VARIABLES } from '../../routing/request-template.ts'
import type { BalancingSettings } from '../ingress/balancing-settings.ts'
import { type SettingRow, settingRow } from './setting-row.ts'
import { decodeBoolean, type Decoder, decodeInteger } from './values.ts'

interface Draft {
  balancing: BalancingSettings
}

type Rows = Readonly<Record<string, SettingRow<Draft>>>

/** `least_conn` is our own: ingress-nginx no longer has it. */
const ALGORITHMS: Readonly<Record<string, BalancerConfig>> = {
  round_robin: { kind: 'round-robin' },
  ewma: { kind: 'ewma' },
  least_conn: { kind: 'least-connections' },
}

const decodeAlgorithm: Decoder<BalancerConfig> = (text) => {
  const value = Object.hasOwn(ALGORITHMS, text) ? ALGORITHMS[text] : undefined
  return value === undefined ? { ok: false, accepted: Object.keys(ALGORITHMS).join(', ') } : { ok: true, value }
}

const LONGEST_KEY = 1024

const decodeHashKey: Decoder<string> = (text) => {
  if (text.length > LONGEST_KEY) return { ok: false, accepted: `a text of up to ${LONGEST_KEY} characters` }
  const template = compileTemplate(text)
  if (!template.ok) return { ok: false, accepted: `text with ${TEMPLATE_VARIABLES}, not $${template.unknown}` }
  return template.variables.length > 0
    ? { ok: true, value: text }
    : { ok: false, accepted: `a variable such as $request_uri, or else all requests have one key` }
}

export const BALANCING_ROWS: Rows = {
  'load-balance': settingRow(decodeAlgorithm, (draft, algorithm) => {
    draft.balancing = { ...draft.balancing, algorithm }
  }),
  'upstream-hash-by': settingRow(decodeHashKey, (draft, hashBy) => {
    draft.balancing = { ...draft.balancing, hashBy }
  }),
  'upstream-hash-by-subset': settingRow(decodeBoolean, (draft, isHashedBySubset) => {
    draft.balancing = { ...draft.balancing, isHashedBySubset }
  }),
  'upstream-hash-by-subset-size': settingRow(decodeInteger(1, 1000), (draft, subsetSize) => {
    draft.balancing = { ...draft.balancing, subsetSize }
  }),
  'service-upstream': settingRow(decodeBoolean, (draft, usesServiceAddress) => {
    draft.balancing = { ...draft.balancing, usesServiceAddress }
  }),
}

export const BALANCING_CONFIG_ROWS: Rows = {
  'load-balance': settingRow(decodeAlgorithm, (draft, defaultAlgorithm) => {
    draft.balancing = { ...draft.balancing, defaultAlgorithm }
  }),
  'service-upstream': settingRow(decodeBoolean, (draft, defaultUsesServiceAddress) => {
    draft.balancing = { ...draft.balancing, defaultUsesServiceAddress }
  }),
}
