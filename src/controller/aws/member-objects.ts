/** Objects as the API server has them: what finalizers, statuses and Events are written by. */
import type { RawObject } from '../../sources/cluster/reflector.ts'
import {
  INGRESS_CLASS_PARAMS,
  INGRESSES,
  type Resource,
  SERVICES,
  TARGET_GROUP_BINDINGS,
} from '../../sources/cluster/resource.ts'
import type { LoadBalancerAddress } from '../cluster/status-addresses.ts'

export interface MemberObject {
  readonly resource: Resource
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
  readonly finalizers: readonly string[]
  readonly isDeleting: boolean
  /** `.status.loadBalancer.ingress`. */
  readonly addresses: readonly LoadBalancerAddress[]
}

/** Of resources, groups and Services; those of the AWS Load Balancer Controller, so that either can take over. */
const INGRESS_FINALIZER = 'ingress.k8s.aws/resources'
const GROUP_PREFIX = 'group.ingress.k8s.aws/'
const SERVICE_FINALIZER = 'service.k8s.aws/resources'
/** Of a TargetGroupBinding whose targets we registered. */
export const BINDING_FINALIZER = 'elbv2.k8s.aws/resources'

const OURS: ReadonlySet<string> = new Set([INGRESS_FINALIZER, SERVICE_FINALIZER, BINDING_FINALIZER])
const RESOURCES = new Map(
  [INGRESSES, SERVICES, TARGET_GROUP_BINDINGS, INGRESS_CLASS_PARAMS].map((resource) => [resource.kind, resource]),
)

interface RawMember extends RawObject {
  readonly metadata: RawObject['metadata'] & {
    readonly finalizers?: readonly string[]
    readonly deletionTimestamp?: string
  }
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly LoadBalancerAddress[] | null } | null
  } | null
}

export class MemberObjects {
  readonly #objects = new Map<string, MemberObject>()

  /** @param raw `null` = deleted */
  set(kind: string, key: string, raw: RawObject | null): void {
    const resource = RESOURCES.get(kind)
    if (resource === undefined) return
    // Without a namespace it is named alone, as findings name it.
    const object = `${kind} ${key.replace(/^\//, '')}`
    if (raw === null) {
      this.#objects.delete(object)
      return
    }
    const { metadata, status } = raw as RawMember
    this.#objects.set(object, {
      resource,
      namespace: metadata.namespace ?? '',
      name: metadata.name,
      uid: metadata.uid ?? '',
      resourceVersion: metadata.resourceVersion ?? '',
      finalizers: metadata.finalizers ?? [],
      isDeleting: metadata.deletionTimestamp !== undefined,
      addresses: status?.loadBalancer?.ingress ?? [],
    })
  }

  /** By `Kind namespace/name`. */
  get(object: string): MemberObject | undefined {
    return this.#objects.get(object)
  }

  /** Ingresses and Services that carry a finalizer of ours, by `Kind namespace/name`. */
  *held(): Iterable<readonly [string, MemberObject, readonly string[]]> {
    for (const [object, member] of this.#objects) {
      if (member.resource === TARGET_GROUP_BINDINGS) continue
      const ours = member.finalizers.filter(isOurs)
      if (ours.length > 0) yield [object, member, ours]
    }
  }
}

export function isOurs(finalizer: string): boolean {
  return OURS.has(finalizer) || finalizer.startsWith(GROUP_PREFIX)
}

/** The finalizer that a member of this stack carries. @param stack `ingress:ns/name`, `ingress:group`, `service:ns/name` */
export function finalizerOf(stack: string): string {
  if (stack.startsWith('service:')) return SERVICE_FINALIZER
  const id = stack.slice('ingress:'.length)
  return id.includes('/') ? INGRESS_FINALIZER : `${GROUP_PREFIX}${id}`
}

/** The stack that a finalizer on this object stands for. */
export function stackOfFinalizer(finalizer: string, { namespace, name }: MemberObject): string {
  if (finalizer === SERVICE_FINALIZER) return `service:${namespace}/${name}`
  if (finalizer === INGRESS_FINALIZER) return `ingress:${namespace}/${name}`
  return `ingress:${finalizer.slice(GROUP_PREFIX.length)}`
}
