/** Health checks of an NLB's target groups (elbv2 CreateTargetGroup). */
import type { HealthCheck } from '../../../aws/stack/model.ts'
import type { Service } from '../../../kube/objects.ts'
import { describePorts } from '../../ingress/service-port.ts'
import { type Reading, valueOr } from '../annotation-reader.ts'
import { reportNoHealthPort } from './ports.ts'
import { LB, reportLonely, reportValue, type ServiceContext } from './service-context.ts'

const DEFAULT_CODES = '200-399'
/** Stands for a port that the API server has yet to give. */
const UNKNOWN_PORT = 1

interface Defaults {
  readonly protocol: 'HTTP' | 'TCP'
  readonly port: string
  readonly path: string
  readonly intervalSeconds: number
  readonly timeoutSeconds: number
  readonly threshold: number
}

/**
 * With externalTrafficPolicy Local and instances, kube-proxy's own health check tells which nodes have a pod; annotations
 * go before it, as they do for the AWS controller.
 *
 * @param holders objects whose annotations count, the first one first
 */
export function healthCheckOf(
  context: ServiceContext,
  holders: readonly Service[],
  kind: { readonly targetType: 'instance' | 'ip'; readonly isInTree: boolean },
): HealthCheck {
  const { reader } = context
  const defaults = defaultsOf(context, holders[0] ?? context.service, kind)
  const reading = reader.text(holders, `${LB}healthcheck-protocol`)
  const written = valueOr(reading, defaults.protocol).toUpperCase()
  if (written === 'SSL' && reading.kind === 'value') {
    reportValue(context, reading, 'an NLB does not check by ssl; write tcp, http or https')
  }
  const protocol = written === 'HTTP' || written === 'HTTPS' ? written : 'TCP'
  const isHttp = protocol !== 'TCP'
  const path = reader.text(holders, `${LB}healthcheck-path`)
  const codes = reader.text(holders, `${LB}healthcheck-success-codes`)
  if (!isHttp) {
    for (const idle of [path, codes]) reportLonely(context, idle, `${LB}healthcheck-protocol: http`)
  }
  const intervalSeconds = valueOr(reader.int(holders, `${LB}healthcheck-interval`), defaults.intervalSeconds)
  return {
    protocol,
    port: portOf(context, holders, defaults.port, kind.targetType),
    ...(isHttp ? { path: valueOr(path, defaults.path) } : {}),
    ...(isHttp ? { matcher: { kind: 'http', codes: codesOf(context, codes) } } : {}),
    intervalSeconds,
    timeoutSeconds: timeoutOf(context, holders, defaults, intervalSeconds),
    healthyThreshold: valueOr(reader.int(holders, `${LB}healthcheck-healthy-threshold`), defaults.threshold),
    unhealthyThreshold: valueOr(reader.int(holders, `${LB}healthcheck-unhealthy-threshold`), defaults.threshold),
  }
}

/** AWS's form: codes and ranges of them, separated by commas. */
function codesOf(context: ServiceContext, reading: Reading<string>): string {
  if (reading.kind !== 'value') return DEFAULT_CODES
  const codes = reading.value.replaceAll(' ', '')
  if (/^[2-5]\d\d(?:-[2-5]\d\d)?(?:,[2-5]\d\d(?:-[2-5]\d\d)?)*$/.test(codes)) return codes
  reportValue(
    context,
    reading,
    `"${codes.slice(0, 60)}" are no status codes from 200 to 599; write some such as 200-399 or 200,204`,
  )
  return DEFAULT_CODES
}

function defaultsOf(
  { report }: ServiceContext,
  service: Service,
  { targetType, isInTree }: { readonly targetType: 'instance' | 'ip'; readonly isInTree: boolean },
): Defaults {
  const { externalTrafficPolicy, healthCheckNodePort } = service.spec
  if (externalTrafficPolicy === 'Local' && targetType === 'instance') {
    if (healthCheckNodePort === undefined) reportNoHealthPort(report, service)
    return {
      protocol: 'HTTP',
      port: String(healthCheckNodePort ?? UNKNOWN_PORT),
      path: '/healthz',
      intervalSeconds: 10,
      timeoutSeconds: isInTree ? 10 : 6,
      threshold: 2,
    }
  }
  const intervalSeconds = isInTree ? 30 : 10
  return { protocol: 'TCP', port: 'traffic-port', path: '/', intervalSeconds, timeoutSeconds: 10, threshold: 3 }
}

/** A name of a port is its nodePort, or its targetPort where pods are the targets and it is a number. */
function portOf(
  context: ServiceContext,
  holders: readonly Service[],
  fallback: string,
  targetType: 'instance' | 'ip',
): string {
  const reading = context.reader.text(holders, `${LB}healthcheck-port`)
  if (reading.kind !== 'value') return fallback
  const { value } = reading
  if (value === 'traffic-port' || /^\d+$/.test(value)) return value
  const service = holders[0] ?? context.service
  const port = service.spec.ports.find(({ name }) => name === value)
  if (port === undefined) {
    reportValue(
      context,
      reading,
      `"${value}" is none of the ports, ${describePorts(service)}; write a number or traffic-port`,
    )
    return fallback
  }
  if (targetType === 'instance') return String(port.nodePort === 0 ? UNKNOWN_PORT : port.nodePort)
  if (typeof port.targetPort === 'number') return String(port.targetPort)
  reportValue(
    context,
    reading,
    `port ${value} has the named targetPort ${port.targetPort}, which may differ from pod to pod; write a number`,
  )
  return fallback
}

/** AWS takes no timeout that is longer than the interval. */
function timeoutOf(
  context: ServiceContext,
  holders: readonly Service[],
  defaults: Defaults,
  intervalSeconds: number,
): number {
  const reading = context.reader.int(holders, `${LB}healthcheck-timeout`)
  const timeout = valueOr(reading, Math.min(defaults.timeoutSeconds, intervalSeconds))
  if (timeout <= intervalSeconds) return timeout
  if (reading.kind === 'value') {
    reportValue(
      context,
      reading,
      `${timeout} is more than the interval of ${intervalSeconds} seconds; write at most that`,
    )
  }
  return intervalSeconds
}
