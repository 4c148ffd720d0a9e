import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, suite, test } from 'node:test'
import { DEFAULT_CONTROLLER_OPTIONS } from '../../dialects/nginx/controller-flags.ts'
import type { TranslateOptions } from '../../dialects/translation.ts'
import { ClusterSource } from '../../sources/cluster/cluster-source.ts'
import { openCluster } from '../../sources/cluster/open-cluster.ts'
import { ClusterTranslator } from '../serve/cluster-translator.ts'
import type { AdmissionRequest } from './admission-review.ts'
import { type AdmissionView, judgeIngress } from './judge-ingress.ts'

const COUNT = 10_000
const MOST_MS = 20

const OPTIONS: TranslateOptions = {
  classes: [],
  configMap: '',
  defaultBackendService: '',
  controller: { options: DEFAULT_CONTROLLER_OPTIONS, given: new Map(), findings: [] },
  nowMs: Date.now(),
  endpoints: { override: () => null, simulate: () => null },
}

const meta = (name: string) => ({ name, namespace: 'default', uid: name, resourceVersion: '1' })
const spec = (host: string, port: number, className = 'nginx') => ({
  ingressClassName: className,
  rules: [
    {
      host,
      http: {
        paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: port } } } }],
      },
    },
  ],
})
const ingress = (name: string, host: string, port = 80, className = 'nginx') => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: meta(name),
  spec: spec(host, port, className),
})
const LISTS: Readonly<Record<string, readonly object[]>> = {
  ingresses: Array.from({ length: COUNT }, (_, at) => ({
    ...ingress(`i${at}`, `h${at}.example`),
    metadata: { ...meta(`i${at}`), creationTimestamp: '2026-01-01T00:00:00Z' },
  })),
  ingressclasses: [{ metadata: meta('nginx'), spec: { controller: 'k8s.io/ingress-nginx' } }],
  services: [{ metadata: meta('web'), spec: { type: 'ClusterIP', ports: [{ name: 'http', port: 80 }] } }],
}

suite('judging an Ingress among 10,000', () => {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost')
    // Watches stay silent.
    if (url.searchParams.has('watch')) return response.writeHead(200).flushHeaders()
    const items = LISTS[url.pathname.split('/').at(-1) ?? ''] ?? []
    response.end(JSON.stringify({ metadata: { resourceVersion: '1' }, items }))
  })
  let source: ClusterSource
  let view: AdmissionView
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    source = new ClusterSource({
      transport: await openCluster({ kubeconfig: '', context: '', server: `http://127.0.0.1:${port}` }),
      watchNamespace: '',
      readsNamespaces: false,
      onChange: () => undefined,
      onProblem: () => undefined,
    })
    await source.start()
    const translator = new ClusterTranslator(source, () => OPTIONS)
    await translator.next(true)
    view = {
      around: (around) => translator.around(around),
      options: () => OPTIONS,
      watches: (namespace) => namespace === 'default',
      read: () => Promise.resolve(undefined),
    }
  })
  after(async () => {
    await source.close()
    server.closeAllConnections()
    server.close()
  })

  const create = (object: object): AdmissionRequest => ({
    uid: '1',
    operation: 'CREATE',
    kind: 'networking.k8s.io/v1/Ingress',
    namespace: 'default',
    object,
    oldObject: null,
  })

  test('takes 20 ms at most', async () => {
    await judgeIngress(create(ingress('warm', 'warm.example')), view)
    const times: number[] = []
    for (let i = 0; i < 50; i++) {
      const beganMs = performance.now()
      const { message } = await judgeIngress(create(ingress(`new${i}`, `h${i}.example`)), view)
      times.push(performance.now() - beganMs)
      assert.match(message, new RegExp(`Ingress default/i${i} has it`))
    }
    const median = times.sort((a, b) => a - b)[25] ?? 0
    assert.ok(median <= MOST_MS, `median ${median.toFixed(2)} ms`)
  })

  test('finds nothing to refuse in good objects, and in those of other classes and kinds', async () => {
    const cases = [
      create(ingress('new', 'new.example')),
      create(ingress('new', 'h1.example', 9376, 'other')),
      create(ingress('i1', 'h1.example')),
      { ...create(ingress('new', 'h1.example')), kind: '/v1/Service' },
      { ...create(ingress('new', 'h1.example')), operation: 'DELETE' },
      { ...create(ingress('new', 'h1.example')), namespace: 'elsewhere' },
    ]
    for (const request of cases) assert.equal((await judgeIngress(request, view)).message, '')
  })

  test('refuses a port that the Service lacks, once, and not in an object that had it', async () => {
    const bad = ingress('new', 'new.example', 9376)
    assert.match((await judgeIngress(create(bad), view)).message, /9376/)
    const metadata = { ...bad.metadata, annotations: { 'nginx.ingress.kubernetes.io/proxy-read-timeout': '5' } }
    const update = { ...create({ ...bad, metadata }), operation: 'UPDATE', oldObject: bad }
    const { message, warnings } = await judgeIngress(update, view)
    assert.equal(message, '')
    assert.ok(warnings.some((warning) => warning.includes('9376')))
  })

  test('does not throw on what is no Ingress at all', async () => {
    for (const object of [null, 5, [], {}, { metadata: [] }, { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' }])
      assert.equal((await judgeIngress(create(object as object), view)).message, '')
  })
})
