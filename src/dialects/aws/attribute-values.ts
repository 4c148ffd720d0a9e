/**
 * Keys and values that AWS takes as attributes. One that it does not take has AWS refuse all of a call's attributes, and what
 * comes after them, so it is left out with a finding, and AWS's default holds; a key that AWS has got since this was written is
 * left out too. Source: elbv2 API reference, LoadBalancerAttribute, TargetGroupAttribute, ListenerAttribute.
 */
import { closestName } from '../../base/edit-distance.ts'
import { quote } from '../annotations/check-value.ts'
import type { Report } from '../report.ts'
import type { Reading } from './annotation-reader.ts'

type AttributeValue =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** Inclusive; `or` is one more value that is accepted. */
  | { readonly kind: 'number'; readonly min: number; readonly max: number; readonly or?: number | 'off' }
  | { readonly kind: 'text' }

export interface AttributeTable {
  /** For people: `an ALB`. */
  readonly of: string
  readonly values: Readonly<Record<string, AttributeValue>>
}

const TEXT: AttributeValue = { kind: 'text' }
const words = (...list: readonly string[]): AttributeValue => ({ kind: 'words', words: list })
const number = (min: number, max: number): AttributeValue => ({ kind: 'number', min, max })
const SWITCH = words('true', 'false')
const WEEK = number(1, 604_800)
const TARGETS = { kind: 'number', min: 1, max: 1000 } as const
const PERCENT: AttributeValue = { kind: 'number', min: 1, max: 100, or: 'off' }

/** What an ALB or NLB writes logs of. */
const LOGS = ['access_logs', 'connection_logs', 'health_check_logs'] as const

const logs = (kind: (typeof LOGS)[number]): Record<string, AttributeValue> => ({
  [`${kind}.s3.enabled`]: SWITCH,
  [`${kind}.s3.bucket`]: TEXT,
  [`${kind}.s3.prefix`]: TEXT,
})
const texts = (prefix: string, suffix: string, names: readonly string[]): Record<string, AttributeValue> =>
  Object.fromEntries(names.map((name) => [`${prefix}${name}${suffix}`, TEXT]))

const BALANCER: Readonly<Record<string, AttributeValue>> = {
  ...logs('access_logs'),
  'deletion_protection.enabled': SWITCH,
  'ipv6.deny_all_igw_traffic': SWITCH,
  'zonal_shift.config.enabled': SWITCH,
}

export const ALB_ATTRIBUTES: AttributeTable = {
  of: 'an ALB',
  values: {
    ...BALANCER,
    ...logs('connection_logs'),
    ...logs('health_check_logs'),
    'client_keep_alive.seconds': number(60, 604_800),
    'idle_timeout.timeout_seconds': number(1, 4000),
    // It spreads over zones always.
    'load_balancing.cross_zone.enabled': words('true'),
    'routing.http.desync_mitigation_mode': words('monitor', 'defensive', 'strictest'),
    'routing.http.drop_invalid_header_fields.enabled': SWITCH,
    'routing.http.preserve_host_header.enabled': SWITCH,
    'routing.http.x_amzn_tls_version_and_cipher_suite.enabled': SWITCH,
    'routing.http.xff_client_port.enabled': SWITCH,
    'routing.http.xff_header_processing.mode': words('append', 'preserve', 'remove'),
    'routing.http2.enabled': SWITCH,
    'waf.fail_open.enabled': SWITCH,
  },
}

export const NLB_ATTRIBUTES: AttributeTable = {
  of: 'an NLB',
  values: {
    ...BALANCER,
    'dns_record.client_routing_policy': words(
      'availability_zone_affinity',
      'partial_availability_zone_affinity',
      'any_availability_zone',
    ),
    'load_balancing.cross_zone.enabled': SWITCH,
    'secondary_ips.auto_assigned.per_subnet': number(0, 7),
  },
}

const GROUP: Readonly<Record<string, AttributeValue>> = {
  'deregistration_delay.timeout_seconds': number(0, 3600),
  'load_balancing.cross_zone.enabled': words('true', 'false', 'use_load_balancer_configuration'),
  'stickiness.enabled': SWITCH,
  'target_group_health.dns_failover.minimum_healthy_targets.count': { ...TARGETS, or: 'off' },
  'target_group_health.dns_failover.minimum_healthy_targets.percentage': PERCENT,
  'target_group_health.unhealthy_state_routing.minimum_healthy_targets.count': TARGETS,
  'target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage': PERCENT,
}

export const ALB_GROUP_ATTRIBUTES: AttributeTable = {
  of: "an ALB's target group",
  values: {
    ...GROUP,
    'load_balancing.algorithm.anomaly_mitigation': words('on', 'off'),
    'load_balancing.algorithm.type': words('round_robin', 'least_outstanding_requests', 'weighted_random'),
    'slow_start.duration_seconds': { kind: 'number', min: 30, max: 900, or: 0 },
    'stickiness.app_cookie.cookie_name': TEXT,
    'stickiness.app_cookie.duration_seconds': WEEK,
    'stickiness.lb_cookie.duration_seconds': WEEK,
    'stickiness.type': words('lb_cookie', 'app_cookie'),
  },
}

export const NLB_GROUP_ATTRIBUTES: AttributeTable = {
  of: "an NLB's target group",
  values: {
    ...GROUP,
    'deregistration_delay.connection_termination.enabled': SWITCH,
    'preserve_client_ip.enabled': SWITCH,
    'proxy_protocol_v2.enabled': SWITCH,
    'stickiness.type': words('source_ip'),
    'target_health_state.unhealthy.connection_termination.enabled': SWITCH,
    'target_health_state.unhealthy.draining_interval_seconds': number(0, 360_000),
  },
}

const HTTP_LISTENER: Readonly<Record<string, AttributeValue>> = {
  'routing.http.response.server.enabled': SWITCH,
  ...texts('routing.http.response.', '.header_value', [
    'strict_transport_security',
    'access_control_allow_origin',
    'access_control_allow_methods',
    'access_control_allow_headers',
    'access_control_allow_credentials',
    'access_control_expose_headers',
    'access_control_max_age',
    'content_security_policy',
    'x_content_type_options',
    'x_frame_options',
  ]),
}

export const ALB_LISTENER_ATTRIBUTES: Readonly<Record<'HTTP' | 'HTTPS', AttributeTable>> = {
  HTTP: { of: 'an HTTP listener', values: HTTP_LISTENER },
  HTTPS: {
    of: 'an HTTPS listener',
    values: {
      ...HTTP_LISTENER,
      ...texts('routing.http.request.', '.header_name', [
        'x_amzn_mtls_clientcert_serial_number',
        'x_amzn_mtls_clientcert_issuer',
        'x_amzn_mtls_clientcert_subject',
        'x_amzn_mtls_clientcert_validity',
        'x_amzn_mtls_clientcert_leaf',
        'x_amzn_mtls_clientcert',
        'x_amzn_tls_version',
        'x_amzn_tls_cipher_suite',
      ]),
    },
  },
}

export const NLB_LISTENER_ATTRIBUTES: AttributeTable = {
  of: "an NLB's listener",
  values: { 'tcp.idle_timeout.seconds': number(60, 6000) },
}

/** What AWS takes of it, sorted by key; a finding for each of the rest. */
export function usableAttributes(
  reading: Reading<Readonly<Record<string, string>>>,
  table: AttributeTable,
  report: Report,
): Reading<Readonly<Record<string, string>>> {
  if (reading.kind !== 'value') return reading
  const used = Object.entries(reading.value).filter(([key, value]) => {
    const problem = problemOfAttribute(key, value, table)
    if (problem === null) return true
    report('ANNOTATION_VALUE', `Cannot use ${key.slice(0, 80)} of ${reading.name}: ${problem}`, reading.origin)
    return false
  })
  return { ...reading, value: Object.fromEntries(used.sort(([a], [b]) => (a < b ? -1 : 1))) }
}

type Attributes = Readonly<Record<string, string>>

/**
 * Without logs that are switched on and have no bucket: AWS refuses those with all of the call.
 *
 * @param tell takes the key and what is wrong with it
 */
export function withBuckets(attributes: Attributes, tell: (key: string, problem: string) => void): Attributes {
  const lonely = LOGS.map((kind) => `${kind}.s3.`).filter(
    (prefix) => attributes[`${prefix}enabled`] === 'true' && (attributes[`${prefix}bucket`] ?? '') === '',
  )
  if (lonely.length === 0) return attributes
  const keys = lonely.map((prefix) => `${prefix}enabled`)
  for (const prefix of lonely) {
    tell(`${prefix}enabled`, `there is no ${prefix}bucket for the logs; write ${prefix}bucket=NAME too`)
  }
  return Object.fromEntries(Object.entries(attributes).filter(([key]) => !keys.includes(key)))
}

/**
 * The same for attributes that several have a part in.
 *
 * @param readings of each part; the first one that switches a log on is told
 */
export function withBucketsOf(
  attributes: Attributes,
  readings: readonly Reading<Attributes>[],
  report: Report,
): Attributes {
  return withBuckets(attributes, (key, problem) => {
    const reading = readings.find((one) => one.kind === 'value' && one.value[key] === 'true')
    if (reading?.kind !== 'value') return
    report('ANNOTATION_VALUE', `Cannot use ${key} of ${reading.name}: ${problem}`, reading.origin)
  })
}

/** `<state>; <what would be accepted>`; `null` = AWS takes it. */
export function problemOfAttribute(key: string, value: string, { of, values }: AttributeTable): string | null {
  const wanted = Object.hasOwn(values, key) ? values[key] : undefined
  if (wanted === undefined) {
    const close = closestName(key, Object.keys(values))
    return `it is no attribute of ${of} that is known; ${close === null ? `write those that it has, such as ${Object.keys(values).at(-1) ?? ''}` : `did you mean ${close}`}`
  }
  switch (wanted.kind) {
    case 'text':
      return value.length <= 1024 ? null : `${quote(value)} is longer than 1024 characters; write a shorter one`
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
