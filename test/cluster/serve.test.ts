/** `genkan serve` against a real API server: what an operator sees. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { request } from 'node:http'
import { type ServeProcess, startServe } from './parts/serve-process.ts'
import { startTestCluster, type TestCluster } from './parts/test-cluster.ts'

const APP = `
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: { name: nginx }
spec: { controller: k8s.io/ingress-nginx }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: default }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: example/web, ports: [{ containerPort: 8080 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: default }
spec: { selector: { app: web }, ports: [{ name: http, port: 80, targetPort: 8080 }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, namespace: default }
spec:
  ingressClassName: nginx
  rules: [{ host: web.example, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] } }]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: foreign, namespace: default }
spec:
  ingressClassName: other
  rules: [{ host: foreign.example, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] } }]
`

suite('genkan serve', () => {
  let cluster: TestCluster
  let genkan: ServeProcess
  before(async () => {
    cluster = await startTestCluster()
    await cluster.apply(APP)
    await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
    genkan = await startServe(cluster.kubeconfig, 'genkan-a', [
      '--publish-status-address=192.0.2.10',
      '--election-ttl=4s',
    ])
  })
  after(async () => {
    await genkan?.program.stop()
    await cluster?.stop()
  })

  const get = (host: string, path = '/'): Promise<{ readonly status: number; readonly body: string }> =>
    new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port: genkan.httpPort, path, headers: { host } }, (answer) => {
        let body = ''
        answer.setEncoding('utf8').on('data', (text: string) => {
          body += text
        })
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }))
      })
        .on('error', reject)
        .end()
    })
  const until = async (holds: () => Promise<boolean>, what: string): Promise<void> => {
    const endsAtMs = performance.now() + 60_000
    while (!(await holds())) {
      if (performance.now() > endsAtMs) assert.fail(`Did not come to be: ${what}\n${genkan.program.output()}`)
      await delay(50)
    }
  }

  test('requests reach the pods of the cluster', async () => {
    const { status, body } = await get('web.example', '/hello')
    assert.equal(status, 200, body)
    assert.match(body, /"pod":"web-/)
  })

  test('an Ingress of another class is left alone', async () => {
    assert.equal((await get('foreign.example')).status, 404)
  })

  test('the address is written into the status of what is served, and of nothing else', async () => {
    await cluster.kubectl(
      'wait',
      'ingress/web',
      '--for=jsonpath={.status.loadBalancer.ingress[0].ip}=192.0.2.10',
      '--timeout=60s',
    )
    assert.equal(await cluster.kubectl('get', 'ingress', 'foreign', '-o', 'jsonpath={.status.loadBalancer}'), '{}')
  })

  test('a route is served when it is made, and not when it is gone', async () => {
    await cluster.kubectl('create', 'ingress', 'more', '--class=nginx', '--rule=more.example/*=web:80')
    await until(async () => (await get('more.example')).status === 200, 'more.example')
    await cluster.kubectl('delete', 'ingress', 'more')
    await until(async () => (await get('more.example')).status === 404, 'no more.example')
  })

  test('pods that are scaled away get no requests, and a Service without pods answers 503', async () => {
    await cluster.kubectl('scale', 'deployment/web', '--replicas=0')
    await until(async () => (await get('web.example')).status === 503, '503')
    await cluster.kubectl('scale', 'deployment/web', '--replicas=3')
    await until(async () => (await get('web.example')).status === 200, '200')
  })

  test('an Ingress whose Service does not exist is told so by an Event', async () => {
    await cluster.kubectl('create', 'ingress', 'lost', '--class=nginx', '--rule=lost.example/*=nowhere:80')
    await until(
      async () => (await cluster.kubectl('describe', 'ingress', 'lost')).includes('ServiceNotFound'),
      'an Event',
    )
    assert.equal((await get('lost.example')).status, 503)
  })

  test('an Ingress that leaves the class loses our address', async () => {
    await cluster.kubectl('patch', 'ingress', 'web', '-p', '{"spec":{"ingressClassName":"other"}}')
    await until(async () => (await get('web.example')).status === 404, '404')
    await until(
      async () => (await cluster.kubectl('get', 'ingress', 'web', '-o', 'jsonpath={.status.loadBalancer}')) === '{}',
      'an empty status',
    )
  })

  test('SIGTERM ends it with 0', async () => {
    await genkan.program.stop()
    assert.deepEqual(await genkan.program.exited, { code: 0, signal: null })
  })
})
