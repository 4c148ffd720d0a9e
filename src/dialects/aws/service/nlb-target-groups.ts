/** Target groups of an NLB: one per listener, and those of other Services that weighted actions name. */
import type { TargetGroup } from '../../../aws/stack/model.ts'
import { originOf } from '../../../kube/meta.ts'
import type { Service, ServicePort } from '../../../kube/objects.ts'
import { valueOr } from '../annotation-reader.ts'
import { inTreeTargetGroupName, serviceTargetGroupName } from '../names.ts'
import { groupAttributes } from './nlb-attributes.ts'
import { healthCheckOf } from './nlb-health-check.ts'
import type { NlbSecurity } from './nlb-security.ts'
import { LB, type ServiceContext } from './service-context.ts'

export interface GroupKind {
  readonly targetType: 'instance' | 'ip'
  readonly isInTree: boolean
  readonly ipAddressType: 'ipv4' | 'ipv6'
  readonly tags: TargetGroup['tags']
  readonly security: NlbSecurity
}

/** @param other a further Service whose targets share a listener; its annotations go before those of the base Service */
export function targetGroupOf(
  context: ServiceContext,
  port: ServicePort,
  protocol: TargetGroup['protocol'],
  kind: GroupKind,
  other?: Service,
): TargetGroup {
  const { service: base, reader } = context
  const service = other ?? base
  const holders = other === undefined ? [base] : [other, base]
  const healthCheck = healthCheckOf(context, holders, kind)
  const targetPort = targetPortOf(port, kind.targetType)
  const attributes = groupAttributes(context, holders, port)
  const facts = { protocol, targetType: kind.targetType, healthCheck, attributes }
  const index = service.spec.ports.indexOf(port)
  const isAmbiguous = service.spec.ports.filter((one) => one.port === port.port).length > 1 && port.name !== ''
  return {
    id: `${service.meta.namespace}/${service.meta.name}:${port.port}`,
    origins: [originOf(service, 'spec', 'ports', index), ...(other === undefined ? [] : [originOf(base)])],
    name: nameOf(context, service, port, targetPort, facts, kind, other === undefined ? undefined : base),
    targetType: kind.targetType,
    protocol,
    port: targetPort,
    ipAddressType: kind.ipAddressType,
    healthCheck,
    attributes,
    tags: kind.tags,
    targets: {
      kind: 'service',
      namespace: service.meta.namespace,
      name: service.meta.name,
      port: isAmbiguous ? port.name : String(port.port),
      nodeLabels: kind.targetType === 'ip' ? {} : valueOr(reader.map(holders, `${LB}target-node-labels`), {}),
    },
    access: kind.security.accessOf(facts),
    isMultiCluster: valueOr(reader.bool(holders, `${LB}multi-cluster-target-group`), false),
  }
}

/** Each target says its own: a targetPort that is a name may differ from pod to pod, and a nodePort may not be given yet. */
const UNKNOWN_PORT = 1

function targetPortOf(port: ServicePort, targetType: 'instance' | 'ip'): number {
  if (targetType === 'instance') return port.nodePort === 0 ? UNKNOWN_PORT : port.nodePort
  return typeof port.targetPort === 'number' ? port.targetPort : UNKNOWN_PORT
}

function nameOf(
  { options }: ServiceContext,
  { meta }: Service,
  port: ServicePort,
  targetPort: number,
  { protocol, healthCheck }: Pick<TargetGroup, 'protocol' | 'healthCheck'>,
  { targetType, isInTree }: GroupKind,
  base: Service | undefined,
): string {
  const shared = {
    cluster: options.clusterName,
    servicePort: port.port,
    protocol,
    targetType,
    healthCheckProtocol: healthCheck.protocol,
    healthCheckIntervalSeconds: healthCheck.intervalSeconds,
  }
  if (isInTree && base === undefined) {
    return inTreeTargetGroupName({ ...shared, namespace: meta.namespace, name: meta.name, nodePort: targetPort })
  }
  return serviceTargetGroupName({
    ...shared,
    service: meta,
    targetPort,
    ...(base === undefined ? {} : { baseServiceUid: base.meta.uid }),
  })
}
