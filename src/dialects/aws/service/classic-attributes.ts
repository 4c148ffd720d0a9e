/** Attributes of a Classic Load Balancer: all of them are always set (elb ModifyLoadBalancerAttributes). */
import type { ClassicLoadBalancer } from '../../../aws/stack/model.ts'
import { valueOr } from '../annotation-reader.ts'
import { LB, reportLonely, reportValue, type ServiceContext } from './service-context.ts'

type Attributes = ClassicLoadBalancer['attributes']

export function classicAttributes(context: ServiceContext): Attributes {
  const { reader, service } = context
  const holders = [service]
  const drains = valueOr(reader.bool(holders, `${LB}connection-draining-enabled`), false)
  const draining = reader.int(holders, `${LB}connection-draining-timeout`)
  if (!drains) reportLonely(context, draining, `${LB}connection-draining-enabled: "true"`)
  return {
    crossZone: valueOr(reader.bool(holders, `${LB}cross-zone-load-balancing-enabled`), false),
    idleTimeoutSeconds: idleTimeoutOf(context),
    drainingSeconds: drains ? valueOr(draining, 300) : null,
    accessLog: accessLogOf(context),
  }
}

function idleTimeoutOf(context: ServiceContext): number {
  const reading = context.reader.int([context.service], `${LB}connection-idle-timeout`)
  const seconds = valueOr(reading, 60)
  if (seconds <= 3600 || reading.kind !== 'value') return Math.min(seconds, 3600)
  reportValue(
    context,
    reading,
    `a Classic Load Balancer keeps idle connections for 3600 seconds at most, not ${seconds}; write 1 to 3600`,
  )
  return 60
}

function accessLogOf(context: ServiceContext): Attributes['accessLog'] {
  const { reader, service } = context
  const holders = [service]
  const isOn = reader.bool(holders, `${LB}access-log-enabled`)
  const bucket = reader.text(holders, `${LB}access-log-s3-bucket-name`)
  const prefix = reader.text(holders, `${LB}access-log-s3-bucket-prefix`)
  const interval = reader.text(holders, `${LB}access-log-emit-interval`)
  if (!valueOr(isOn, false)) {
    for (const reading of [bucket, prefix, interval]) reportLonely(context, reading, `${LB}access-log-enabled: "true"`)
    return null
  }
  if (valueOr(bucket, '') === '') {
    reportLonely(context, isOn, `${LB}access-log-s3-bucket-name`)
    return null
  }
  return {
    bucket: valueOr(bucket, ''),
    prefix: valueOr(prefix, ''),
    emitIntervalMinutes: valueOr(interval, '60') === '5' ? 5 : 60,
  }
}
