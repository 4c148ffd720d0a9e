/** A replica whose writes and reads the API server refuses: by conflict, by missing rights, by a token that has ended. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { after, before, suite, test } from 'node:test'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { readAdmin } from './parts/admin.ts'
import { formatEchoApp } from './parts/echo-app.ts'
import { exchange } from './parts/exchange.ts'
import { formatIngressClass } from './parts/manifests.ts'
import { pollUntil } from './parts/poll.ts'
import { type RecordingProxy, startRecordingProxy } from './parts/recording-proxy.ts'
import { isAllowed, type Right, untilAllowed } from './parts/rights.ts'
import { type ServeProcess, startServe } from './parts/serve-process.ts'
import { startTestCluster, type TestCluster } from './parts/test-cluster.ts'

const ADDRESS = '192.0.2.10'
const ACCOUNT = 'default:genkan'
/** Refused kinds are asked for again after 60 to 90 s. */
const GRANTED_MS = 180_000
const KINDS = ['configmaps', 'endpointslices', 'ingresses', 'ingressclasses', 'secrets', 'services']
const SERVICES: Right = { verb: 'watch', resource: 'services' }
const BINDING = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: genkan }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin }
subjects: [{ kind: ServiceAccount, name: genkan, namespace: default }]
`
const ACCOUNT_OBJECTS = `
apiVersion: v1
kind: ServiceAccount
metadata: { name: genkan, namespace: default }
---
${BINDING}
`

interface Reading {
  readonly staleSince: string
  readonly forbidden: readonly string[]
}

suite('a replica that is refused', () => {
  const folder = createTemporaryFolder()
  const tokenFile = folder.file('token')
  let cluster: TestCluster
  let proxy: RecordingProxy
  let genkan: ServeProcess

  before(async () => {
    cluster = await startTestCluster()
    await cluster.apply(formatIngressClass(), ACCOUNT_OBJECTS, formatEchoApp({ name: 'web' }))
    await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
    await untilAllowed(cluster, ACCOUNT, [SERVICES])
    await renewToken()
    proxy = await startRecordingProxy(cluster, { tokenFile })
    await create('web')
    genkan = await startServe(proxy.kubeconfig, 'genkan-a', [
      `--publish-status-address=${ADDRESS}`,
      '--election-ttl=6s',
      '--status-update-interval=5',
      '--disable-sync-events',
    ])
    await pollUntil(() => hasAddress('web'), 'the first address')
  })
  after(async () => {
    await genkan?.program.stop('SIGKILL')
    await proxy?.stop()
    await cluster?.stop()
    folder[Symbol.dispose]()
  })

  const renewToken = async (): Promise<void> =>
    writeFileSync(tokenFile, await cluster.kubectl('create', 'token', 'genkan'))
  const create = (name: string): Promise<string> =>
    cluster.kubectl('create', 'ingress', name, '--class=nginx', `--rule=${name}.example/*=web:8080`)
  const hasAddress = async (name: string): Promise<boolean> =>
    (await cluster.kubectl('get', 'ingress', name, '-o', 'jsonpath={.status.loadBalancer.ingress[*].ip}')) === ADDRESS
  const statusOf = async (name: string): Promise<number> => (await exchange(genkan, { host: `${name}.example` })).status
  const reading = async (): Promise<Reading> =>
    (JSON.parse(await readAdmin(genkan, '/api/v1/version')) as { readonly cluster: Reading }).cluster
  const readiness = async (): Promise<number> => (await fetch(`http://127.0.0.1:${genkan.adminPort}/readyz`)).status
  const countLines = (pattern: RegExp): number =>
    genkan.program
      .output()
      .split('\n')
      .filter((line) => pattern.test(line)).length

  test('conflicts on a status lead to the right one in the end, and are nothing to speak of', async () => {
    let conflicts = 0
    proxy.answer = ({ method, path }) => {
      if (method !== 'PATCH' || !path.includes('/ingresses/contended/status') || conflicts === 7) return 0
      conflicts++
      return 409
    }
    await create('contended')
    await pollUntil(() => hasAddress('contended'), 'the address')
    assert.equal(conflicts, 7)
    proxy.answer = () => 0
    assert.equal(countLines(/Cannot write/), 0)
  })

  test('rights that are taken away: told once for each kind, traffic flows, and all is well when they are back', async (t) => {
    await cluster.kubectl('delete', 'clusterrolebinding', 'genkan')
    await pollUntil(async () => !(await isAllowed(cluster, ACCOUNT, SERVICES)), 'no rights')
    proxy.drop()
    const kinds = ['ConfigMap', 'EndpointSlice', 'Ingress', 'IngressClass', 'Secret', 'Service']
    await pollUntil(
      async () => (await reading()).forbidden.toSorted().join() === kinds.join(),
      'all kinds are forbidden',
    )
    await pollUntil(() => countLines(/Cannot write the Lease/) > 0, 'the Lease is refused')
    await create('denied-meanwhile')
    assert.equal((await reading()).staleSince, '')
    assert.equal(await readiness(), 200)
    assert.equal(await statusOf('web'), 200)
    assert.match(await readAdmin(genkan, '/metrics'), /^genkan_cluster_forbidden\{.*kind="Service".*\} 1$/m)
    assert.equal(await statusOf('denied-meanwhile'), 404)

    await cluster.apply(BINDING)
    const tookMs = await pollUntil(async () => (await reading()).forbidden.length === 0, 'all is read', GRANTED_MS)
    t.diagnostic(`read again after ${Math.round(tookMs)} ms`)
    await pollUntil(async () => (await statusOf('denied-meanwhile')) === 200, 'what was made meanwhile')
    await pollUntil(() => hasAddress('denied-meanwhile'), 'its address')
    for (const kind of KINDS)
      assert.equal(countLines(new RegExp(`Cannot read ${kind}: the API server forbids it`)), 1, genkan.program.output())
    assert.equal(countLines(/Cannot write/), 1, genkan.program.output())
  })

  test('a token that has ended: told once for each kind, stale, and current again when the file has a new one', async (t) => {
    await cluster.kubectl('delete', 'serviceaccount', 'genkan')
    await create('ended-meanwhile')
    // The API server goes by what it knew of a token for some seconds.
    await pollUntil(
      () => {
        proxy.drop()
        return KINDS.every((kind) => countLines(new RegExp(`^Cannot read ${kind} from .*: 401 `)) > 0)
      },
      'no kind can be read',
      120_000,
      2000,
    )
    assert.notEqual((await reading()).staleSince, '')
    assert.equal(await readiness(), 200)
    assert.equal(await statusOf('web'), 200)

    await cluster.kubectl('create', 'serviceaccount', 'genkan')
    await renewToken()
    const tookMs = await pollUntil(async () => (await reading()).staleSince === '', 'all is current')
    t.diagnostic(`current again after ${Math.round(tookMs)} ms`)
    await pollUntil(async () => (await statusOf('ended-meanwhile')) === 200, 'what was made meanwhile')
    await pollUntil(() => hasAddress('ended-meanwhile'), 'its address')
    for (const kind of KINDS)
      assert.equal(countLines(new RegExp(`^Cannot read ${kind} from .*: 401 `)), 1, genkan.program.output())
  })
})
