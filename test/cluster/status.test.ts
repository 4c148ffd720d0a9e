/** `.status.loadBalancer` of Ingresses, written by the real program. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { readLeadership } from './parts/admin.ts'
import { formatIngressClass } from './parts/manifests.ts'
import { pollUntil } from './parts/poll.ts'
import { type RecordingProxy, startRecordingProxy } from './parts/recording-proxy.ts'
import { type ServeProcess, startServe } from './parts/serve-process.ts'
import { startTestCluster, type TestCluster } from './parts/test-cluster.ts'

const INGRESSES = 1500
/** 30 s are promised, and the start of the program is not part of it; the rest is for a slow machine. */
const BUDGET_MS = 120_000
const BASE = `
apiVersion: v1
kind: Service
metadata: { name: front, namespace: default }
spec: { type: LoadBalancer, ports: [{ port: 80 }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: genkan, namespace: default }
spec:
  replicas: 1
  selector: { matchLabels: { app: genkan } }
  template:
    metadata: { labels: { app: genkan } }
    spec: { containers: [{ name: genkan, image: example/genkan }] }
`

interface Address {
  readonly ip?: string
  readonly hostname?: string
}

interface IngressList {
  readonly items: readonly {
    readonly metadata: { readonly name: string }
    readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly Address[] } }
  }[]
}

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string }
    readonly spec: { readonly nodeName: string }
  }[]
}

suite('status of Ingresses', () => {
  let cluster: TestCluster
  let proxy: RecordingProxy
  let genkan: ServeProcess | undefined
  const path = '/apis/networking.k8s.io/v1/namespaces/default/ingresses'
  const addresses = async (name: string): Promise<string> => {
    const { items } = await cluster.api.get<IngressList>(path)
    const found = items.find(({ metadata }) => metadata.name === name)
    return (found?.status?.loadBalancer?.ingress ?? []).map(({ ip = '', hostname = '' }) => ip + hostname).join(' ')
  }
  const create = async (name: string, ingressClassName = 'nginx'): Promise<void> => {
    const backend = { service: { name: 'front', port: { number: 80 } } }
    await cluster.api.create(path, {
      metadata: { name },
      spec: {
        ingressClassName,
        rules: [{ host: `${name}.example`, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
      },
    })
  }
  const run = async (podName: string, ...flags: readonly string[]): Promise<void> => {
    genkan = await startServe(proxy.kubeconfig, podName, [
      '--election-ttl=3s',
      '--status-update-interval=5',
      '--disable-sync-events',
      ...flags,
    ])
  }
  const has = (name: string, wanted: string): Promise<number> =>
    pollUntil(async () => (await addresses(name)) === wanted, `${name} has the addresses "${wanted}"`)
  const pods = async (): Promise<PodList['items']> =>
    (await cluster.api.get<PodList>('/api/v1/namespaces/default/pods?labelSelector=app%3Dgenkan')).items
  const nodeAddress = async (node: string): Promise<string> =>
    await cluster.kubectl('get', 'node', node, '-o', 'jsonpath={.status.addresses[?(@.type=="InternalIP")].address}')

  before(async () => {
    cluster = await startTestCluster()
    proxy = await startRecordingProxy(cluster)
    await cluster.apply(formatIngressClass(), BASE)
    await cluster.kubectl('rollout', 'status', 'deployment/genkan', '--timeout=60s')
    await create('web')
  })
  after(async () => {
    await genkan?.program.stop()
    await proxy?.stop()
    await cluster?.stop()
  })

  test('the addresses are those of the nodes that run ready pods of this controller, and go with the last pod', async () => {
    const [pod] = await pods()
    assert.ok(pod !== undefined)
    const own = await nodeAddress(pod.spec.nodeName)
    await run(pod.metadata.name)
    await has('web', own)
    // Ours is the one that stays.
    await cluster.kubectl('annotate', 'pod', pod.metadata.name, 'controller.kubernetes.io/pod-deletion-cost=100')
    await cluster.kubectl('scale', 'deployment/genkan', '--replicas=2')
    await pollUntil(async () => (await addresses('web')).split(' ').length === 2, 'two nodes')
    await cluster.kubectl('scale', 'deployment/genkan', '--replicas=1')
    await pollUntil(async () => (await addresses('web')).split(' ').length === 1, 'one node')
    await pollUntil(async () => (await pods()).length === 1, 'one pod')
    await genkan?.program.stop()
    assert.equal(await addresses('web'), '')
  })

  test('the last pod keeps its address with --update-status-on-shutdown=false, and takes it away without', async () => {
    const [pod] = await pods()
    assert.ok(pod !== undefined)
    const name = pod.metadata.name
    const ended = async (...flags: readonly string[]): Promise<string> => {
      const since = proxy.calls.length
      await run(name, '--publish-status-address=192.0.2.5', ...flags)
      await has('web', '192.0.2.5')
      const knowsItself = (): boolean =>
        proxy.calls.slice(since).some(({ path: asked, status }) => asked.endsWith(`/pods/${name}`) && status === 200)
      await pollUntil(knowsItself, 'it knows its own pod')
      const server = genkan
      assert.ok(server !== undefined)
      await pollUntil(async () => (await readLeadership(server)).isLeader, 'it leads')
      await server.program.stop()
      return await addresses('web')
    }
    assert.equal(await ended('--update-status-on-shutdown=false'), '192.0.2.5')
    assert.equal(await ended(), '')
    await cluster.kubectl('scale', 'deployment/genkan', '--replicas=2')
    await pollUntil(async () => (await pods()).length === 2, 'another pod')
    assert.equal(await ended(), '192.0.2.5', 'another pod serves on')
    await cluster.kubectl('annotate', 'pod', name, 'controller.kubernetes.io/pod-deletion-cost=100', '--overwrite')
    await cluster.kubectl('scale', 'deployment/genkan', '--replicas=1')
    await pollUntil(async () => (await pods()).length === 1, 'one pod')
  })

  test('--publish-service follows its Service as it changes', async () => {
    await genkan?.program.stop()
    await run('genkan-a', '--publish-service=default/front')
    const publish = (ingress: readonly Address[]): Promise<unknown> =>
      cluster.api.mergePatch('/api/v1/namespaces/default/services/front/status', {
        status: { loadBalancer: { ingress } },
      })
    await publish([{ ip: '192.0.2.1' }])
    await has('web', '192.0.2.1')
    await publish([{ hostname: 'lb.example' }, { ip: '192.0.2.2' }])
    await has('web', '192.0.2.2 lb.example')
    await genkan?.program.stop()
    // Several addresses, and no pod of ours to be found: nothing is taken away.
    assert.equal(await addresses('web'), '192.0.2.2 lb.example')
  })

  test('1,500 Ingresses get their address within the budget, by one write each, and then nothing is written', async (t) => {
    for (let i = 0; i < INGRESSES; i += 25) {
      await Promise.all(Array.from({ length: 25 }, (_, k) => create(`many-${i + k}`)))
    }
    const beganMs = performance.now()
    await run('genkan-b', '--publish-status-address=192.0.2.10')
    await pollUntil(
      () =>
        proxy.writes(beganMs).filter((call) => call.path.includes('/status') && call.status === 200).length > INGRESSES,
      'all are written',
      BUDGET_MS,
    )
    const tookMs = performance.now() - beganMs
    t.diagnostic(`${INGRESSES + 1} addresses in ${Math.round(tookMs)} ms, with the start of the program`)
    const { items } = await cluster.api.get<IngressList>(path)
    assert.ok(items.every(({ status }) => status?.loadBalancer?.ingress?.[0]?.ip === '192.0.2.10'))
    assert.equal(proxy.writes(beganMs).filter((call) => call.path.includes('/status')).length, INGRESSES + 1)
    const quietMs = performance.now()
    // Longer than --status-update-interval: it looks at everything at least once.
    await delay(6000)
    assert.deepEqual(
      proxy.writes(quietMs).filter((call) => call.path.includes('/status')),
      [],
    )
  })

  test('an address that somebody else takes away is written again', async () => {
    await cluster.api.mergePatch(`${path}/web/status`, { status: { loadBalancer: { ingress: null } } })
    await has('web', '192.0.2.10')
  })

  test('what leaves our class is cleared; the same address written by another controller is not touched', async () => {
    await create('foreign', 'other')
    const status = { loadBalancer: { ingress: [{ ip: '192.0.2.10' }] } }
    await cluster.api.mergePatch(`${path}/foreign/status?fieldManager=other-controller`, { status })
    await cluster.kubectl('patch', 'ingress', 'web', '-p', '{"spec":{"ingressClassName":"other"}}')
    await has('web', '')
    assert.equal(await addresses('foreign'), '192.0.2.10')
  })

  test('an Ingress that left our class while nobody was there is cleared by what the API server knows of its writer', async () => {
    await genkan?.program.stop()
    await cluster.kubectl('patch', 'ingress', 'many-0', '-p', '{"spec":{"ingressClassName":"other"}}')
    assert.equal(await addresses('many-0'), '192.0.2.10')
    await run('genkan-c', '--publish-status-address=192.0.2.10')
    await has('many-0', '')
    assert.equal(await addresses('foreign'), '192.0.2.10')
  })

  test('--update-status=false writes nothing', async () => {
    await genkan?.program.stop()
    await run('genkan-d', '--publish-status-address=192.0.2.77', '--update-status=false', '--disable-leader-election')
    const sinceMs = performance.now()
    await delay(1000)
    assert.deepEqual(
      proxy.writes(sinceMs).filter((call) => call.path.includes('/status')),
      [],
    )
  })
})
