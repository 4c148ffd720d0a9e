/** An IngressGroup: the Ingresses that share load balancers, each with the listeners that it asks for. */
import type { Ingress, IngressClassParams } from '../../../kube/objects.ts'

export interface GroupMember {
  readonly ingress: Ingress
  readonly params: IngressClassParams | null
  /** Sorted; never empty. */
  readonly ports: readonly ListenPort[]
  /** Why its routes are not served but answer 503 (a setting that means protection and cannot be read); else `null`. */
  readonly refusal: string | null
}

export interface ListenPort {
  readonly protocol: 'HTTP' | 'HTTPS'
  readonly port: number
}

export interface IngressGroup {
  /** `ns/name` for an implicit group, the group's name for an explicit one. */
  readonly id: string
  readonly isExplicit: boolean
  /** In group order. */
  readonly members: readonly GroupMember[]
  /** Port and protocol of every listener, sorted by port. A later member that disagrees on a port's protocol does not have it. */
  readonly ports: readonly ListenPort[]
  /** Port that HTTP listeners redirect to; `null` = none. They have no rules then. */
  readonly sslRedirectPort: number | null
  readonly scheme: 'internal' | 'internet-facing'
  readonly ipAddressType: 'ipv4' | 'dualstack' | 'dualstack-without-public-ipv4'
}
