/** The chart on a real API server: it is accepted, and its rights are enough for the real program. Helm is the real one. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { formatKubeconfig } from './parts/credentials.ts'
import { startServe } from './parts/serve-process.ts'
import { startTestCluster, type TestCluster } from './parts/test-cluster.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const VALUES = join(ROOT, 'test/deploy/values')
const helmFolder = execFileSync('bash', [join(ROOT, 'scripts/build-helm.sh')], { encoding: 'utf8' }).trim()
const INGRESS = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: lost, namespace: shop }
spec:
  ingressClassName: nginx
  rules: [{ host: lost.example, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: nowhere, port: { number: 80 } } } }] } }]
`

function render(values: string): string {
  const args = ['template', 'genkan', join(ROOT, 'deploy/chart/genkan'), '-n', 'genkan', '-f', join(VALUES, values)]
  return execFileSync(join(helmFolder, 'helm'), args, { encoding: 'utf8' })
}

suite('the chart', () => {
  let cluster: TestCluster
  before(async () => {
    cluster = await startTestCluster()
    await cluster.kubectl('create', 'namespace', 'genkan')
    await cluster.kubectl('create', 'namespace', 'shop')
    await cluster.apply(INGRESS)
  })
  after(() => cluster?.stop())

  for (const values of readdirSync(VALUES)) {
    test(`${values}: Helm finds no fault, and the API server takes every object`, async () => {
      execFileSync(join(helmFolder, 'helm'), [
        'lint',
        '--strict',
        join(ROOT, 'deploy/chart/genkan'),
        '-f',
        join(VALUES, values),
      ])
      using folder = createTemporaryFolder()
      const file = folder.file('rendered.yaml')
      writeFileSync(file, render(values))
      await cluster.kubectl('apply', '--dry-run=server', '-f', file)
    })
  }

  test('a values file of ingress-nginx gets a warning for what means nothing here, and its image is not taken', () => {
    const args = ['install', 'genkan', join(ROOT, 'deploy/chart/genkan'), '-n', 'genkan', '--dry-run=client']
    const text = execFileSync(
      join(helmFolder, 'helm'),
      [...args, `--kubeconfig=${cluster.kubeconfig}`, '-f', join(VALUES, 'ingress-nginx.yaml')],
      { encoding: 'utf8' },
    )
    for (const name of ['controller.opentelemetry', 'controller.admissionWebhooks.patch', 'dhParam'])
      assert.match(text, new RegExp(`WARNING: ${name.replaceAll('.', '\\.')} means nothing here`))
    assert.doesNotMatch(text, /WARNING: controller\.(replicaCount|config|service) means/)
    assert.match(text, /image: "genkan:/)
    assert.doesNotMatch(text, /wait-shutdown\n/)
  })

  for (const { values, flags } of [
    { values: 'defaults.yaml', flags: ['--publish-status-address=192.0.2.10'] },
    { values: 'namespaced.yaml', flags: ['--publish-status-address=192.0.2.11', '--watch-namespace=shop'] },
  ]) {
    test(`${values}: with the rights of the chart nothing is forbidden, and nothing more is allowed`, async () => {
      const manifests = render(values)
      await cluster.apply(manifests)
      const token = (await cluster.kubectl('create', 'token', 'genkan', '-n', 'genkan')).trim()
      using folder = createTemporaryFolder()
      const kubeconfig = folder.file('kubeconfig')
      const view = ['config', 'view', '--raw', '-o', 'json']
      const { clusters } = JSON.parse(await cluster.kubectl(...view)) as {
        readonly clusters: readonly {
          readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string }
        }[]
      }
      const { server = '', 'certificate-authority-data': authority = '' } = clusters[0]?.cluster ?? {}
      writeFileSync(kubeconfig, formatKubeconfig(server, Buffer.from(authority, 'base64').toString(), token))
      const genkan = await startServe(
        kubeconfig,
        'genkan-a',
        ['--election-id=genkan-leader', '--configmap=genkan/genkan-controller', ...flags],
        60_000,
        'genkan',
      )
      try {
        const address = flags[0]?.split('=')[1] ?? ''
        await cluster
          .kubectl(
            'wait',
            '-n',
            'shop',
            'ingress/lost',
            `--for=jsonpath={.status.loadBalancer.ingress[0].ip}=${address}`,
            '--timeout=60s',
          )
          .catch((error: unknown) => {
            assert.fail(`${String(error)}\n${genkan.program.output()}`)
          })
        const endsAtMs = performance.now() + 60_000
        while (!(await cluster.kubectl('describe', 'ingress', 'lost', '-n', 'shop')).includes('ServiceNotFound')) {
          if (performance.now() > endsAtMs) assert.fail(`No Event came\n${genkan.program.output()}`)
          await delay(50)
        }
        assert.match(
          await cluster.kubectl('get', 'lease', 'genkan-leader', '-n', 'genkan', '-o', 'yaml'),
          /holderIdentity: genkan-a/,
        )
        assert.doesNotMatch(genkan.program.output(), /\bforbidden\b|\b403\b/i)
      } finally {
        await genkan.program.stop()
      }
      // Nor while it ended.
      assert.doesNotMatch(genkan.program.output(), /\bforbidden\b|\b403\b/i)
      const may = (...what: readonly string[]): Promise<string> =>
        cluster
          .kubectl('auth', 'can-i', ...what, '--as=system:serviceaccount:genkan:genkan')
          .catch((error: { readonly stdout?: string }) => error.stdout ?? 'no answer')
      for (const refused of [
        ['update', 'ingresses', '-n', 'shop'],
        ['create', 'secrets', '-n', 'shop'],
        ['delete', 'events', '-n', 'shop'],
        ['create', 'pods', '-n', 'genkan'],
        ['get', 'leases/other', '-n', 'genkan'],
        ['list', 'nodes'],
        ['list', 'namespaces'],
        ...(values === 'namespaced.yaml' ? [['get', 'secrets', '-n', 'default']] : []),
      ])
        assert.equal((await may(...refused)).trim(), 'no', refused.join(' '))
      assert.equal((await may('get', 'secrets', '-n', 'shop')).trim(), 'yes')
      await cluster.kubectl('delete', 'namespace', 'genkan', '--wait=true', '--timeout=120s')
      await cluster.kubectl('delete', 'clusterrole,clusterrolebinding', 'genkan')
      await cluster.kubectl('create', 'namespace', 'genkan')
    })
  }
})
