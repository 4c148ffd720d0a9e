/** Backends that an ALB cannot reach, and health check ports that do not exist. */
import { closestName } from '../../base/edit-distance.ts'
import type { Finding, Origin } from '../../base/finding.ts'
import { remark } from '../../base/remark.ts'
import { originOf } from '../../kube/meta.ts'
import type { Ingress, Service } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import { ALB_PREFIX, albAnnotation, isAlbIngress, targetTypeOf, USE_ANNOTATION } from './alb.ts'
import { originOfServiceName, serviceBackendsOf } from './ingress-backends.ts'

const HEALTH_PORT = 'healthcheck-port'

/** Raises ALB_NEEDS_NODE_PORT, and ANNOTATION_VALUE for named health check ports. */
export function checkAlbTargets(snapshot: Snapshot): readonly Finding[] {
  return snapshot.ingresses
    .filter((ingress) => isAlbIngress(snapshot, ingress))
    .flatMap((ingress) => [...findUnreachable(snapshot, ingress), ...findHealthPorts(snapshot, ingress)])
}

function findUnreachable(snapshot: Snapshot, ingress: Ingress): readonly Finding[] {
  const findings: Finding[] = []
  const seen = new Set<string>()
  for (const placed of serviceBackendsOf(ingress)) {
    const { name, port } = placed.backend
    if (seen.has(name) || (port.kind === 'name' && port.name === USE_ANNOTATION)) continue
    seen.add(name)
    const service = snapshot.service(ingress.meta.namespace, name)
    if (service === undefined || service.spec.type === 'NodePort' || service.spec.type === 'LoadBalancer') continue
    const target = targetTypeOf(snapshot, ingress, service)
    if (target.type !== 'instance') continue
    const message =
      `Cannot send requests of the ALB to Service ${name}: it is of type ${service.spec.type} and the target type is ` +
      `instance (from ${target.from}); make the Service NodePort, or write ${ALB_PREFIX}target-type: ip`
    findings.push(remark('ALB_NEEDS_NODE_PORT', originOfServiceName(ingress, placed), message))
  }
  return findings
}

function findHealthPorts(snapshot: Snapshot, ingress: Ingress): readonly Finding[] {
  const findings: Finding[] = []
  const names = new Set(serviceBackendsOf(ingress).map((placed) => placed.backend.name))
  for (const name of names) {
    const service = snapshot.service(ingress.meta.namespace, name)
    if (service === undefined) continue
    const holder = albAnnotation(service, HEALTH_PORT) === undefined ? ingress : service
    const problem = judgeHealthPort(snapshot, albAnnotation(holder, HEALTH_PORT), ingress, service)
    if (problem === null) continue
    const origin: Origin = originOf(holder, 'metadata', 'annotations', `${ALB_PREFIX}${HEALTH_PORT}`)
    findings.push(remark('ANNOTATION_VALUE', origin, `Cannot check the health of Service ${name}: ${problem}`))
  }
  return findings
}

function judgeHealthPort(
  snapshot: Snapshot,
  value: string | undefined,
  ingress: Ingress,
  service: Service,
): string | null {
  if (value === undefined || value === 'traffic-port' || !/^[a-z0-9-]*[a-z][a-z0-9-]*$/i.test(value)) return null
  const ports = service.spec.ports.map((port) => port.name).filter((name) => name !== '')
  const port = service.spec.ports.find((candidate) => candidate.name === value)
  if (port === undefined) {
    const close = closestName(value, [...ports, 'traffic-port'])
    const known = ports.length === 0 ? 'its ports have no names' : `its ports are ${ports.join(', ')}`
    return `the Service has no port named ${value}, ${known}; ${close === null ? 'write a number or traffic-port' : `did you mean ${close}`}`
  }
  if (targetTypeOf(snapshot, ingress, service).type !== 'ip' || typeof port.targetPort === 'number') return null
  return `port ${value} has the named targetPort ${port.targetPort}, which the target type ip cannot check; write a number`
}
