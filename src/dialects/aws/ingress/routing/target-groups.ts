/** Target groups of an ALB: one for each Ingress, Service and port as the Ingress names it. */
import type { Ref, TargetAccess, TargetGroup } from '../../../../aws/stack/model.ts'
import type { Origin } from '../../../../base/finding.ts'
import { type KubeObject, originOf } from '../../../../kube/meta.ts'
import type { Service, ServicePort, ServicePortRef } from '../../../../kube/objects.ts'
import { describePorts, findServicePort } from '../../../ingress/service-port.ts'
import { type AnnotationReader, fieldReading, firstReading, valueOr } from '../../annotation-reader.ts'
import { ALB_GROUP_ATTRIBUTES, usableAttributes } from '../../attribute-values.ts'
import { ingressTargetGroupName } from '../../names.ts'
import type { GroupMember, IngressGroup } from '../group.ts'
import type { RoutingContext } from '../routing.ts'
import { readHealthCheck } from './health-check.ts'

export interface Wanted {
  readonly member: GroupMember
  readonly name: string
  readonly port: ServicePortRef
  /** Where the Service and its port are named. */
  readonly nameOrigin: Origin
  readonly portOrigin: Origin
  /** What happens while it is missing, for messages: `requests are answered 503`. */
  readonly consequence: string
}

export type FoundTarget =
  | { readonly ok: true; readonly id: string; readonly service: Service; readonly isGrpc: boolean }
  /** A finding was raised; the text is for the 503 that answers instead. */
  | { readonly ok: false; readonly text: string }

export interface TargetGroups {
  find(wanted: Wanted): FoundTarget
  /** Everything found so far, by id. */
  readonly found: ReadonlyMap<string, TargetGroup>
}

/** Port of a target group whose targets each have their own: a named targetPort, or a nodePort that is not chosen yet. */
const UNKNOWN_PORT = 1

export function createTargetGroups(
  group: IngressGroup,
  context: RoutingContext,
  reader: AnnotationReader,
): TargetGroups {
  const found = new Map<string, TargetGroup>()
  return {
    found,
    find(wanted) {
      const { namespace } = wanted.member.ingress.meta
      const service = context.snapshot.service(namespace, wanted.name)
      if (service === undefined) {
        const message = `Cannot find Service ${namespace}/${wanted.name}: it does not exist; ${wanted.consequence} until it does`
        context.report(
          'SERVICE_NOT_FOUND',
          message,
          wanted.nameOrigin,
          undefined,
          `Service ${namespace}/${wanted.name}`,
        )
        return { ok: false, text: `Service ${wanted.name} does not exist` }
      }
      const port = findServicePort(service, wanted.port)
      const written = formatRef(wanted.port)
      if (port.kind !== 'port') {
        const state =
          port.kind === 'target-port'
            ? `service has port ${port.port.port} (targetPort ${port.port.targetPort}), did you mean ${port.port.port}?`
            : `${describePorts(service)}; ${wanted.consequence} until it has this one`
        const message = `Cannot find port ${written} of Service ${namespace}/${wanted.name}: ${state}`
        context.report('SERVICE_PORT_NOT_FOUND', message, wanted.portOrigin)
        return { ok: false, text: `Service ${wanted.name} has no port ${written}` }
      }
      const { ingress } = wanted.member
      const id = `${namespace}/${ingress.meta.name}-${wanted.name}:${written}`
      const known = found.get(id)
      if (known !== undefined) return { ok: true, id, service, isGrpc: known.protocolVersion === 'GRPC' }
      const made = build({ id, wanted, service, port: port.port, group, context, reader })
      if (typeof made === 'string') return { ok: false, text: made }
      found.set(id, made)
      return { ok: true, id, service, isGrpc: made.protocolVersion === 'GRPC' }
    },
  }
}

interface Parts {
  readonly id: string
  readonly wanted: Wanted
  readonly service: Service
  readonly port: ServicePort
  readonly group: IngressGroup
  readonly context: RoutingContext
  readonly reader: AnnotationReader
}

/** The target group, or the text of a 503 when there can be none. */
function build(parts: Parts): TargetGroup | string {
  const { id, wanted, service, port, group, context, reader } = parts
  const { ingress } = wanted.member
  const objects: readonly KubeObject[] = [service, ingress]
  const targetType = readTargetType(parts)
  const ipAddressType = readIpAddressType(parts)
  if (ipAddressType === null) return `Service ${wanted.name} cannot be reached over IPv6`
  if (targetType === 'instance' && !hasNodePorts(parts)) return `Service ${wanted.name} has no node ports`
  const targetPort = targetPortOf(parts, targetType)
  const protocol = valueOr(reader.text(objects, 'backend-protocol'), 'HTTP') as 'HTTP' | 'HTTPS'
  const protocolVersion = valueOr(reader.text(objects, 'backend-protocol-version'), 'HTTP1') as NonNullable<
    TargetGroup['protocolVersion']
  >
  const controlPort = readControlPort(parts, targetType)
  const control = controlPort === null ? {} : { controlPort }
  const healthCheck = readHealthCheck(
    { service, targetType, protocol, protocolVersion },
    objects,
    reader,
    context.report,
  )
  const { uid, namespace, name } = service.meta
  return {
    id,
    origins: [wanted.nameOrigin, originOf(service)],
    name: ingressTargetGroupName({
      cluster: context.options.clusterName,
      groupId: group.id,
      ingress: ingress.meta,
      service: { namespace, name, uid },
      port: formatRef(wanted.port),
      targetPort,
      targetType,
      protocol,
      protocolVersion,
      ...control,
    }),
    targetType,
    protocol,
    protocolVersion,
    port: targetPort,
    ipAddressType,
    healthCheck,
    attributes: valueOr(
      usableAttributes(reader.map(objects, 'target-group-attributes'), ALB_GROUP_ATTRIBUTES, context.report),
      {},
    ),
    tags: context.tagsOf(wanted.member, service),
    targets: {
      kind: 'service',
      namespace,
      name,
      port: String(port.port),
      nodeLabels: readNodeLabels(parts, targetType),
    },
    access: accessOf(context.backendSecurityGroup, healthCheck.port, controlPort),
    isMultiCluster: valueOr(reader.bool(objects, 'multi-cluster-target-group'), false),
    ...control,
  }
}

/** Class parameters, then the Service, then the Ingress, then the flag. */
function readTargetType({ wanted, service, context, reader }: Parts): 'instance' | 'ip' {
  const { params, ingress } = wanted.member
  const ofClass = params === null ? [] : [fieldReading(params, params.spec.targetType, 'spec', 'targetType')]
  const reading = firstReading(...ofClass, reader.text([service, ingress], 'target-type'))
  if (reading.kind !== 'value') return context.options.defaultTargetType
  if (reading.value === 'instance' || reading.value === 'ip') return reading.value
  const state = `${JSON.stringify(reading.value)} is not known; write instance or ip`
  context.report('ANNOTATION_VALUE', `Cannot use ${reading.name}: ${state}`, reading.origin)
  return context.options.defaultTargetType
}

/** IPv6 where the Service has addresses of that family and the load balancer too; `null` with a finding when it must but cannot. */
function readIpAddressType({ wanted, service, group, context }: Parts): 'ipv4' | 'ipv6' | null {
  const families = service.spec.ipFamilies ?? []
  if (!families.includes('IPv6')) return 'ipv4'
  if (group.ipAddressType !== 'ipv4') return 'ipv6'
  if (families.includes('IPv4')) return 'ipv4'
  const message =
    `Cannot send requests to Service ${wanted.name}: it has IPv6 addresses only and the load balancer is ipv4; ` +
    'write alb.ingress.kubernetes.io/ip-address-type: dualstack'
  context.report('AWS_IPV6_NEEDS_DUALSTACK', message, wanted.nameOrigin)
  return null
}

/** Instance targets are reached at node ports. */
function hasNodePorts({ wanted, service, context }: Parts): boolean {
  const { type, allocateLoadBalancerNodePorts } = service.spec
  if (type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false)) return true
  const state =
    type === 'LoadBalancer'
      ? 'its allocateLoadBalancerNodePorts is false'
      : `it is of type ${type} and the target type is instance`
  const wish = 'make the Service NodePort, or write alb.ingress.kubernetes.io/target-type: ip'
  const message = `Cannot send requests of the ALB to Service ${wanted.name}: ${state}; ${wish}`
  context.report('ALB_NEEDS_NODE_PORT', message, wanted.nameOrigin)
  return false
}

function targetPortOf({ service, port, context }: Parts, targetType: 'instance' | 'ip'): number {
  if (targetType === 'ip') return typeof port.targetPort === 'number' ? port.targetPort : UNKNOWN_PORT
  if (port.nodePort > 0) return port.nodePort
  const index = service.spec.ports.indexOf(port)
  const message =
    `Cannot name the target group of Service ${service.meta.name} for good: the cluster has not chosen the nodePort of ` +
    `port ${port.port} yet; write one, or read the Service from the cluster`
  context.report('AWS_NODE_PORT_MISSING', message, originOf(service, 'spec', 'ports', index), 'info')
  return UNKNOWN_PORT
}

function readNodeLabels(
  { wanted, service, reader }: Parts,
  targetType: 'instance' | 'ip',
): Readonly<Record<string, string>> {
  if (targetType === 'ip') return {}
  return sortKeys(valueOr(reader.map([service, wanted.member.ingress], 'target-node-labels'), {}))
}

/** `target-control-port.SERVICE.PORT`, of ip targets. */
function readControlPort({ wanted, service, context, reader }: Parts, targetType: 'instance' | 'ip'): number | null {
  const name = `target-control-port.${service.meta.name}.${formatRef(wanted.port)}`
  const reading = reader.int([service, wanted.member.ingress], name)
  if (reading.kind !== 'value') return null
  if (targetType === 'ip') return reading.value
  const message = `Cannot use annotation ${reading.name}: the target type is instance; it is for ip targets`
  context.report('ANNOTATION_VALUE', message, reading.origin)
  return null
}

function accessOf(source: Ref | null, healthPort: string, controlPort: number | null): readonly TargetAccess[] {
  if (source === null) return []
  const to = (ports: TargetAccess['ports']): TargetAccess => ({
    source: { kind: 'securityGroup', group: source },
    protocol: 'tcp',
    ports,
  })
  return [
    to('traffic'),
    ...(healthPort === 'traffic-port' ? [] : [to('health')]),
    ...(controlPort === null ? [] : [to(controlPort)]),
  ]
}

function formatRef(port: ServicePortRef): string {
  return port.kind === 'number' ? String(port.number) : port.name
}

function sortKeys(map: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)))
}
