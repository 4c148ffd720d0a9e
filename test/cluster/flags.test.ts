/** Flags that say which Ingresses of a cluster are served. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { after, before, suite, test } from 'node:test'
import { createSelfSigned } from '../../src/base/certificate.ts'
import { formatEchoApp } from './parts/echo-app.ts'
import { exchange } from './parts/exchange.ts'
import { formatIngressClass } from './parts/manifests.ts'
import { pollUntil } from './parts/poll.ts'
import { untilAllowed } from './parts/rights.ts'
import { type ServeProcess, startServe } from './parts/serve-process.ts'
import { startTestCluster, type TestCluster } from './parts/test-cluster.ts'

const INGRESS = (namespace: string, name: string, more: string): string => `
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: ${name}, namespace: ${namespace} }
spec: { ${more} rules: [{ host: ${name}.example, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: none, port: { number: 80 } } } }] } }] }
`
const OBJECTS = `
apiVersion: v1
kind: Namespace
metadata: { name: red, labels: { team: red } }
---
apiVersion: v1
kind: Namespace
metadata: { name: blue, labels: { team: blue } }
${INGRESS('red', 'red', 'ingressClassName: public,')}
${INGRESS('blue', 'blue', 'ingressClassName: public,')}
${INGRESS('red', 'classless', '')}
${INGRESS('red', 'named', 'ingressClassName: nginx,')}
${INGRESS('red', 'catch', 'ingressClassName: public, defaultBackend: { service: { name: none, port: { number: 80 } } },')}
`

suite('flags of genkan serve', () => {
  let cluster: TestCluster
  before(async () => {
    cluster = await startTestCluster()
    await cluster.apply(formatIngressClass('public'), formatIngressClass('nginx', 'example.com/other'), OBJECTS)
  })
  after(() => cluster?.stop())

  /** A known route without endpoints answers 503, an unknown one 404. */
  const isServed = ({ httpPort }: ServeProcess, host: string): Promise<boolean> =>
    new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port: httpPort, headers: { host: `${host}.example` } }, (answer) => {
        answer.resume()
        resolve(answer.statusCode === 503)
      })
        .on('error', reject)
        .end()
    })
  const HOSTS = ['red', 'blue', 'classless', 'named', 'catch']
  const served = async (genkan: ServeProcess): Promise<readonly string[]> => {
    const found: string[] = []
    for (const host of HOSTS) if (await isServed(genkan, host)) found.push(host)
    return found
  }
  const withFlags = async (flags: readonly string[], check: (genkan: ServeProcess) => Promise<void>): Promise<void> => {
    const genkan = await startServe(cluster.kubeconfig, 'genkan-a', ['--update-status=false', ...flags])
    try {
      await check(genkan)
    } finally {
      await genkan.program.stop()
    }
  }

  const NO_CATCH = '--disable-catch-all'
  const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['--disable-catch-all leaves out Ingresses with a default backend', [NO_CATCH], ['red', 'blue']],
    ['--watch-namespace leaves out other namespaces', [NO_CATCH, '--watch-namespace=blue'], ['blue']],
    [
      '--watch-ingress-without-class takes those',
      [NO_CATCH, '--watch-ingress-without-class'],
      ['red', 'blue', 'classless'],
    ],
    [
      '--ingress-class-by-name takes the class of that name',
      [NO_CATCH, '--ingress-class-by-name'],
      ['red', 'blue', 'named'],
    ],
  ]
  for (const [name, flags, expected] of cases) {
    test(name, () =>
      withFlags(flags, async (genkan) => {
        assert.deepEqual(await served(genkan), expected)
      }),
    )
  }

  test('--watch-namespace-selector follows the labels of namespaces', () =>
    withFlags([NO_CATCH, '--watch-namespace-selector=team in (red, green)'], async (genkan) => {
      assert.deepEqual(await served(genkan), ['red'])
      await cluster.kubectl('label', 'namespace', 'blue', 'team=green', '--overwrite')
      await pollUntil(() => isServed(genkan, 'blue'), 'blue is served')
      assert.deepEqual(await served(genkan), ['red', 'blue'])
      await cluster.kubectl('label', 'namespace', 'red', 'team-')
      await pollUntil(async () => !(await isServed(genkan, 'red')), 'red is not served')
      assert.deepEqual(await served(genkan), ['blue'])
    }))

  test('--watch-namespace: what flags name in other namespaces is followed all the same', async () => {
    const setting = (value: boolean): string =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'settings', namespace: 'blue' },
        data: { 'force-ssl-redirect': String(value), 'add-headers': 'blue/extra' },
      })
    await cluster.kubectl('create', 'configmap', 'extra', '-n=blue', '--from-literal=X-Extra=yes')
    await cluster.apply(`${setting(true)}\n---\n${formatEchoApp({ name: 'fallback', namespace: 'blue' })}`)
    await cluster.kubectl('rollout', 'status', 'deployment/fallback', '-n=blue', '--timeout=60s')
    const flags = [
      NO_CATCH,
      '--watch-namespace=red',
      '--configmap=blue/settings',
      '--default-backend-service=blue/fallback',
      '--default-ssl-certificate=blue/cert',
    ]
    await withFlags(flags, async (genkan) => {
      const statusOf = async (host: string): Promise<number> => (await exchange(genkan, { host })).status
      assert.equal(await statusOf('red.example'), 308)
      await cluster.apply(setting(false))
      await pollUntil(async () => (await statusOf('red.example')) === 503, 'no redirect any more')
      const extra = async (): Promise<unknown> => (await exchange(genkan, { host: 'red.example' })).headers['x-extra']
      await pollUntil(async () => (await extra()) === 'yes', 'a header of the ConfigMap that this one names')
      await pollUntil(async () => (await statusOf('nobody.example')) === 200, 'the default backend')
      const pair = await createSelfSigned(['default.example'])
      const stringData = { 'tls.crt': pair.certPem, 'tls.key': pair.keyPem }
      const metadata = { name: 'cert', namespace: 'blue' }
      await cluster.apply(
        JSON.stringify({ apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata, stringData }),
      )
      const shown = async (): Promise<string> => (await exchange(genkan, { host: 'nobody.example', isTls: true })).names
      await pollUntil(async () => (await shown()) === 'DNS:default.example', 'the default certificate')
    })
  })

  test('--watch-namespace needs rights in its namespace only, but for classes', async () => {
    await cluster.apply(ROLE)
    await untilAllowed(cluster, 'red:genkan', [
      { verb: 'watch', resource: 'services', namespace: 'red' },
      { verb: 'watch', group: 'networking.k8s.io', resource: 'ingressclasses' },
    ])
    const token = (await cluster.kubectl('create', 'token', 'genkan', '--namespace=red')).trim()
    const kubeconfig = `${cluster.kubeconfig}-red`
    const authority = Buffer.from(cluster.credentials.authority.certPem).toString('base64')
    writeFileSync(
      kubeconfig,
      JSON.stringify({
        clusters: [{ name: 'c', cluster: { server: cluster.url, 'certificate-authority-data': authority } }],
        users: [{ name: 'u', user: { token } }],
        contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
        'current-context': 'x',
      }),
    )
    const genkan = await startServe(kubeconfig, 'genkan-a', [
      NO_CATCH,
      '--watch-namespace=red',
      '--update-status=false',
      '--disable-leader-election',
    ])
    try {
      assert.deepEqual(await served(genkan), ['red'])
      assert.doesNotMatch(genkan.program.output(), /forbids/)
      const answer = await fetch(`http://127.0.0.1:${genkan.adminPort}/api/v1/version`)
      const { cluster: reading } = (await answer.json()) as { readonly cluster: unknown }
      assert.deepEqual(reading, { staleSince: '', forbidden: [] })
      const metrics = await (await fetch(`http://127.0.0.1:${genkan.adminPort}/metrics`)).text()
      assert.match(metrics, /^genkan_cluster_stale_seconds(\{.*\})? 0$/m)
    } finally {
      await genkan.program.stop()
    }
  })
})

const ROLE = `
apiVersion: v1
kind: ServiceAccount
metadata: { name: genkan, namespace: red }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: genkan, namespace: red }
rules:
  - { apiGroups: ['', networking.k8s.io, discovery.k8s.io], resources: [ingresses, services, endpointslices, secrets, configmaps], verbs: [get, list, watch] }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: genkan, namespace: red }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: genkan }
subjects: [{ kind: ServiceAccount, name: genkan, namespace: red }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: genkan-classes }
rules: [{ apiGroups: [networking.k8s.io], resources: [ingressclasses], verbs: [get, list, watch] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: genkan-classes }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: genkan-classes }
subjects: [{ kind: ServiceAccount, name: genkan, namespace: red }]
`
