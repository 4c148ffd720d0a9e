/** What one request says nothing about: balancing over pods that come, go or are slow. */
import assert from 'node:assert/strict'
import { renameSync, writeFileSync } from 'node:fs'
import { after, before, suite, test } from 'node:test'
import type { DevServer } from '../../src/controller/dev-server.ts'
import { startQuietDev } from '../support/dev-server.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { buildManifests } from './case-manifests.ts'
import { sendRequest, type WireAnswer } from './send-request.ts'

const PATIENCE_MS = 30_000
const CLIENTS = 60

suite('balancing over time', { concurrency: false }, () => {
  const folder = createTemporaryFolder()
  const file = folder.file('manifests.yaml')
  let genkan: DevServer

  const scale = async (replicas: number): Promise<void> => {
    const pods = { 'shop/web': replicas, 'shop/ewma': 2 }
    // As editors do it: a new file takes the place of the old one.
    writeFileSync(folder.file('next'), await buildManifests({ name: '', requests: [], pods, manifests: INGRESSES }))
    renameSync(folder.file('next'), file)
  }
  const ask = async (host: string, path: string, cookie = ''): Promise<WireAnswer> => {
    const headers = cookie === '' ? {} : { Cookie: cookie }
    const [answer] = await sendRequest({ name: '', host, path, headers, expect: { status: 200 } }, genkan)
    assert.equal(answer?.status, 200)
    return answer
  }
  /** Clients with the cookie that they got and the pod that gave it. */
  const join = async (host: string): Promise<readonly { cookie: string; pod: string }[]> => {
    const clients: { cookie: string; pod: string }[] = []
    for (let i = 0; i < CLIENTS; i++) {
      const answer = await ask(host, '/')
      clients.push({ cookie: answer.headers['set-cookie']?.split(';', 1)[0] ?? '', pod: podOf(answer) })
    }
    return clients
  }
  const countMoved = async (host: string, clients: readonly { cookie: string; pod: string }[]): Promise<number> => {
    let moved = 0
    for (const { cookie, pod } of clients) if (podOf(await ask(host, '/', cookie)) !== pod) moved++
    return moved
  }
  const untilPods = async (count: number): Promise<void> => {
    const startMs = performance.now()
    for (;;) {
      const seen = new Set<string>()
      for (let i = 0; i < count * 2; i++) seen.add(podOf(await ask('even.example', '/')))
      if (seen.size === count) return
      assert.ok(performance.now() - startMs < PATIENCE_MS, `${seen.size} pods answer instead of ${count}`)
    }
  }

  before(async () => {
    await scale(3)
    genkan = await startQuietDev(file, (message) => assert.fail(message))
  })
  after(async () => {
    await genkan.close(0)
    folder[Symbol.dispose]()
  })

  test('after scaling up, persistent clients stay and few balanced ones move', async () => {
    const persistent = await join('persistent.example')
    const balanced = await join('balanced.example')
    assert.equal(await countMoved('persistent.example', persistent), 0)
    assert.equal(await countMoved('balanced.example', balanced), 0)
    await scale(4)
    await untilPods(4)
    assert.equal(await countMoved('persistent.example', persistent), 0)
    const moved = await countMoved('balanced.example', balanced)
    assert.ok(moved > 0 && moved < CLIENTS * 0.6, `${moved} of ${CLIENTS} clients moved`)
  })

  test('a persistent client whose pod is gone gets another one and a new cookie', async () => {
    await scale(4)
    await untilPods(4)
    const clients = await join('persistent.example')
    await scale(1)
    await untilPods(1)
    const gone = clients.find(({ pod }) => pod !== clients[0]?.pod)
    assert.ok(gone !== undefined)
    const answers = await Promise.all(clients.map(({ cookie }) => ask('persistent.example', '/', cookie)))
    const renewed = answers.filter(({ headers }) => headers['set-cookie'] !== undefined)
    assert.equal(renewed.length, clients.filter(({ pod }) => pod !== podOf(answers[0]!)).length)
  })

  test('ewma leaves a slow pod alone', async () => {
    const slow = podOf(await ask('ewma.example', '/?delay=1000'))
    for (let i = 0; i < 100; i++) assert.notEqual(podOf(await ask('ewma.example', '/')), slow)
  })
})

function podOf(answer: WireAnswer): string {
  return (JSON.parse(answer.body) as { pod: string }).pod
}

const INGRESSES = [
  ingress('even', 'web', {}),
  ingress('persistent', 'web', { affinity: 'cookie', 'affinity-mode': 'persistent' }),
  ingress('balanced', 'web', { affinity: 'cookie' }),
  ingress('ewma', 'ewma', { 'load-balance': 'ewma' }),
].join('---\n')

function ingress(name: string, service: string, annotations: Readonly<Record<string, string>>): string {
  const lines = Object.entries(annotations).map(([key, value]) => `    nginx.ingress.kubernetes.io/${key}: ${value}\n`)
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: ${name}
  namespace: shop
  annotations:
    kubernetes.io/ingress.class: nginx
${lines.join('')}spec:
  rules:
    - { host: ${name}.example, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: ${service}, port: { number: 80 } } } }] } }
`
}
