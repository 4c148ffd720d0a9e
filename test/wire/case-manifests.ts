/** The YAML that a wire case is served from: its own text and the objects that its short forms stand for. */
import { createSelfSigned } from '../../src/base/certificate.ts'
import { authorityOf } from './client-identity.ts'
import type { WireCase } from './wire-case.ts'

export async function buildManifests(wireCase: WireCase): Promise<string> {
  const documents = [wireCase.manifests ?? '']
  for (const [name, replicas] of Object.entries(wireCase.pods ?? {})) documents.push(serviceWithPods(name, replicas))
  for (const [name, hosts] of Object.entries(wireCase.certificates ?? {})) {
    documents.push(tlsSecret(name, await createSelfSigned(hosts)))
  }
  for (const [name, authority] of Object.entries(wireCase.authorities ?? {})) {
    documents.push(authoritySecret(name, (await authorityOf(authority)).certPem))
  }
  return documents.join('\n---\n')
}

function serviceWithPods(fullName: string, replicas: number): string {
  const [namespace, name] = fullName.split('/')
  return `apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  selector: { app: ${name} }
  ports: [{ name: http, port: 80, targetPort: 8080 }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      containers: [{ name: app, image: example/${name}, ports: [{ containerPort: 8080 }] }]`
}

function authoritySecret(fullName: string, certPem: string): string {
  const [namespace, name] = fullName.split('/')
  return `apiVersion: v1
kind: Secret
metadata: { name: ${name}, namespace: ${namespace} }
data: { ca.crt: ${Buffer.from(certPem).toString('base64')} }`
}

/** A `kubernetes.io/tls` Secret as `kubectl create secret tls` writes it. */
export function tlsSecret(fullName: string, pair: { readonly certPem: string; readonly keyPem: string }): string {
  const [namespace, name] = fullName.split('/')
  const encode = (text: string): string => Buffer.from(text).toString('base64')
  return `apiVersion: v1
kind: Secret
metadata: { name: ${name}, namespace: ${namespace} }
type: kubernetes.io/tls
data: { tls.crt: ${encode(pair.certPem)}, tls.key: ${encode(pair.keyPem)} }`
}
