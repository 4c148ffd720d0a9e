/** Which ports of a Service can have a listener at all. */
import { originOf } from '../../../kube/meta.ts'
import type { Service, ServicePort } from '../../../kube/objects.ts'
import { originOfPort, type ServiceContext } from './service-context.ts'

export interface UsablePort {
  readonly port: ServicePort
  readonly index: number
}

/**
 * Ports that a load balancer of `targetType` can serve. A nodePort that is missing from a manifest will be given by the
 * API server; one that is missing in a cluster never comes.
 */
export function usablePorts(context: ServiceContext, targetType: 'instance' | 'ip'): readonly UsablePort[] {
  return context.service.spec.ports
    .map((port, index): UsablePort => ({ port, index }))
    .filter((usable) => {
      if (usable.port.protocol === 'SCTP') {
        refusePort(context, usable, 'no load balancer of AWS carries SCTP; TCP and UDP are accepted')
        return false
      }
      return targetType === 'ip' || hasNodePort(context, usable)
    })
}

/** Says why a port has no listener. */
export function refusePort({ report, ...context }: ServiceContext, { port, index }: UsablePort, reason: string): void {
  const message = `Cannot listen on port ${port.port}/${port.protocol}: ${reason}`
  report('AWS_SERVICE_PORT_REFUSED', message, originOfPort({ report, ...context }, index))
}

function hasNodePort(context: ServiceContext, { port, index }: UsablePort): boolean {
  if (port.nodePort !== 0) return true
  const { service, report } = context
  const willBeGiven = service.source !== undefined && service.spec.allocateLoadBalancerNodePorts !== false
  const message = willBeGiven
    ? `Cannot tell the node port of port ${port.port} yet: the API server gives one when the Service is created, and names that it is part of are other ones then`
    : `Cannot listen on port ${port.port}: it has no nodePort, which instances need; allow node ports, or use the target type ip`
  report('AWS_NODE_PORT_MISSING', message, originOfPort(context, index), willBeGiven ? 'info' : 'error')
  return willBeGiven
}

/** True when a list of ports names this one, by number or name. */
export function isNamed(port: ServicePort, names: ReadonlySet<string>): boolean {
  return names.has(String(port.port)) || (port.name !== '' && names.has(port.name))
}

/** Only a manifest that no API server has seen lacks it. */
export function reportNoHealthPort(report: ServiceContext['report'], service: Service): void {
  const message =
    'Cannot tell the port of health checks yet: the API server gives spec.healthCheckNodePort when the Service is created'
  report('AWS_NODE_PORT_MISSING', message, originOf(service, 'spec', 'externalTrafficPolicy'), 'info')
}
