/**
 * A replica whose API server is gone: the routes stay, the state says so, and coming back is no storm. An hour of it, by a
 * clock of our own, is in src/sources/cluster/outage.test.ts.
 */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { readAdmin } from './parts/admin.ts'
import { formatEchoApp } from './parts/echo-app.ts'
import { exchange } from './parts/exchange.ts'
import { formatIngressClass } from './parts/manifests.ts'
import { pollUntil } from './parts/poll.ts'
import { type RecordedCall, type RecordingProxy, startRecordingProxy } from './parts/recording-proxy.ts'
import { type ServeProcess, startServe } from './parts/serve-process.ts'
import { startTestCluster, type TestCluster } from './parts/test-cluster.ts'

const AWAY_MS = 30_000
const KINDS = ['configmaps', 'endpointslices', 'ingresses', 'ingressclasses', 'secrets', 'services']
const ADDRESS = '192.0.2.10'

interface Version {
  readonly cluster: { readonly staleSince: string; readonly forbidden: readonly string[] }
  readonly leadership: { readonly isLeader: boolean }
}

suite('an API server that is gone', () => {
  let cluster: TestCluster
  let proxy: RecordingProxy
  let genkan: ServeProcess
  before(async () => {
    cluster = await startTestCluster()
    await cluster.apply(formatIngressClass(), formatEchoApp({ name: 'web' }))
    await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
    proxy = await startRecordingProxy(cluster)
    await create('web')
    genkan = await startServe(proxy.kubeconfig, 'genkan-a', [
      `--publish-status-address=${ADDRESS}`,
      '--election-ttl=4s',
      '--disable-sync-events',
    ])
    await pollUntil(() => hasAddress('web'), 'the first address')
  })
  after(async () => {
    await genkan?.program.stop('SIGKILL')
    await proxy?.stop()
    await cluster?.stop()
  })

  const create = (name: string): Promise<string> =>
    cluster.kubectl('create', 'ingress', name, '--class=nginx', `--rule=${name}.example/*=web:8080`)
  const hasAddress = async (name: string): Promise<boolean> =>
    (await cluster.kubectl('get', 'ingress', name, '-o', 'jsonpath={.status.loadBalancer.ingress[*].ip}')) === ADDRESS
  const statusOf = async (name: string): Promise<number> => (await exchange(genkan, { host: `${name}.example` })).status
  const version = async (): Promise<Version> => JSON.parse(await readAdmin(genkan, '/api/v1/version')) as Version
  const readiness = async (): Promise<number> => (await fetch(`http://127.0.0.1:${genkan.adminPort}/readyz`)).status
  const callsOf = (calls: readonly RecordedCall[], kind: string): readonly RecordedCall[] =>
    calls.filter(({ path }) => new RegExp(`/${kind}\\?`).test(path))

  test(`${AWAY_MS / 1000} s of refusals: traffic flows, the state says stale, and each kind is asked for ever more seldom`, async (t) => {
    const since = proxy.calls.length
    proxy.answer = () => 503
    proxy.drop()
    await create('made-meanwhile')
    const endsAtMs = performance.now() + AWAY_MS
    let answered = 0
    while (performance.now() < endsAtMs) {
      assert.equal(await statusOf('web'), 200)
      answered++
      await delay(20)
    }
    t.diagnostic(`${answered} requests were served meanwhile`)
    const { cluster: reading, leadership } = await version()
    assert.notEqual(reading.staleSince, '')
    assert.deepEqual(reading.forbidden, [])
    assert.equal(leadership.isLeader, false)
    assert.equal(await readiness(), 200)
    const stale = /^genkan_cluster_stale_seconds(?:\{.*\})? (\S+)$/m.exec(await readAdmin(genkan, '/metrics'))
    assert.ok(Number(stale?.[1]) > AWAY_MS / 2000, stale?.[0])
    const calls = proxy.calls.slice(since)
    // 0.5 s, 1, 2, 4, 8, 16, each cut by up to a half.
    for (const kind of KINDS) assert.ok(callsOf(calls, kind).length <= 10, `${kind}: ${callsOf(calls, kind).length}`)
    t.diagnostic(`${calls.length} requests to the API server meanwhile`)
    assert.deepEqual(proxy.writes(calls[0]?.atMs ?? 0), [], 'no status and no Event is tried')
    const lines = genkan.program.output().split('\n')
    for (const kind of KINDS)
      assert.equal(lines.filter((line) => line.startsWith(`Cannot read ${kind} from`)).length, 1, lines.join('\n'))
  })

  test('when it is back each kind is taken up by a watch where it was, and what changed meanwhile is served', async (t) => {
    const backMs = performance.now()
    proxy.answer = () => 0
    await pollUntil(async () => (await version()).cluster.staleSince === '', 'all is current')
    t.diagnostic(`current after ${Math.round(performance.now() - backMs)} ms`)
    await pollUntil(async () => (await statusOf('made-meanwhile')) === 200, 'what was made meanwhile')
    await pollUntil(() => hasAddress('made-meanwhile'), 'its address')
    const calls = proxy.calls.filter(({ atMs }) => atMs >= backMs)
    for (const kind of KINDS) {
      const asked = callsOf(calls, kind)
      assert.ok(
        asked.every(({ path }) => path.includes('watch=')),
        `${kind} is listed again`,
      )
      assert.ok(asked.length <= 2, `${kind}: ${asked.length}`)
    }
    const seconds = (performance.now() - backMs) / 1000
    t.diagnostic(`${calls.length} requests in ${seconds.toFixed(1)} s`)
    // Six watches, the Lease four times in its time, Events once, one status.
    assert.ok(calls.length <= 30 + 2 * seconds, `${calls.length} in ${seconds} s`)
    const statuses = proxy.writes(backMs).filter(({ path }) => path.includes('/status'))
    assert.equal(statuses.length, 1, 'only what differs is written')
  })
})
