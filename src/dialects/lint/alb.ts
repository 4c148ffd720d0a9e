/** Which Ingresses become an ALB, and what the annotations of one say. */
import { parseAlbAction, type AlbAction } from '../annotations/alb-action.ts'
import { type AlbListener, parseListenPorts } from '../annotations/alb-listeners.ts'
import type { Ingress, Service } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import { classParamsOf } from '../alb/groups.ts'

export const ALB_PREFIX = 'alb.ingress.kubernetes.io/'
/** The backend port that stands for "look at the annotation actions.NAME". */
export const USE_ANNOTATION = 'use-annotation'

const ALB_CONTROLLER = 'ingress.k8s.aws/alb'

/**
 * True when the class is the AWS controller's: by IngressClass.spec.controller, or by the name `alb` when no such
 * IngressClass is in sight. An Ingress without any class counts when it carries an ALB annotation.
 */
export function isAlbIngress(snapshot: Snapshot, ingress: Ingress): boolean {
  const name = classNameOf(ingress)
  if (name !== '') return isAlbClass(snapshot, name)
  const fallback = snapshot.ingressClasses.filter((ingressClass) => ingressClass.isDefault)
  if (fallback.length > 0) return fallback.some((ingressClass) => ingressClass.controller === ALB_CONTROLLER)
  return Object.keys(ingress.meta.annotations).some((key) => key.startsWith(ALB_PREFIX))
}

/** The class that an Ingress names in its field, else in its annotation; empty for none. */
export function classNameOf(ingress: Ingress): string {
  return ingress.spec.ingressClassName ?? ingress.meta.annotations['kubernetes.io/ingress.class'] ?? ''
}

/** An ALB annotation's text without surrounding space; `undefined` when absent. */
export function albAnnotation(object: Ingress | Service, name: string): string | undefined {
  return object.meta.annotations[`${ALB_PREFIX}${name}`]?.trim()
}

/** Ingresses that share one ALB with this one, itself included: those of the same group. */
export function albGroupOf(snapshot: Snapshot, ingress: Ingress): readonly Ingress[] {
  const nameOf = (one: Ingress): string =>
    classParamsOf(one, snapshot)?.groupName ?? albAnnotation(one, 'group.name') ?? ''
  const group = nameOf(ingress)
  if (group === '') return [ingress]
  return snapshot.ingresses.filter((other) => nameOf(other) === group && isAlbIngress(snapshot, other))
}

/**
 * Ports on which the ALB of these Ingresses listens: the union of listeners of class parameters or listen-ports, where an Ingress without it gives
 * HTTPS 443 if it has a certificate-arn and HTTP 80 otherwise. `null` when any listen-ports cannot be read.
 */
export function albListenersOf(snapshot: Snapshot, group: readonly Ingress[]): readonly AlbListener[] | null {
  const listeners: AlbListener[] = []
  for (const ingress of group) {
    const params = classParamsOf(ingress, snapshot)
    if (params?.listeners !== undefined && params.listeners.length > 0) {
      for (const { protocol, port } of params.listeners)
        listeners.push({ protocol: protocol === 'HTTPS' ? 'HTTPS' : 'HTTP', port })
      continue
    }
    const text = albAnnotation(ingress, 'listen-ports')
    if (text === undefined) {
      const hasCertificate =
        (albAnnotation(ingress, 'certificate-arn') ?? '') !== '' || (params?.certificateArn ?? []).length > 0
      listeners.push(hasCertificate ? { protocol: 'HTTPS', port: 443 } : { protocol: 'HTTP', port: 80 })
      continue
    }
    const parsed = parseListenPorts(text)
    if (!parsed.ok) return null
    listeners.push(...parsed.listeners)
  }
  return listeners
}

export interface NamedAction {
  readonly name: string
  /** Full annotation name. */
  readonly key: string
  /** `null` when the JSON cannot be used; checkAnnotations says why. */
  readonly action: AlbAction | null
}

/** The `actions.NAME` annotations of an Ingress. */
export function albActionsOf(ingress: Ingress): readonly NamedAction[] {
  const prefix = `${ALB_PREFIX}actions.`
  const actions: NamedAction[] = []
  for (const [key, text] of Object.entries(ingress.meta.annotations)) {
    if (!key.startsWith(prefix) || key.length === prefix.length) continue
    const parsed = parseAlbAction(text)
    actions.push({ name: key.slice(prefix.length), key, action: parsed.ok ? parsed.action : null })
  }
  return actions
}

/** Target type of a backend Service: that of the class parameters, of the Service's annotation, of the Ingress's, else `instance`. */
export function targetTypeOf(
  snapshot: Snapshot,
  ingress: Ingress,
  service: Service,
): { readonly type: string; readonly from: string } {
  const ofClass = classParamsOf(ingress, snapshot)?.targetType
  if (ofClass !== undefined) return { type: ofClass, from: 'the parameters of its class' }
  const onService = albAnnotation(service, 'target-type')
  if (onService !== undefined) return { type: onService, from: 'the Service' }
  const onIngress = albAnnotation(ingress, 'target-type')
  return onIngress === undefined ? { type: 'instance', from: 'the default' } : { type: onIngress, from: 'the Ingress' }
}

function isAlbClass(snapshot: Snapshot, name: string): boolean {
  const ingressClass = snapshot.ingressClass(name)
  return ingressClass === undefined ? name === 'alb' : ingressClass.controller === ALB_CONTROLLER
}
