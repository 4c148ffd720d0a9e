import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readContent } from '../sources/files/file-content.ts'
import type { BackendOverride } from './backend-override.ts'
import { type Choice, DevModel } from './dev-model.ts'

const MANIFESTS = `
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: other, namespace: shop, labels: {app: other}}
spec: {containers: [{name: c, image: i}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  rules:
    - http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
`
const CHOICE: Choice = { classes: [], configMap: '', defaultBackendService: '' }

async function remarksOn(
  service: string,
  backends: readonly BackendOverride[],
  manifests = MANIFESTS,
): Promise<readonly string[]> {
  const models = new DevModel({ backends, simulates: true })
  try {
    const step = await models.next(readContent(manifests, 'shop.yaml', 0).objects, CHOICE)
    return step
      .findings()
      .flat()
      .filter(({ origin }) => origin.object === service)
      .map(({ message }) => message)
  } finally {
    await models.close()
  }
}

test('a Service whose pods are not here is told how to lead it elsewhere', async () => {
  const remarks = await remarksOn('Service shop/web', [])
  assert.notEqual(remarks.length, 0)
  for (const remark of remarks) assert.match(remark, /genkan dev --backend shop\/web=HOST:PORT/)
})

test('a Service that was given a backend is not told that it has no pods', async () => {
  const backend = { namespace: 'shop', service: 'web', servicePort: '', host: '127.0.0.1', port: 3000 }
  assert.deepEqual(await remarksOn('Service shop/web', [backend]), [])
})

test('rules of an ALB that others leave nothing to are told', async () => {
  const path = (text: string): string =>
    `{path: ${text}, pathType: ImplementationSpecific, backend: {service: {name: web, port: {number: 80}}}}`
  const manifests = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  ingressClassName: alb
  rules:
    - http: {paths: [${path('/*')}, ${path('/api/*')}]}
`
  const remarks = await remarksOn('Ingress shop/web', [], manifests)
  assert.ok(remarks.some((remark) => remark.startsWith('Cannot reach /api/*: ')))
})
