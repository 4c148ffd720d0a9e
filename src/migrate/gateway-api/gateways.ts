/** The Gateways: one http listener, one https listener for each host with a certificate, grants for their Secrets. */
import { compareText } from '../../base/finding.ts'
import type { RoutingModel, VirtualHost } from '../../routing/model.ts'
import { type GatewayObject, GROUP_VERSION, MOST_LISTENERS, objectName } from './gateway-objects.ts'

export interface Gateways {
  readonly namespace: string
  /** Gateways and ReferenceGrants. */
  readonly objects: readonly GatewayObject[]
  readonly httpParent: object
  /** `null` where the host has no certificate of its own. */
  httpsListenerOf(host: VirtualHost): object | null
}

interface Listener {
  readonly gateway: string
  readonly name: string
}

/** @param secretOf `namespace/name` of the Secret that a certificate is from or will be; `null` = of none */
export function createGateways(
  { certificates }: RoutingModel,
  namespace: string,
  secretOf: (certificateId: string, host: string) => string | null,
): Gateways {
  const ids = new Set(certificates.certificates.map(({ id }) => id))
  const served = certificates.bySni.flatMap(({ name, certificateId }) => {
    const secret = ids.has(certificateId) ? certificateId : secretOf(certificateId, name)
    return secret === null ? [] : [{ name, certificateId: secret }]
  })
  const isDefault = ids.has(certificates.defaultCertificateId)
  const names = [...served, ...(isDefault ? [{ name: '', certificateId: certificates.defaultCertificateId }] : [])]
  const listeners = new Map<string, Listener>()
  const specs: object[][] = [[{ name: 'http', protocol: 'HTTP', port: 80, allowedRoutes: FROM_ALL }]]
  for (const { name, certificateId } of names) {
    let last = specs.at(-1) ?? []
    if (last.length === MOST_LISTENERS) specs.push((last = []))
    const listener = name === '' ? 'https' : `https-${objectName(name)}`.slice(0, 63)
    last.push({
      name: listener,
      protocol: 'HTTPS',
      port: 443,
      ...(name === '' ? {} : { hostname: name }),
      tls: { mode: 'Terminate', certificateRefs: [secretRef(certificateId, namespace)] },
      allowedRoutes: FROM_ALL,
    })
    listeners.set(name, { gateway: gatewayName(specs.length), name: listener })
  }
  const parent = ({ gateway, name }: Listener): object => ({ name: gateway, namespace, sectionName: name })
  return {
    namespace,
    objects: [
      ...specs.map((list, index) => ({
        apiVersion: GROUP_VERSION,
        kind: 'Gateway' as const,
        metadata: { name: gatewayName(index + 1), namespace },
        spec: { gatewayClassName: 'genkan', listeners: list },
      })),
      ...grantsOf(
        names.map(({ certificateId }) => certificateId),
        namespace,
      ),
    ],
    httpParent: parent({ gateway: gatewayName(1), name: 'http' }),
    httpsListenerOf({ host }) {
      const dot = host.indexOf('.')
      const wildcard = dot > 0 ? `*${host.slice(dot)}` : ''
      const found = listeners.get(host) ?? (wildcard === '' ? undefined : listeners.get(wildcard)) ?? listeners.get('')
      return found === undefined ? null : parent(found)
    },
  }
}

const FROM_ALL = { namespaces: { from: 'All' } }

function gatewayName(number: number): string {
  return number === 1 ? 'genkan' : `genkan-${number}`
}

/** Ids of certificates are `namespace/name` of their Secrets. */
function secretRef(id: string, namespace: string): object {
  const [own = '', name = ''] = id.split('/')
  return { kind: 'Secret', name, ...(own === namespace ? {} : { namespace: own }) }
}

function grantsOf(ids: readonly string[], namespace: string): readonly GatewayObject[] {
  const namespaces = [...new Set(ids.map((id) => id.slice(0, id.indexOf('/'))))].filter((own) => own !== namespace)
  return namespaces.sort(compareText).map((own) => ({
    apiVersion: GROUP_VERSION,
    kind: 'ReferenceGrant',
    metadata: { name: 'genkan-certificates', namespace: own },
    spec: {
      from: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', namespace }],
      to: [{ group: '', kind: 'Secret' }],
    },
  }))
}
