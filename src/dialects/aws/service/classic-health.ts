/** Health check of a Classic Load Balancer (elb ConfigureHealthCheck). */
import type { ClassicListener, ClassicLoadBalancer } from '../../../aws/stack/model.ts'
import { valueOr } from '../annotation-reader.ts'
import { reportNoHealthPort } from './ports.ts'
import { LB, reportLonely, reportValue, type ServiceContext } from './service-context.ts'

type Check = ClassicLoadBalancer['healthCheck']

/** The port of the first listener in the Service's order, or kube-proxy's own check with the policy Local. */
export function classicHealthCheck(context: ServiceContext, listeners: readonly ClassicListener[]): Check {
  const { reader, service } = context
  const first = firstListener(context, listeners)
  const isLocal = service.spec.externalTrafficPolicy === 'Local'
  if (isLocal && service.spec.healthCheckNodePort === undefined) reportNoHealthPort(context.report, service)
  const speaksTls = first?.instanceProtocol === 'SSL' || first?.instanceProtocol === 'HTTPS'
  const protocol = valueOr(
    reader.text([service], `${LB}healthcheck-protocol`),
    isLocal ? 'HTTP' : speaksTls ? 'SSL' : 'TCP',
  ).toUpperCase()
  const port = portOf(context, first, isLocal ? (service.spec.healthCheckNodePort ?? 0) : (first?.instancePort ?? 0))
  const path = reader.text([service], `${LB}healthcheck-path`)
  const isHttp = protocol === 'HTTP' || protocol === 'HTTPS'
  if (!isHttp) reportLonely(context, path, `${LB}healthcheck-protocol: http`)
  const target = `${protocol}:${port}${isHttp ? valueOr(path, isLocal ? '/healthz' : '/') : ''}`
  return { target, ...timesOf(context) }
}

function firstListener(
  { service }: ServiceContext,
  listeners: readonly ClassicListener[],
): ClassicListener | undefined {
  for (const { port } of service.spec.ports) {
    const listener = listeners.find((one) => one.port === port)
    if (listener !== undefined) return listener
  }
  return undefined
}

/** A name of a port is its nodePort: the check goes to instances. */
function portOf(context: ServiceContext, first: ClassicListener | undefined, fallback: number): number {
  const { reader, service } = context
  const reading = reader.text([service], `${LB}healthcheck-port`)
  if (reading.kind !== 'value') return fallback
  if (reading.value === 'traffic-port') return first?.instancePort ?? fallback
  if (/^\d+$/.test(reading.value)) return Number(reading.value)
  const port = service.spec.ports.find(({ name }) => name === reading.value)
  if (port !== undefined) return port.nodePort
  reportValue(context, reading, `"${reading.value}" is no port of the Service; write a number or traffic-port`)
  return fallback
}

/** AWS takes a timeout that is shorter than the interval, up to 60 seconds. */
function timesOf(context: ServiceContext): Omit<Check, 'target'> {
  const { reader, service } = context
  const holders = [service]
  const healthyThreshold = valueOr(reader.int(holders, `${LB}healthcheck-healthy-threshold`), 2)
  const unhealthyThreshold = valueOr(reader.int(holders, `${LB}healthcheck-unhealthy-threshold`), 6)
  const interval = reader.int(holders, `${LB}healthcheck-interval`)
  const timeout = reader.int(holders, `${LB}healthcheck-timeout`)
  const intervalSeconds = valueOr(interval, 10)
  const timeoutSeconds = valueOr(timeout, 5)
  if (timeoutSeconds < intervalSeconds && timeoutSeconds <= 60) {
    return { intervalSeconds, timeoutSeconds, healthyThreshold, unhealthyThreshold }
  }
  const problem = `a timeout of ${timeoutSeconds} seconds is not shorter than the interval of ${intervalSeconds}, or longer than 60; write a shorter one`
  for (const reading of [timeout, interval]) {
    if (reading.kind !== 'value') continue
    reportValue(context, reading, problem)
    break
  }
  const shorter = Math.min(5, Math.max(2, intervalSeconds - 1))
  return { intervalSeconds, timeoutSeconds: shorter, healthyThreshold, unhealthyThreshold }
}
