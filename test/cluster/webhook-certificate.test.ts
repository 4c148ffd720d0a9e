/** The certificate that replicas keep for the admission webhook: one Secret for all, renewed before its end. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { after, before, suite, test, type TestContext } from 'node:test'
import { keepOwnCertificate, SECRET_NAME } from '../../src/controller/admission/own-certificate.ts'
import type { ApiTransport } from '../../src/sources/cluster/api-transport.ts'
import { openCluster } from '../../src/sources/cluster/open-cluster.ts'
import { pollUntil } from './parts/poll.ts'
import { type RecordingProxy, startRecordingProxy } from './parts/recording-proxy.ts'
import { startTestCluster, type TestCluster } from './parts/test-cluster.ts'

const DAY_MS = 86_400_000
const PEM = /-----BEGIN[^-]*-----[^-]*-----END[^-]*-----/g
const HOST = 'genkan-admission.default.svc'
const CONFIGURATION = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: { name: genkan }
webhooks:
  - name: validate.genkan.dev
    admissionReviewVersions: [v1]
    sideEffects: None
    failurePolicy: Ignore
    clientConfig: { service: { name: genkan-admission, namespace: default } }
    rules: [{ apiGroups: [example.com], apiVersions: [v1], operations: [CREATE], resources: [nothings] }]
`

interface Replica {
  /** PEM of what it serves with, the newest last. */
  readonly used: string[]
  readonly problems: string[]
}

suite('the certificate of the admission webhook', () => {
  let cluster: TestCluster
  let proxy: RecordingProxy
  let transport: ApiTransport
  /** Days that the clock of all replicas is behind. */
  let daysBehind = 0

  before(async () => {
    cluster = await startTestCluster()
    await cluster.apply(CONFIGURATION)
    proxy = await startRecordingProxy(cluster)
    transport = await openCluster({ kubeconfig: proxy.kubeconfig, context: '' })
  })
  after(async () => {
    transport?.close()
    await proxy?.stop()
    await cluster?.stop()
  })

  const start = (context: TestContext, isLeader: boolean): Replica => {
    const replica: Replica = { used: [], problems: [] }
    const end = keepOwnCertificate({
      transport,
      namespace: 'default',
      configuration: 'genkan',
      isLeader: () => isLeader,
      use: ({ certPem }) => replica.used.push(certPem),
      onProblem: (message) => replica.problems.push(message),
      nowMs: () => Date.now() - daysBehind * DAY_MS,
      lookMs: 50,
    })
    context.after(end)
    return replica
  }
  const authority = async (): Promise<X509Certificate> => {
    const path = 'jsonpath={.webhooks[0].clientConfig.caBundle}'
    const text = await cluster.kubectl('get', 'validatingwebhookconfiguration', 'genkan', '-o', path)
    return new X509Certificate(Buffer.from(text, 'base64'))
  }
  const latest = ({ used }: Replica): string => used.at(-1) ?? ''
  const untilRenewed = (replica: Replica, before: string): Promise<number> =>
    pollUntil(() => latest(replica) !== before && replica.used.length > 0, 'another certificate')

  test('replicas share one Secret; what one renews the others serve with, and the authority stays', async (t) => {
    daysBehind = 61
    const follower = start(t, false)
    const leader = start(t, true)
    await untilRenewed(leader, '')
    await untilRenewed(follower, '')
    const first = latest(leader)
    assert.equal(latest(follower), first)
    await pollUntil(async () => new X509Certificate(first).checkIssued(await authority()), 'the API server is told')
    assert.ok(new X509Certificate(first).checkHost(HOST))

    // 29 of 90 days are left of it.
    daysBehind = 0
    await untilRenewed(leader, first)
    await untilRenewed(follower, first)
    assert.equal(latest(follower), latest(leader))
    const second = new X509Certificate(latest(leader))
    assert.ok(second.validToDate.getTime() - Date.now() > 89 * DAY_MS)
    assert.ok(second.checkIssued(await authority()))
    assert.ok(new X509Certificate(first).checkIssued(await authority()), 'who has the first one is trusted still')
    assert.deepEqual([leader.used.length, follower.used.length], [2, 2])
    assert.deepEqual([leader.problems, follower.problems], [[], []])
  })

  test('a replica that starts while the certificate is due, and cannot renew it, serves with it', async (t) => {
    await cluster.kubectl('delete', 'secret', SECRET_NAME)
    daysBehind = 61
    const before = start(t, true)
    await untilRenewed(before, '')
    daysBehind = 0
    proxy.answer = ({ method, path }) => (method === 'PUT' && path.includes('/secrets/') ? 403 : 0)
    t.after(() => (proxy.answer = () => 0))
    const started = start(t, true)
    await untilRenewed(started, '')
    assert.equal(latest(started), latest(before))
    await pollUntil(() => started.problems.length > 0, 'a complaint')
    const since = proxy.calls.length
    await pollUntil(() => proxy.calls.length > since + 4, 'further tries')
    assert.equal(started.problems.length, 1, started.problems.join('\n'))
    assert.match(started.problems[0] ?? '', /^Cannot keep the certificate of the admission webhook: .*403/)
  })

  test('an authority that nears its end is followed by another, and trusted until its certificates are gone', async (t) => {
    await cluster.kubectl('delete', 'secret', SECRET_NAME)
    daysBehind = 3650 - 364
    const leader = start(t, true)
    await untilRenewed(leader, '')
    const first = latest(leader)
    daysBehind = 0
    await untilRenewed(leader, first)
    const path = 'jsonpath={.webhooks[0].clientConfig.caBundle}'
    let bundle: readonly string[] = []
    const read = async (): Promise<boolean> => {
      const text = await cluster.kubectl('get', 'validatingwebhookconfiguration', 'genkan', '-o', path)
      bundle = Buffer.from(text, 'base64').toString().match(PEM) ?? []
      return bundle.length === 2
    }
    await pollUntil(read, 'two authorities')
    const [next = '', old = ''] = bundle
    assert.ok(new X509Certificate(latest(leader)).checkIssued(new X509Certificate(next)))
    assert.ok(new X509Certificate(first).checkIssued(new X509Certificate(old)))
  })
})
