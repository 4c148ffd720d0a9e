/** Kinds of others that say where requests go: who brings them expects to be served, so they are not passed over in silence. */

const ROUTE_KINDS: Readonly<Record<string, readonly string[]>> = {
  'contour.heptio.com': ['IngressRoute'],
  'gateway.networking.k8s.io': ['GRPCRoute', 'HTTPRoute', 'TCPRoute', 'TLSRoute', 'UDPRoute'],
  'getambassador.io': ['Mapping', 'TCPMapping'],
  'k8s.nginx.org': ['TransportServer', 'VirtualServer', 'VirtualServerRoute'],
  'networking.istio.io': ['VirtualService'],
  'projectcontour.io': ['HTTPProxy'],
  'route.openshift.io': ['Route'],
  'traefik.containo.us': ['IngressRoute', 'IngressRouteTCP', 'IngressRouteUDP'],
  'traefik.io': ['IngressRoute', 'IngressRouteTCP', 'IngressRouteUDP'],
}

/** Whether objects of the kind hold routes that are not read here, in any version of their group. */
export function isForeignRoute(apiVersion: string, kind: string): boolean {
  const [group = ''] = apiVersion.split('/')
  return Object.hasOwn(ROUTE_KINDS, group) && (ROUTE_KINDS[group]?.includes(kind) ?? false)
}
