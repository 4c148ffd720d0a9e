/** `genkan serve` against a real API server: what an operator sees. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { formatEchoApp } from './parts/echo-app.ts'
import { exchange, type Reply } from './parts/exchange.ts'
import { formatIngress, formatIngressClass } from './parts/manifests.ts'
import { pollUntil } from './parts/poll.ts'
import { type ServeProcess, startServe } from './parts/serve-process.ts'
import { startTestCluster, type TestCluster } from './parts/test-cluster.ts'

suite('genkan serve', () => {
  let cluster: TestCluster
  let genkan: ServeProcess
  before(async () => {
    cluster = await startTestCluster()
    await cluster.apply(
      formatIngressClass(),
      formatEchoApp({ name: 'web', replicas: 2 }),
      formatIngress('web'),
      formatIngress('foreign', { className: 'other' }),
    )
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

  const get = (host: string, path = '/'): Promise<Reply> => exchange(genkan, { host, path })
  const until = (holds: () => Promise<boolean>, what: string): Promise<number> =>
    pollUntil(holds, what).catch((error: unknown) => assert.fail(`${String(error)}\n${genkan.program.output()}`))

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
    await cluster.kubectl('create', 'ingress', 'more', '--class=nginx', '--rule=more.example/*=web:8080')
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
