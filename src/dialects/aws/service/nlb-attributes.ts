/** Attributes of an NLB and its target groups, with the older annotations for single ones. */
import type { ServicePort, Service } from '../../../kube/objects.ts'
import { parseBool } from '../../annotations/check-value.ts'
import { valueOr } from '../annotation-reader.ts'
import { NLB_ATTRIBUTES, NLB_GROUP_ATTRIBUTES, withBuckets } from '../attribute-values.ts'
import { isUsable } from './usable-attribute.ts'
import { isNamed } from './ports.ts'
import { LB, reportLonely, reportValue, type ServiceContext } from './service-context.ts'

type Attributes = Readonly<Record<string, string>>

const PROXY_PROTOCOL = 'proxy_protocol_v2.enabled'
/** Target group attributes that are true or false. */
const BOOLEANS: readonly string[] = [
  PROXY_PROTOCOL,
  'preserve_client_ip.enabled',
  'stickiness.enabled',
  'deregistration_delay.connection_termination.enabled',
]

/** Sorted. `attributes` goes before the annotations that it took the place of. */
export function balancerAttributes(context: ServiceContext): Attributes {
  const { reader, service } = context
  const result: Record<string, string> = {}
  const logs = reader.bool([service], `${LB}access-log-enabled`)
  const bucket = reader.text([service], `${LB}access-log-s3-bucket-name`)
  const prefix = reader.text([service], `${LB}access-log-s3-bucket-prefix`)
  const written = reader.map([service], `${LB}attributes`)
  const wanted: Attributes = valueOr(written, {})
  if (logs.kind === 'value') {
    const name = valueOr(bucket, wanted['access_logs.s3.bucket'] ?? '')
    if (logs.value && name === '') reportLonely(context, logs, `${LB}access-log-s3-bucket-name`)
    else result['access_logs.s3.enabled'] = String(logs.value)
  }
  if (valueOr(logs, false)) {
    if (valueOr(bucket, '') !== '') result['access_logs.s3.bucket'] = valueOr(bucket, '')
    if (valueOr(prefix, '') !== '') result['access_logs.s3.prefix'] = valueOr(prefix, '')
  } else if (logs.kind === 'absent') {
    for (const reading of [bucket, prefix]) reportLonely(context, reading, `${LB}access-log-enabled`)
  }
  const crossZone = reader.bool([service], `${LB}cross-zone-load-balancing-enabled`)
  if (crossZone.kind === 'value') result['load_balancing.cross_zone.enabled'] = String(crossZone.value)
  for (const [key, value] of Object.entries(wanted))
    if (isUsable(context, written, key, value, NLB_ATTRIBUTES)) result[key] = value
  return withBuckets(sortKeys(result), (key, problem) => {
    if (written.kind === 'value') reportValue(context, written, `${key} is true, and ${problem}`)
  })
}

/**
 * Attributes of the target group of a port: those for all, then those for this one.
 *
 * @param holders objects whose annotations count, the first one first
 */
export function groupAttributes(context: ServiceContext, holders: readonly Service[], port: ServicePort): Attributes {
  const { reader } = context
  const result: Record<string, string> = {}
  for (const name of [`${LB}target-group-attributes`, `${LB}target-group-attributes.${port.port}`]) {
    const reading = reader.map(holders, name)
    if (reading.kind !== 'value') continue
    for (const [key, value] of Object.entries(reading.value)) {
      if (BOOLEANS.includes(key) && parseBool(value) === null) {
        reportValue(context, reading, `${key} is neither true nor false; write one of them`)
        continue
      }
      const wanted = BOOLEANS.includes(key) ? String(parseBool(value)) : value
      if (isUsable(context, reading, key, wanted, NLB_GROUP_ATTRIBUTES)) result[key] = wanted
    }
  }
  if (valueOr(reader.text(holders, `${LB}proxy-protocol`), '') === '*') result[PROXY_PROTOCOL] = 'true'
  const some = reader.list(holders, `${LB}proxy-protocol-per-target-group`)
  if (some.kind === 'value' && isNamed(port, new Set(some.value))) result[PROXY_PROTOCOL] = 'true'
  return sortKeys(result)
}

/** `CapacityUnits=N`; absent when nothing usable is written. */
export function minimumCapacity(context: ServiceContext): { readonly minimumCapacityUnits?: number } {
  const reading = context.reader.map([context.service], `${LB}minimum-load-balancer-capacity`)
  if (reading.kind !== 'value') return {}
  const text = reading.value['CapacityUnits'] ?? ''
  if (/^\d{1,9}$/.test(text)) return { minimumCapacityUnits: Number(text) }
  reportValue(context, reading, `it names no capacity; write CapacityUnits=5500`)
  return {}
}

/** Annotations for single ports that the Service does not have. */
export function reportPortless(context: ServiceContext): void {
  const { service, reader } = context
  const prefix = reader.fullName(`${LB}target-group-attributes.`)
  for (const key of Object.keys(service.meta.annotations).sort()) {
    if (!key.startsWith(prefix)) continue
    const text = key.slice(prefix.length)
    if (service.spec.ports.some(({ port }) => String(port) === text)) continue
    const reading = reader.map([service], key.slice(reader.fullName('').length))
    reportLonely(context, reading, `a port ${text} of the Service`)
  }
  const some = reader.list([service], `${LB}proxy-protocol-per-target-group`)
  if (some.kind !== 'value') return
  for (const name of some.value) {
    if (service.spec.ports.some((port) => isNamed(port, new Set([name])))) continue
    reportValue(context, some, `"${name.slice(0, 60)}" is no port of the Service; write numbers of ports`)
  }
}

export function sortKeys<T>(record: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
}
