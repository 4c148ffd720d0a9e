/** Health checks of an ALB's target groups (elbv2 CreateTargetGroup). */
import type { HealthCheck, TargetGroup } from '../../../../aws/stack/model.ts'
import type { KubeObject } from '../../../../kube/meta.ts'
import type { Service } from '../../../../kube/objects.ts'
import { closestName } from '../../../../base/edit-distance.ts'
import type { Report } from '../../../report.ts'
import { type AnnotationReader, type Reading, valueOr } from '../../annotation-reader.ts'

export interface CheckedTarget {
  readonly service: Service
  readonly targetType: 'instance' | 'ip'
  readonly protocol: 'HTTP' | 'HTTPS'
  readonly protocolVersion: NonNullable<TargetGroup['protocolVersion']>
}

const INTERVAL_SECONDS = 15
const TIMEOUT_SECONDS = 5
const THRESHOLD = 2
const TRAFFIC_PORT = 'traffic-port'

/** @param objects in order of precedence; what cannot be read has its default */
export function readHealthCheck(
  target: CheckedTarget,
  objects: readonly KubeObject[],
  reader: AnnotationReader,
  report: Report,
): HealthCheck {
  const isGrpc = target.protocolVersion === 'GRPC'
  const protocol = reader.text(objects, 'healthcheck-protocol')
  const path = reader.text(objects, 'healthcheck-path')
  const codes = reader.text(objects, 'success-codes')
  return {
    protocol: protocol.kind === 'value' ? (protocol.value as 'HTTP' | 'HTTPS') : target.protocol,
    port: readPort(target, objects, reader, report),
    path: valueOr(path, '') || (isGrpc ? '/AWS.ALB/healthcheck' : '/'),
    matcher: { kind: isGrpc ? 'grpc' : 'http', codes: readCodes(codes, isGrpc, report) },
    ...readTimes(objects, reader, report),
    healthyThreshold: valueOr(reader.int(objects, 'healthy-threshold-count'), THRESHOLD),
    unhealthyThreshold: valueOr(reader.int(objects, 'unhealthy-threshold-count'), THRESHOLD),
  }
}

/** Numbers, lists and ranges. HTTP codes are 200 to 499, gRPC ones 0 to 99. */
function readCodes(reading: Reading<string>, isGrpc: boolean, report: Report): string {
  const fallback = isGrpc ? '12' : '200'
  if (reading.kind !== 'value') return fallback
  const codes = reading.value.replaceAll(/\s+/g, '')
  const [min, max] = isGrpc ? [0, 99] : [200, 499]
  const isUsable =
    /^\d{1,3}(?:-\d{1,3})?(?:,\d{1,3}(?:-\d{1,3})?)*$/.test(codes) &&
    codes.split(/[,-]/).every((code) => Number(code) >= min && Number(code) <= max)
  if (isUsable) return codes
  const wanted = `write codes from ${min} to ${max}, such as ${isGrpc ? '"0,12" or "0-99"' : '"200,302" or "200-399"'}`
  const message = `Cannot use annotation ${reading.name}: ${JSON.stringify(reading.value.slice(0, 60))} is no list of codes; ${wanted}`
  report('ANNOTATION_VALUE', message, reading.origin)
  return fallback
}

/** AWS wants the timeout below the interval. */
function readTimes(
  objects: readonly KubeObject[],
  reader: AnnotationReader,
  report: Report,
): Pick<HealthCheck, 'intervalSeconds' | 'timeoutSeconds'> {
  const interval = reader.int(objects, 'healthcheck-interval-seconds')
  const timeout = reader.int(objects, 'healthcheck-timeout-seconds')
  const intervalSeconds = valueOr(interval, INTERVAL_SECONDS)
  const timeoutSeconds = valueOr(timeout, TIMEOUT_SECONDS)
  if (timeoutSeconds < intervalSeconds) return { intervalSeconds, timeoutSeconds }
  const used = Math.min(TIMEOUT_SECONDS, intervalSeconds - 1)
  const written = timeout.kind === 'value' ? timeout : interval
  if (written.kind === 'value') {
    const state = `a timeout of ${timeoutSeconds} s is not below the interval of ${intervalSeconds} s, so ${used} s are used`
    const message = `Cannot use annotation ${written.name}: ${state}; write a timeout below the interval`
    report('ANNOTATION_VALUE', message, written.origin)
  }
  return { intervalSeconds, timeoutSeconds: used }
}

/** A name stands for the nodePort of that Service port (instance) or for its numeric targetPort (ip). */
function readPort(
  { service, targetType }: CheckedTarget,
  objects: readonly KubeObject[],
  reader: AnnotationReader,
  report: Report,
): string {
  const reading = reader.text(objects, 'healthcheck-port')
  if (reading.kind !== 'value' || reading.value === TRAFFIC_PORT || /^\d+$/.test(reading.value)) {
    return valueOr(reading, TRAFFIC_PORT)
  }
  const name = reading.value
  const refuse = (problem: string): string => {
    report('ANNOTATION_VALUE', `Cannot check the health of Service ${service.meta.name}: ${problem}`, reading.origin)
    return TRAFFIC_PORT
  }
  const port = service.spec.ports.find((candidate) => candidate.name === name)
  if (port === undefined) {
    const names = service.spec.ports.map((candidate) => candidate.name).filter((text) => text !== '')
    const close = closestName(name, [...names, TRAFFIC_PORT])
    const known = names.length === 0 ? 'its ports have no names' : `its ports are ${names.join(', ')}`
    const wanted = close === null ? 'write a number or traffic-port' : `did you mean ${close}`
    return refuse(`the Service has no port named ${name}, ${known}; ${wanted}`)
  }
  if (targetType === 'instance') {
    if (port.nodePort > 0) return String(port.nodePort)
    return refuse(`port ${name} has no nodePort yet; write a number or traffic-port`)
  }
  if (typeof port.targetPort === 'number') return String(port.targetPort)
  return refuse(
    `port ${name} has the named targetPort ${port.targetPort}, which the target type ip cannot check; write a number`,
  )
}
