/** Objects that many suites begin with, as manifests. */

const NGINX = 'k8s.io/ingress-nginx'

export function formatIngressClass(name = 'nginx', controller = NGINX): string {
  return JSON.stringify({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name },
    spec: { controller },
  })
}

export interface IngressShape {
  readonly namespace?: string
  readonly className?: string
  /** Default: `NAME.example`. */
  readonly host?: string
  readonly service?: string
  readonly port?: number
  readonly annotations?: Readonly<Record<string, string>>
}

/** All paths of one host, to the port of an echo app unless it is said otherwise. */
export function formatIngress(name: string, shape: IngressShape = {}): string {
  const { namespace = 'default', className = 'nginx', host = `${name}.example`, annotations = {} } = shape
  const backend = { service: { name: shape.service ?? 'web', port: { number: shape.port ?? 8080 } } }
  return JSON.stringify({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, namespace, annotations },
    spec: {
      ingressClassName: className,
      rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
    },
  })
}
