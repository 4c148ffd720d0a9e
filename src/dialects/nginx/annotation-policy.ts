/**
 * What an administrator forbids by ConfigMap (ingress-nginx, annotations-risk.md): annotations above a risk, words in
 * their values. ingress-nginx leaves such an Ingress out without a word; here its routes answer 503, so that no other
 * rule takes its requests, and a finding names the annotation.
 */
import type { Severity } from '../../base/finding.ts'
import { describeObject, originOf, originOfKey } from '../../kube/meta.ts'
import type { Ingress } from '../../kube/objects.ts'
import { findNginxRow, NGINX } from '../annotations/nginx.ts'
import type { Risk } from '../annotations/nginx/annotation-row.ts'
import type { IngressSettings } from '../ingress/settings.ts'
import type { Report } from '../report.ts'
import { type SettingRow, settingRow } from './setting-row.ts'
import { decodeBoolean, type Decoder, decodeWord } from './values.ts'

export interface AnnotationPolicy {
  /** The highest that is accepted. */
  highestRisk: Risk
  /** None may be part of a value. */
  blockedWords: readonly string[]
  /** What is said of paths with unusual characters; `null` = nothing. */
  pathSeverity: Severity | null
}

/** A value that cannot be read closes all routes: nobody knows what was to be forbidden. */
export const RISK_LEVEL_KEY = 'annotations-risk-level'

const RISKS = ['Low', 'Medium', 'High', 'Critical'] as const satisfies readonly Risk[]
/** What ingress-nginx's webhook accepts in Exact and Prefix paths. */
const STRICT_PATH = /^\/[A-Za-z0-9._/-]*$/

export function defaultAnnotationPolicy(): AnnotationPolicy {
  return { highestRisk: 'High', blockedWords: [], pathSeverity: 'info' }
}

const decodeWords: Decoder<readonly string[]> = (text) => {
  const words = text.split(',').map((word) => word.trim())
  return { ok: true, value: words.filter((word) => word !== '') }
}

export const POLICY_CONFIG_ROWS: Readonly<Record<string, SettingRow<{ readonly policy: AnnotationPolicy }>>> = {
  [RISK_LEVEL_KEY]: settingRow(decodeWord(RISKS, true), ({ policy }, value) => {
    policy.highestRisk = value
  }),
  'annotation-value-word-blocklist': settingRow(decodeWords, ({ policy }, value) => {
    policy.blockedWords = value
  }),
  'strict-validate-path-type': settingRow(decodeBoolean, ({ policy }, isStrict) => {
    policy.pathSeverity = isStrict ? 'warning' : null
  }),
}

/** @returns settings that close the routes of an Ingress with a forbidden annotation */
export function settlePolicy(
  ingress: Ingress,
  settings: IngressSettings,
  policy: AnnotationPolicy,
  report: Report,
): IngressSettings {
  remarkPaths(ingress, policy, report)
  let isForbidden = false
  for (const [fullName, value] of Object.entries(ingress.meta.annotations)) {
    const reason = fullName.startsWith(NGINX.prefix) ? reasonAgainst(fullName, value, policy) : null
    if (reason === null) continue
    isForbidden = true
    report(
      'ANNOTATION_FORBIDDEN',
      `Cannot serve the routes of ${describeObject(ingress)} with ${fullName}: ${reason}; they answer 503 until it is removed`,
      originOfKey(ingress, 'metadata', 'annotations', fullName),
    )
  }
  return isForbidden ? { ...settings, isDenied: true } : settings
}

function reasonAgainst(
  fullName: string,
  value: string,
  { highestRisk, blockedWords }: AnnotationPolicy,
): string | null {
  const row = findNginxRow(fullName.slice(NGINX.prefix.length))
  // Snippets are refused at any level, with advice of their own.
  if (row !== undefined && row.support !== 'refused' && RISKS.indexOf(row.risk) > RISKS.indexOf(highestRisk)) {
    return `its risk is ${row.risk}, and annotations-risk-level allows ${highestRisk}`
  }
  const word = blockedWords.find((blocked) => value.includes(blocked))
  return word === undefined ? null : `annotation-value-word-blocklist forbids ${JSON.stringify(word)} in its value`
}

function remarkPaths(ingress: Ingress, { pathSeverity }: AnnotationPolicy, report: Report): void {
  if (pathSeverity === null) return
  ingress.spec.rules.forEach((rule, index) => {
    rule.paths.forEach(({ path, pathType }, at) => {
      if (pathType === 'ImplementationSpecific' || path === '' || STRICT_PATH.test(path)) return
      report(
        'PATH_NOT_STRICT',
        `Cannot promise that ingress-nginx takes ${JSON.stringify(path)} as ${pathType} path: its webhook accepts letters, ` +
          'digits and ._-/ alone; write ImplementationSpecific, or set strict-validate-path-type: "false"',
        originOf(ingress, 'spec', 'rules', index, 'http', 'paths', at, 'path'),
        pathSeverity,
      )
    })
  })
}
