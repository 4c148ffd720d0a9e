/**
 * Names of AWS resources, equal to those of the controllers before ours, so that what exists is taken over and not made
 * twice. A hash holds what cannot be changed in place: a changed setting gives a new name, and both can exist for a while.
 *
 * Sources: AWS Load Balancer Controller (names `k8s-...`), the in-tree Service controller, the ALB controller of 2017.
 */
import { createHash } from 'node:crypto'

/** Longest name of a load balancer or target group that AWS takes. */
export const MAX_NAME = 32

/** Who a group's resources are named for: `ns/name` for an implicit group, its name for an explicit one. */
export interface GroupName {
  readonly id: string
  readonly isExplicit: boolean
}

export interface ServiceName {
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

/** ALB of a group. @param ordinal 2 and up for further load balancers of the same group. */
export function albName(cluster: string, group: GroupName, scheme: string, ordinal = 1): string {
  return groupName(group, sha256(cluster, group.id, scheme, ordinal === 1 ? '' : `#${ordinal}`))
}

/** Security group that a group's load balancers have of their own. */
export function managedSecurityGroupName(cluster: string, group: GroupName): string {
  return groupName(group, sha256(cluster, group.id))
}

/** Security group that every load balancer of the cluster shares; nodes and pods admit it. */
export function backendSecurityGroupName(cluster: string): string {
  return `k8s-traffic-${clean(cluster).slice(0, 232)}-${sha256(cluster).slice(0, 10)}`
}

export interface IngressTargetGroupParts {
  readonly cluster: string
  readonly groupId: string
  readonly ingress: { readonly namespace: string; readonly name: string }
  readonly service: ServiceName
  /** Port as the Ingress names it, number or name. */
  readonly port: string
  /** nodePort for instance targets, numeric targetPort for ip ones, 1 for a named targetPort. */
  readonly targetPort: number
  readonly targetType: string
  readonly protocol: string
  readonly protocolVersion: string
  readonly controlPort?: number
}

/** Target group of an ALB. */
export function ingressTargetGroupName(parts: IngressTargetGroupParts): string {
  const { ingress, service } = parts
  const hash = sha256(
    parts.cluster,
    parts.groupId,
    ingress.namespace,
    ingress.name,
    service.uid,
    parts.port,
    String(parts.targetPort),
    parts.targetType,
    parts.protocol,
    parts.protocolVersion,
    parts.controlPort === undefined ? '' : String(parts.controlPort),
  )
  return objectName(service.namespace, service.name, hash)
}

/** NLB in front of an ALB: the ALB's name, cut so that `-nlb` fits. */
export function frontendNlbName(nameOfAlb: string): string {
  return `${nameOfAlb.slice(0, MAX_NAME - 4)}-nlb`
}

/** Target group of type alb behind a listener of the frontend NLB. */
export function frontendNlbTargetGroupName(cluster: string, group: GroupName, port: number, ordinal = 1): string {
  const hash = sha256(
    cluster,
    group.id,
    String(port),
    String(port),
    'alb',
    'TCP',
    'TCP',
    ordinal === 1 ? '' : `#${ordinal}`,
  )
  const [namespace, name] = splitGroup(group)
  return `k8s-${clean(namespace).slice(0, 7)}-${clean(name).slice(0, 7)}-${hash.slice(0, 6)}-nlb`
}

/** NLB of a Service. */
export function nlbName(cluster: string, service: ServiceName, scheme: string): string {
  return objectName(service.namespace, service.name, sha256(cluster, service.uid, scheme))
}

export interface ServiceTargetGroupParts {
  readonly cluster: string
  readonly service: ServiceName
  /** The Service whose action forwards here, when it is another one. */
  readonly baseServiceUid?: string
  readonly targetPort: number
  readonly servicePort: number
  readonly targetType: string
  readonly protocol: string
  readonly healthCheckProtocol: string
  readonly healthCheckIntervalSeconds: number
}

/** Target group of a Service's NLB. */
export function serviceTargetGroupName(parts: ServiceTargetGroupParts): string {
  const hash = sha256(
    parts.cluster,
    parts.baseServiceUid ?? '',
    parts.service.uid,
    String(parts.targetPort),
    String(parts.servicePort),
    parts.targetType,
    parts.protocol,
    parts.healthCheckProtocol,
    String(parts.healthCheckIntervalSeconds),
  )
  return objectName(parts.service.namespace, parts.service.name, hash)
}

/** Security group of a Service's NLB. */
export function serviceSecurityGroupName(cluster: string, { namespace, name, uid }: ServiceName): string {
  return objectName(namespace, name, sha256(cluster, name, namespace, uid))
}

/** Classic Load Balancer (and NLB) of the in-tree controller: `a` and the Service's UID. */
export function classicLoadBalancerName(uid: string): string {
  return `a${uid.replaceAll('-', '')}`.slice(0, MAX_NAME)
}

/** Security group of an in-tree load balancer. */
export function classicSecurityGroupName(loadBalancer: string): string {
  return `k8s-elb-${loadBalancer}`
}

export interface InTreeTargetGroupParts {
  readonly cluster: string
  readonly namespace: string
  readonly name: string
  readonly servicePort: number
  readonly nodePort: number
  readonly protocol: string
  readonly targetType: string
  readonly healthCheckProtocol: string
  readonly healthCheckIntervalSeconds: number
}

/** Target group of an in-tree NLB. */
export function inTreeTargetGroupName(parts: InTreeTargetGroupParts): string {
  const hash = createHash('sha1')
    .update(parts.cluster + parts.namespace + parts.name)
    .update(`${parts.servicePort}${parts.nodePort}`)
    .update(parts.protocol + parts.targetType + parts.healthCheckProtocol)
    .update(String(parts.healthCheckIntervalSeconds))
    .digest('hex')
  return objectName(parts.namespace, parts.name, hash)
}

/** ALB of the controller of 2017. */
export function legacyAlbName(cluster: string, namespace: string, ingress: string): string {
  const text = `${legacyPrefix(cluster)}-${namespace.replaceAll('-', '')}-${ingress.replaceAll('-', '')}`
  return `${text.slice(0, 26)}-${md5(namespace, ingress).slice(0, 4)}`
}

/** Its target groups. */
export function legacyTargetGroupName(
  cluster: string,
  loadBalancer: string,
  nodePort: number,
  protocol: string,
): string {
  return `${legacyPrefix(cluster)}-${nodePort}-${protocol.slice(0, 5)}-${md5(loadBalancer).slice(0, 7)}`
}

function legacyPrefix(cluster: string): string {
  return clean(cluster).slice(0, 11)
}

function groupName(group: GroupName, hash: string): string {
  if (group.isExplicit) return `k8s-${clean(group.id).slice(0, 17)}-${hash.slice(0, 10)}`
  const [namespace, name] = splitGroup(group)
  return objectName(namespace, name, hash)
}

function objectName(namespace: string, name: string, hash: string): string {
  return `k8s-${clean(namespace).slice(0, 8)}-${clean(name).slice(0, 8)}-${hash.slice(0, 10)}`
}

/** An explicit group has no namespace. */
function splitGroup({ id, isExplicit }: GroupName): readonly [string, string] {
  const slash = id.indexOf('/')
  return isExplicit || slash < 0 ? ['', id] : [id.slice(0, slash), id.slice(slash + 1)]
}

function clean(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9]/g, '')
}

function sha256(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('')).digest('hex')
}

function md5(...parts: readonly string[]): string {
  return createHash('md5').update(parts.join('')).digest('hex')
}
