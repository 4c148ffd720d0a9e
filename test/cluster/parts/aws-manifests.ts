/** Objects that suites about AWS begin with, as manifests: all of them in the namespace `shop`. */
import { formatIngress, type IngressShape } from './manifests.ts'

/** The namespace, and a Service on the nodes. */
export const SHOP = `
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { type: NodePort, selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }
`

/** A Service behind an NLB that sends to pods. */
export const NLB = `
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
  annotations:
    service.beta.kubernetes.io/aws-load-balancer-nlb-target-type: ip
    service.beta.kubernetes.io/aws-load-balancer-scheme: internet-facing
spec:
  type: LoadBalancer
  loadBalancerClass: service.k8s.aws/nlb
  selector: { app: web }
  ports: [{ port: 80, targetPort: 8080 }]
`

/**
 * All paths of `NAME.example.com`, to port 80 of a Service.
 *
 * @param annotations without their prefix
 */
export function formatAlbIngress(
  name: string,
  annotations: Readonly<Record<string, string>> = {},
  shape: IngressShape = {},
): string {
  const prefixed = Object.entries(annotations).map(([key, value]) => [`alb.ingress.kubernetes.io/${key}`, value])
  return formatIngress(name, {
    namespace: 'shop',
    className: 'alb',
    host: `${name}.example.com`,
    port: 80,
    annotations: Object.fromEntries(prefixed) as Readonly<Record<string, string>>,
    ...shape,
  })
}
