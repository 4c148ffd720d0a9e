/** Attributes of an ALB's target groups. Source: elbv2 API reference, TargetGroupAttribute. */
import { closestName } from '../../../../base/edit-distance.ts'
import { quote } from '../../../annotations/check-value.ts'
import type { Report } from '../../../report.ts'
import type { Reading } from '../../annotation-reader.ts'

type AttributeValue =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** Inclusive; `or` is one more number that is accepted. */
  | { readonly kind: 'number'; readonly min: number; readonly max: number; readonly or?: number | 'off' }
  | { readonly kind: 'text' }

const SWITCH: AttributeValue = { kind: 'words', words: ['true', 'false'] }
const WEEK: AttributeValue = { kind: 'number', min: 1, max: 604_800 }
const TARGETS = { kind: 'number', min: 1, max: 1000 } as const
const PERCENT: AttributeValue = { kind: 'number', min: 1, max: 100, or: 'off' }

const ATTRIBUTES: Readonly<Record<string, AttributeValue>> = {
  'deregistration_delay.timeout_seconds': { kind: 'number', min: 0, max: 3600 },
  'load_balancing.algorithm.anomaly_mitigation': { kind: 'words', words: ['on', 'off'] },
  'load_balancing.algorithm.type': {
    kind: 'words',
    words: ['round_robin', 'least_outstanding_requests', 'weighted_random'],
  },
  'load_balancing.cross_zone.enabled': { kind: 'words', words: ['true', 'false', 'use_load_balancer_configuration'] },
  'slow_start.duration_seconds': { kind: 'number', min: 30, max: 900, or: 0 },
  'stickiness.app_cookie.cookie_name': { kind: 'text' },
  'stickiness.app_cookie.duration_seconds': WEEK,
  'stickiness.enabled': SWITCH,
  'stickiness.lb_cookie.duration_seconds': WEEK,
  'stickiness.type': { kind: 'words', words: ['lb_cookie', 'app_cookie'] },
  'target_group_health.dns_failover.minimum_healthy_targets.count': { ...TARGETS, or: 'off' },
  'target_group_health.dns_failover.minimum_healthy_targets.percentage': PERCENT,
  'target_group_health.unhealthy_state_routing.minimum_healthy_targets.count': TARGETS,
  'target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage': PERCENT,
}

/**
 * What can be used, sorted. One wrong value would have AWS refuse all of them, so it is left out with a finding; a key that
 * is not known is passed on with one, as AWS may have it by now.
 */
export function readTargetGroupAttributes(
  reading: Reading<Readonly<Record<string, string>>>,
  report: Report,
): Readonly<Record<string, string>> {
  if (reading.kind !== 'value') return {}
  const used: [string, string][] = []
  for (const [key, value] of Object.entries(reading.value)) {
    const known = Object.hasOwn(ATTRIBUTES, key) ? ATTRIBUTES[key] : undefined
    const problem = known === undefined ? null : judge(known, value)
    if (problem !== null) {
      report('ANNOTATION_VALUE', `Cannot use ${key} of ${reading.name}: ${problem}`, reading.origin)
      continue
    }
    if (known === undefined) {
      const close = closestName(key, Object.keys(ATTRIBUTES))
      const wanted = close === null ? 'look it up in the API reference of AWS' : `did you mean ${close}`
      const message = `Attribute ${quote(key)} of ${reading.name} is not one of target groups that is known; ${wanted}`
      report('ANNOTATION_VALUE', message, reading.origin)
    }
    used.push([key, value])
  }
  return Object.fromEntries(used.sort(([a], [b]) => (a < b ? -1 : 1)))
}

function judge(wanted: AttributeValue, value: string): string | null {
  switch (wanted.kind) {
    case 'text':
      return null
    case 'words':
      return wanted.words.includes(value) ? null : `${quote(value)} is not known; write ${wanted.words.join(' or ')}`
    case 'number': {
      const { min, max, or } = wanted
      if (or !== undefined && value === String(or)) return null
      if (/^\d{1,7}$/.test(value) && Number(value) >= min && Number(value) <= max) return null
      return `${quote(value)} is out of range; write ${or === undefined ? '' : `${or} or `}${min} to ${max}`
    }
  }
}
