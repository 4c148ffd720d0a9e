/** Which addresses go into `.status.loadBalancer` of what we serve (docs/cluster.md: Addresses). Pure. */

export interface LoadBalancerAddress {
  readonly ip?: string
  readonly hostname?: string
}

/** A Service as the API sends it, as far as its addresses go. */
export interface PublishedService {
  readonly spec?: {
    readonly type?: string
    readonly clusterIP?: string
    readonly externalIPs?: readonly string[]
    readonly externalName?: string
  }
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly LoadBalancerAddress[] } }
}

/** A Node, likewise. */
export interface PublishedNode {
  readonly metadata: { readonly name: string }
  readonly status?: { readonly addresses?: readonly { readonly type: string; readonly address: string }[] }
}

/** `--publish-status-address`: IP addresses and host names. */
export function addressesOfFlag(values: readonly string[]): readonly LoadBalancerAddress[] {
  return normalise(values.flatMap((value) => value.split(',')).map((value) => toAddress(value.trim())))
}

/** `--publish-service`. */
export function addressesOfService({ spec = {}, status }: PublishedService): readonly LoadBalancerAddress[] {
  const external = (spec.externalIPs ?? []).map(toAddress)
  switch (spec.type ?? 'ClusterIP') {
    case 'ExternalName':
      return normalise([{ hostname: spec.externalName ?? '' }])
    case 'ClusterIP':
      return normalise([toAddress(spec.clusterIP === 'None' ? '' : (spec.clusterIP ?? ''))])
    case 'NodePort':
      return normalise(external.length > 0 ? external : [toAddress(spec.clusterIP ?? '')])
    default:
      return normalise([...(status?.loadBalancer?.ingress ?? []), ...external])
  }
}

/** Of the nodes that run our pods: external ones, internal where there are none or the flag says so. */
export function addressesOfNodes(
  nodes: readonly PublishedNode[],
  prefersInternal: boolean,
): readonly LoadBalancerAddress[] {
  return normalise(
    nodes.flatMap(({ status }) => {
      const of = (type: string): readonly string[] =>
        (status?.addresses ?? []).filter((entry) => entry.type === type).map(({ address }) => address)
      const external = prefersInternal ? [] : of('ExternalIP')
      return (external.length > 0 ? external : of('InternalIP')).map(toAddress)
    }),
  )
}

export function isSameAddresses(a: readonly LoadBalancerAddress[], b: readonly LoadBalancerAddress[]): boolean {
  const left = normalise(a).map(textOf)
  const right = normalise(b).map(textOf)
  return left.length === right.length && left.every((text, index) => text === right[index])
}

/** Sorted, each once, nothing but names and addresses. */
function normalise(addresses: readonly LoadBalancerAddress[]): readonly LoadBalancerAddress[] {
  const byText = new Map<string, LoadBalancerAddress>()
  for (const { ip = '', hostname = '' } of addresses) {
    const address = ip === '' ? { hostname } : { ip }
    if (ip !== '' || hostname !== '') byText.set(textOf(address), address)
  }
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, address]) => address)
}

function textOf({ ip = '', hostname = '' }: LoadBalancerAddress): string {
  return ip === '' ? hostname : ip
}

function toAddress(text: string): LoadBalancerAddress {
  return /^[\d.]+$/.test(text) || text.includes(':') ? { ip: text } : { hostname: text }
}
