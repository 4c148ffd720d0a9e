/** The cluster source against a real API server. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { KubeSecret } from '../../src/kube/objects.ts'
import { ClusterSource } from '../../src/sources/cluster/cluster-source.ts'
import { openCluster } from '../../src/sources/cluster/open-cluster.ts'
import type { ApiTransport } from '../../src/sources/cluster/api-transport.ts'
import { Turnstile } from './parts/settle.ts'
import { startTestCluster, type TestCluster } from './parts/test-cluster.ts'

const INGRESS = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, namespace: default }
spec:
  tls: [{ hosts: [web.example], secretName: web-tls }]
  rules: [{ host: web.example, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] } }]
`
const SECRET = (name: string, value: string): string => `
apiVersion: v1
kind: Secret
metadata: { name: ${name}, namespace: default }
stringData: { word: ${value} }
`

suite('the cluster source', () => {
  let cluster: TestCluster
  let transport: ApiTransport
  let source: ClusterSource
  const changes = new Turnstile()
  const problems: string[] = []
  before(async () => {
    cluster = await startTestCluster()
    await cluster.apply(INGRESS)
    await cluster.apply(SECRET('web-tls', 'one'))
    await cluster.apply(SECRET('unrelated', 'hidden'))
    transport = await openCluster({ kubeconfig: cluster.kubeconfig, context: '' })
    source = new ClusterSource({
      transport,
      watchNamespace: '',
      readsNamespaces: true,
      onChange: () => changes.poke(),
      onProblem: (message) => problems.push(message),
    })
    await source.start()
  })
  after(async () => {
    await source?.close()
    transport?.close()
    await cluster?.stop()
  })

  const names = (kind: string): readonly string[] =>
    source.objects.filter((object) => object.kind === kind).map(({ meta }) => meta.name)
  const secretWord = (): string | undefined =>
    source.objects
      .find((object): object is KubeSecret => object.kind === 'Secret')
      ?.data['word']?.reveal()
      .toString()

  test('what exists is read before the start is over', () => {
    assert.deepEqual(names('Ingress'), ['web'])
    assert.ok(names('Namespace').includes('kube-system'))
    assert.deepEqual(source.forbidden, [])
  })

  test('contents of Secrets are read when something refers to them, and only of those', async () => {
    assert.deepEqual(names('Secret'), [])
    source.want({ secrets: new Set(['default/web-tls', 'default/missing']), configMaps: new Set() })
    await source.settled()
    assert.deepEqual(names('Secret'), ['web-tls'])
    assert.equal(secretWord(), 'one')
  })

  test('a changed Secret is read again', async () => {
    await cluster.apply(SECRET('web-tls', 'two'))
    await changes.until(() => secretWord() === 'two', 'the new word')
  })

  test('a Secret that is deleted and made anew is followed', async () => {
    await cluster.kubectl('delete', 'secret', 'web-tls')
    await changes.until(() => names('Secret').length === 0, 'no Secret')
    await cluster.apply(SECRET('web-tls', 'three'))
    await changes.until(() => secretWord() === 'three', 'the third word')
  })

  test('a missing Secret that comes to be is read', async () => {
    await cluster.apply(SECRET('missing', 'late'))
    await changes.until(() => names('Secret').includes('missing'), 'the late Secret')
  })

  test('objects that are changed and deleted are followed', async () => {
    await cluster.kubectl('create', 'service', 'clusterip', 'other', '--tcp=80')
    await changes.until(() => names('Service').includes('other'), 'the Service')
    await cluster.kubectl('delete', 'service', 'other')
    await changes.until(() => !names('Service').includes('other'), 'no Service')
  })

  test('nothing went wrong', () => {
    assert.deepEqual(problems, [])
    assert.equal(source.staleSinceMs, null)
  })
})
