/** Every combination of a few routes, certificates, endpoints and filters, as the models that dialects make of manifests. */
import { createSelfSigned } from '../../src/base/certificate.ts'
import { translate } from '../../src/dialects/translate.ts'
import { createGeneratedCertificates } from '../../src/controller/generated-certificates.ts'
import type { RoutingModel } from '../../src/routing/model.ts'
import { snapshotFromYaml } from '../support/snapshot-from-yaml.ts'
import { tlsSecret } from '../wire/case-manifests.ts'

export const HOST = 'web.example'

/** The route that clients use is in all of them; what is beside it, before it and behind it changes. */
const ROUTES = [
  '',
  '      - { path: /extra, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }',
  '      - { path: /other, pathType: Exact, backend: { service: { name: web, port: { number: 80 } } } }',
] as const
const FILTERS = [
  '',
  'nginx.ingress.kubernetes.io/limit-rps: "100000"',
  'nginx.ingress.kubernetes.io/enable-cors: "true"',
  'nginx.ingress.kubernetes.io/whitelist-source-range: 127.0.0.0/8',
] as const

/** @param ports of upstreams; endpoints are the first, all, or the last of them */
export async function createConfigurations(ports: readonly number[]): Promise<readonly RoutingModel[]> {
  const certificates = await Promise.all([createSelfSigned([HOST]), createSelfSigned([HOST, 'renewed.example'])])
  const generated = createGeneratedCertificates(Date.now)
  const models: RoutingModel[] = []
  for (const endpoints of [ports.slice(0, 1), ports, ports.slice(-1)]) {
    for (const pair of certificates) {
      for (const route of ROUTES) {
        for (const filter of FILTERS) {
          const text = [tlsSecret('shop/cert', pair), ...endpoints.map(slice), ingress(route, filter), SERVICE].join(
            '\n---\n',
          )
          const translation = translate(snapshotFromYaml(text), {
            classes: [],
            configMap: '',
            defaultBackendService: '',
            nowMs: Date.now(),
            endpoints: { override: () => null, simulate: () => null },
          })
          models.push(await generated.complete(translation))
        }
      }
    }
  }
  return models
}

const SERVICE = `apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { ports: [{ port: 80 }] }`

function slice(port: number, index: number): string {
  return `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: web-${index}, namespace: shop, labels: { kubernetes.io/service-name: web } }
addressType: IPv4
ports: [{ port: ${port}, protocol: TCP }]
endpoints: [{ addresses: [127.0.0.1] }]`
}

function ingress(route: string, filter: string): string {
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: shop
  annotations:
    nginx.ingress.kubernetes.io/ssl-redirect: "false"
    ${filter}
spec:
  tls: [{ hosts: [${HOST}], secretName: cert }]
  rules:
  - host: ${HOST}
    http:
      paths:
      - { path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }
${route}`
}
