/** Events as `kubectl describe` shows them, written by the real program. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { formatIngressClass } from './parts/manifests.ts'
import { pollUntil } from './parts/poll.ts'
import { type RecordingProxy, startRecordingProxy } from './parts/recording-proxy.ts'
import { type ServeProcess, startServe } from './parts/serve-process.ts'
import { startTestCluster, type TestCluster } from './parts/test-cluster.ts'

const MANY = 700
const BURST = 200
const PER_SECOND = 20
const BASE = `
apiVersion: v1
kind: ConfigMap
metadata: { name: genkan, namespace: default }
data: { keep-alive: "60" }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: default }
spec: { ports: [{ port: 80 }] }
`

interface EventList {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly namespace: string }
    readonly involvedObject: { readonly kind: string; readonly name: string; readonly namespace?: string }
    readonly type: string
    readonly reason: string
    readonly message: string
    readonly count?: number
    readonly source?: { readonly component?: string }
  }[]
}

/** Ours: the API server has its own. */
const EVENTS = '/api/v1/events?limit=5000&fieldSelector=source%3Dnginx-ingress-controller'

suite('Events', () => {
  let cluster: TestCluster
  let proxy: RecordingProxy
  let genkan: ServeProcess
  const events = async (name: string, reason: string): Promise<EventList['items']> => {
    const { items } = await cluster.api.get<EventList>(EVENTS)
    return items.filter((event) => event.involvedObject.name === name && event.reason === reason)
  }
  const until = (name: string, reason: string, count = 1): Promise<number> =>
    pollUntil(
      async () => (await events(name, reason)).reduce((sum, event) => sum + (event.count ?? 0), 0) === count,
      `${count} ${reason} of ${name}`,
    )
  const run = async (podName: string, ...flags: readonly string[]): Promise<ServeProcess> =>
    await startServe(proxy.kubeconfig, podName, [
      '--publish-status-address=192.0.2.10',
      '--election-ttl=3s',
      '--configmap=default/genkan',
      ...flags,
    ])
  const pointTo = (service: string): Promise<string> =>
    cluster.kubectl(
      'patch',
      'ingress',
      'lost',
      '--type=json',
      '-p',
      `[{"op":"replace","path":"/spec/rules/0/http/paths/0/backend/service/name","value":"${service}"}]`,
    )

  before(async () => {
    cluster = await startTestCluster()
    proxy = await startRecordingProxy(cluster)
    await cluster.apply(formatIngressClass(), BASE)
    await cluster.kubectl('create', 'ingress', 'lost', '--class=nginx', '--rule=lost.example/*=nowhere:80')
    genkan = await run('genkan-a')
  })
  after(async () => {
    await genkan?.program.stop()
    await proxy?.stop()
    await cluster?.stop()
  })

  test('kubectl describe shows what was read, and what is wrong with it', async () => {
    await until('lost', 'Sync')
    await until('lost', 'ServiceNotFound')
    const described = await cluster.kubectl('describe', 'ingress', 'lost')
    assert.match(described, /Normal +Sync +\S+ +nginx-ingress-controller +Scheduled for sync/)
    assert.match(described, /Warning +ServiceNotFound +\S+ +nginx-ingress-controller +.*nowhere/)
    assert.match(await cluster.kubectl('get', 'events'), /Warning +ServiceNotFound +ingress\/lost/)
  })

  test('the ConfigMap is told of when it is read and when it changes', async () => {
    await until('genkan', 'CREATE')
    await cluster.kubectl('patch', 'configmap', 'genkan', '-p', '{"data":{"keep-alive":"61"}}')
    await until('genkan', 'UPDATE')
    const [event] = await events('genkan', 'UPDATE')
    assert.equal(event?.message, 'ConfigMap default/genkan')
  })

  test('an Event comes when something changes for the worse or the better, and the same one again counts', async () => {
    await pointTo('web')
    await pollUntil(async () => (await events('lost', 'Sync'))[0]?.count === 2, 'a second Sync')
    await pollUntil(async () => (await events('lost', 'ServiceNotFound'))[0]?.count === 1, 'no second complaint')
    await pointTo('nowhere')
    await until('lost', 'ServiceNotFound', 2)
    assert.equal((await events('lost', 'ServiceNotFound')).length, 1)
  })

  test('a new leader, and the same replica started again, repeat nothing', async () => {
    const before = await cluster.api.get<EventList>(EVENTS)
    const second = await run('genkan-b')
    await genkan.program.stop()
    const handedOverMs = performance.now()
    await pollUntil(async () => {
      const lease = await cluster.kubectl(
        'get',
        'lease',
        'ingress-controller-leader',
        '-o',
        'jsonpath={.spec.holderIdentity}',
      )
      return lease === 'genkan-b'
    }, 'genkan-b leads')
    await delay(1500)
    assert.deepEqual(proxy.writes(handedOverMs), [])
    await second.program.stop()
    const restartedMs = performance.now()
    genkan = await run('genkan-a')
    await delay(1500)
    assert.deepEqual(proxy.writes(restartedMs), [])
    const now = await cluster.api.get<EventList>(EVENTS)
    const texts = ({ items }: EventList): readonly string[] =>
      items.map(({ metadata, count }) => `${metadata.name} ${count}`).sort()
    assert.deepEqual(texts(now), texts(before))
  })

  test('many findings at once do not flood the API server, and all of them are told in the end or left out', async (t) => {
    const beganMs = performance.now()
    const backend = { service: { name: 'nowhere', port: { number: 80 } } }
    await Promise.all(
      Array.from({ length: MANY }, (_, i) =>
        cluster.api.create('/apis/networking.k8s.io/v1/namespaces/default/ingresses', {
          metadata: { name: `many-${i}` },
          spec: {
            ingressClassName: 'nginx',
            rules: [{ host: `many-${i}.example`, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
          },
        }),
      ),
    )
    const sent = (): number => proxy.writes(beganMs).filter(({ path }) => path.includes('/events')).length
    await pollUntil(() => sent() >= BURST, 'a burst')
    await delay(2000)
    const seconds = (performance.now() - beganMs) / 1000
    t.diagnostic(`${sent()} Events in ${seconds.toFixed(1)} s for ${2 * MANY} to write`)
    // Warnings and what is normal have a budget each.
    assert.ok(sent() <= 2 * (BURST + PER_SECOND * seconds + 2), `${sent()} in ${seconds} s`)
  })
})
