/** A Service of type LoadBalancer, as address management and announcing see it. */

export interface LoadBalancerService {
  /** `namespace/name`. */
  readonly key: string
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly namespaceLabels: Readonly<Record<string, string>>
  /** Grows with each version of the object; an older one never takes back an address. */
  readonly resourceVersion: string
  /** In the order of clusterIPs; empty = the Service has none yet. */
  readonly families: readonly (4 | 6)[]
  readonly familyPolicy: 'SingleStack' | 'PreferDualStack' | 'RequireDualStack'
  readonly ports: readonly { readonly protocol: string; readonly port: number }[]
  readonly trafficPolicy: 'Cluster' | 'Local'
  /** Of pods, sorted `a=b,c=d`: Services with the policy Local share an address only if it is the same. */
  readonly selector: string
  /** `.status.loadBalancer.ingress[].ip`. */
  readonly addresses: readonly string[]
  /** Requested, from any of the three spellings; empty = none. */
  readonly requested: readonly string[]
  /** Requested pool; empty = any. */
  readonly pool: string
  /** Key of the sharing annotation; empty = it shares with nobody. */
  readonly sharingKey: string
  /** The sharing annotation is there, perhaps empty. */
  readonly hasSharingAnnotation: boolean
}

/** One endpoint, as far as announcing goes. */
export interface ServiceEndpoint {
  readonly nodeName: string
  /** Ready, or serving while it ends. */
  readonly isUsable: boolean
}
