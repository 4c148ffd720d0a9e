/** The chart on a real API server: it is accepted, and its rights are enough for the real program. Helm is the real one. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments } from 'yaml'
import { findFreePort } from '../support/free-port.ts'
import type { Program } from '../support/program.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { readAdmin } from './parts/admin.ts'
import { formatKubeconfig } from './parts/credentials.ts'
import { CONTROLLER, METAL_OBJECTS, REFUSED_TO_BOTH, SPEAKER, startReleased } from './parts/metal-release.ts'
import { pollUntil } from './parts/poll.ts'
import { isAllowed, untilAllowed } from './parts/rights.ts'
import { startServe } from './parts/serve-process.ts'
import { startTestCluster, type TestCluster } from './parts/test-cluster.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const VALUES = join(ROOT, 'test/deploy/values')
const helmFolder = execFileSync('bash', [join(ROOT, 'scripts/build-helm.sh')], { encoding: 'utf8' }).trim()
const NO_ADDRESS = '{"status":{"loadBalancer":{"ingress":null}}}'
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
    await cluster.kubectl('create', 'namespace', 'metallb-system')
    await cluster.kubectl('create', 'namespace', 'shop')
    await cluster.kubectl('label', 'namespace', 'shop', 'edge=true')
    await cluster.kubectl('create', 'namespace', 'edge')
    await cluster.kubectl('create', 'service', 'loadbalancer', 'front', '-n=edge', '--tcp=80')
    await cluster.kubectl('create', 'service', 'clusterip', 'fallback', '-n=edge', '--tcp=80')
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

  // That of AWS is run in aws-deploy.test.ts, that of bare metal below.
  for (const values of readdirSync(VALUES).filter((name) => !['aws.yaml', 'metal.yaml'].includes(name))) {
    test(`${values}: with the flags and the rights of the chart nothing is forbidden, and nothing more is allowed`, async () => {
      const manifests = render(values)
      const isScoped = values.startsWith('namespaced')
      const patch = JSON.stringify({ spec: { ingressClassName: nameOf(manifests, 'IngressClass') } })
      await cluster.kubectl('patch', 'ingress', 'lost', '-n=shop', '-p', patch)
      await cluster.apply(manifests)
      await untilAllowed(cluster, 'genkan:genkan', [
        { verb: 'watch', group: 'networking.k8s.io', resource: 'ingressclasses' },
        { verb: 'watch', resource: 'secrets', namespace: 'shop' },
        { verb: 'get', resource: 'configmaps', namespace: 'genkan' },
        { verb: 'create', group: 'coordination.k8s.io', resource: 'leases', namespace: 'genkan' },
      ])
      const token = (await cluster.kubectl('create', 'token', 'genkan', '-n', 'genkan')).trim()
      using folder = createTemporaryFolder()
      const kubeconfig = folder.file('kubeconfig')
      writeFileSync(kubeconfig, formatKubeconfig(cluster.url, cluster.credentials.authority.certPem, token))
      const webhook = `--validating-webhook=127.0.0.1:${await findFreePort()}`
      const flags = flagsOf(manifests).map((flag) => (flag.startsWith('--validating-webhook=') ? webhook : flag))
      const genkan = await startServe(kubeconfig, 'genkan-a', flags, 60_000, 'genkan')
      const until = (holds: () => Promise<boolean>, what: string): Promise<unknown> =>
        pollUntil(holds, what).catch((error: unknown) => {
          assert.fail(`${String(error)}\n${flags.join(' ')}\n${genkan.program.output()}`)
        })
      const describe = (kind: string, name: string, namespace: string): Promise<string> =>
        cluster.kubectl('describe', kind, name, '-n', namespace)
      try {
        for (const flag of flags) {
          const [, namespace = '', name = ''] = /^--publish-service=([^/]+)\/(.+)$/.exec(flag) ?? []
          if (name !== '') await publish(namespace.replace('$(POD_NAMESPACE)', 'genkan'), name)
        }
        const hasAddress = async (): Promise<boolean> =>
          (await cluster.kubectl('get', 'ingress/lost', '-n', 'shop', '-o', 'jsonpath={.status.loadBalancer}')) !== '{}'
        await until(hasAddress, 'an address')
        await until(async () => (await describe('ingress', 'lost', 'shop')).includes('ServiceNotFound'), 'an Event')
        await until(
          async () => /CREATE/.test(await describe('configmap', 'genkan-controller', 'genkan')),
          'an Event about the settings',
        )
        assert.match(
          await cluster.kubectl('get', 'lease', 'genkan-leader', '-n', 'genkan', '-o', 'yaml'),
          /holderIdentity: genkan-a/,
        )
        if (flags.includes(webhook)) {
          const bundle = 'jsonpath={.webhooks[0].clientConfig.caBundle}'
          const args = ['get', 'validatingwebhookconfiguration', 'genkan-admission', '-o', bundle]
          await until(async () => (await cluster.kubectl(...args)) !== '', 'the authority of the webhook')
        }
        const version = JSON.parse(await readAdmin(genkan, '/api/v1/version')) as { readonly cluster: unknown }
        assert.deepEqual(version.cluster, { staleSince: '', forbidden: [] })
      } finally {
        await genkan.program.stop()
      }
      // Nor while it ended.
      assert.doesNotMatch(genkan.program.output(), /\bforbid(den|s)\b|: 403 /i)
      for (const refused of [
        ['update', 'ingresses', '-n', 'shop'],
        ['create', 'secrets', '-n', 'shop'],
        ['delete', 'events', '-n', 'shop'],
        ['create', 'pods', '-n', 'genkan'],
        ['get', 'leases/other', '-n', 'genkan'],
        ...(values === 'daemonset.yaml' ? [] : [['list', 'nodes']]),
        ...(values === 'everything.yaml' ? [] : [['list', 'namespaces']]),
        ...(isScoped
          ? [
              ['get', 'secrets', '-n', 'default'],
              ['get', 'secrets', '-n', 'genkan'],
              ['list', 'configmaps', '-n', 'edge'],
            ]
          : []),
      ])
        assert.equal(await may(...refused), 'no', refused.join(' '))
      assert.equal(await may('get', 'secrets', '-n', 'shop'), 'yes')
      await cluster.kubectl('delete', 'namespace', 'genkan', '--wait=true', '--timeout=120s')
      const kinds = 'clusterrole,clusterrolebinding,validatingwebhookconfiguration,ingressclass'
      await cluster.kubectl('delete', kinds, '-l', 'app.kubernetes.io/instance=genkan')
      await cluster.kubectl('delete', 'role,rolebinding', '-A', '-l', 'app.kubernetes.io/instance=genkan')
      await cluster.kubectl('patch', 'ingress', 'lost', '-n=shop', '--subresource=status', '-p', NO_ADDRESS)
      await cluster.kubectl('delete', 'events', '--all', '-n=shop')
      await cluster.kubectl('create', 'namespace', 'genkan')
    })
  }

  suite('installed on bare metal, where somebody else made one of the kinds', () => {
    const chart = join(ROOT, 'deploy/chart/genkan')
    const values = ['-n=genkan', `-f=${join(VALUES, 'metal.yaml')}`, '--set=metal.namespace=home']
    const helm = (verb: string, ...args: readonly string[]): string =>
      execFileSync(
        join(helmFolder, 'helm'),
        [...verb.split(' '), 'genkan', `--kubeconfig=${cluster.kubeconfig}`, ...args],
        {
          encoding: 'utf8',
        },
      )
    const get = (path: string, ...args: readonly string[]): Promise<string> => cluster.kubectl('get', path, ...args)
    const readKey = (): Promise<string> => get('secret/genkan-heartbeat', '-n=genkan', '-o=jsonpath={.data.key}')
    const addressOf = (name: string): Promise<string> =>
      get(`service/${name}`, '-n=shop', '-o=jsonpath={.status.loadBalancer.ingress[*].ip}')
    const crds = readFileSync(join(ROOT, 'deploy/metal/crds.yaml'), 'utf8').split('\n---\n')
    const programs: Program[] = []
    const output = (): string => programs.map((program) => program.output()).join('\n')
    let key = ''

    before(async () => {
      execFileSync('ip', ['link', 'add', 'lan0', 'type', 'veth', 'peer', 'name', 'lan1'])
      for (const name of ['lan0', 'lan1']) execFileSync('ip', ['link', 'set', name, 'up'])
      execFileSync('ip', ['addr', 'add', '192.0.2.1/24', 'dev', 'lan0'])
      await cluster.apply(crds.filter((crd) => crd.includes('name: communities.metallb.io')).join('\n---\n'))
      helm('install', chart, ...values)
      await cluster.kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s')
      await cluster.apply(METAL_OBJECTS)
      const manifests = helm('get manifest', '-n=genkan')
      for (const workload of ['Deployment', 'DaemonSet'] as const) {
        programs.push(await startReleased(cluster, manifests, workload))
      }
    })
    after(async () => {
      // The next file of this lane has the same network.
      execFileSync('ip', ['link', 'del', 'lan0'])
      await Promise.all(programs.map((program) => program.stop()))
    })

    test('addresses come from the resources and the older ConfigMap, are announced, and nothing is forbidden', async () => {
      const until = (holds: () => Promise<boolean>, what: string): Promise<unknown> =>
        pollUntil(holds, what).catch((error: unknown) => assert.fail(`${String(error)}\n${output()}`))
      await until(async () => (await addressOf('lamp')) === '192.0.2.105', 'the address that is asked for')
      await until(async () => (await addressOf('radio')) === '192.0.2.120', 'an address of the older pool')
      const line = await programs[1]?.waitForLine(/^\{"event":"announcing"/, 60_000)
      assert.match(line ?? '', /"192\.0\.2\.105"/)
      const announcer = 'jsonpath={.items[*].status.node}'
      await until(async () => (await get('servicel2status', '-n=genkan', '-o', announcer)) === 'laptop', 'the record')
      const given = 'jsonpath={.status.assignedIPv4}'
      await until(
        async () => /^[1-9]/.test(await get('ipaddresspool/lab', '-n=home', '-o', given)),
        'the count of the pool',
      )
      // The password was read, or this would have been told by now.
      assert.doesNotMatch(output(), /METAL_PEER_PASSWORD|\bforbid(den|s)\b|: 403 /i)
      key = await readKey()
      assert.match(Buffer.from(key, 'base64').toString(), /^[0-9a-f]{64}$/)
    })

    test('they may do nothing more', async () => {
      for (const account of [CONTROLLER, SPEAKER]) {
        for (const right of REFUSED_TO_BOTH) {
          assert.equal(await isAllowed(cluster, account, right), false, `${account} ${JSON.stringify(right)}`)
        }
      }
      const passwords = { verb: 'get', resource: 'secrets', namespace: 'home' }
      assert.equal(await isAllowed(cluster, CONTROLLER, passwords), false)
      assert.equal(await isAllowed(cluster, SPEAKER, passwords), true)
      const status = { verb: 'patch', resource: 'services', subresource: 'status', namespace: 'shop' }
      assert.equal(await isAllowed(cluster, CONTROLLER, status), true)
      assert.equal(await isAllowed(cluster, SPEAKER, status), false)
    })

    test('where pod security is enforced the controller may be anything, the speaker wants a privileged namespace', async () => {
      const level = (value: string | null): Promise<unknown> =>
        cluster.api.mergePatch('/api/v1/namespaces/genkan', {
          metadata: { labels: { 'pod-security.kubernetes.io/enforce': value } },
        })
      const create = async (workloads: string, name: string): Promise<unknown> => {
        const path = `/apis/apps/v1/namespaces/genkan/${workloads}/${name}`
        const { spec } = await cluster.api.get<{ readonly spec: { readonly template: object } }>(path)
        return await cluster.api.create('/api/v1/namespaces/genkan/pods?dryRun=All', {
          ...spec.template,
          metadata: { name: 'probe' },
        })
      }
      await level('restricted')
      await create('deployments', 'genkan-metal')
      await level('baseline')
      await assert.rejects(create('daemonsets', 'genkan-speaker'), /violates PodSecurity/)
      await level('privileged')
      await create('daemonsets', 'genkan-speaker')
      await level(null)
    })

    test('an upgrade leaves the key, and pools outlive the release', async () => {
      helm('upgrade', chart, ...values)
      assert.equal(await readKey(), key)
      const owner = 'jsonpath={.metadata.annotations.meta\\.helm\\.sh/release-name}'
      assert.equal(await get('crd/bgppeers.metallb.io', '-o', owner), 'genkan')
      assert.equal(await get('crd/communities.metallb.io', '-o', owner), '')
      helm('uninstall', '-n=genkan')
      assert.equal(await get('ipaddresspool/lab', '-n=home', '-o=name'), 'ipaddresspool.metallb.io/lab\n')
      assert.equal(await addressOf('lamp'), '192.0.2.105')
    })
  })

  /** Of a load balancer that nobody runs here. */
  const publish = async (namespace: string, name: string): Promise<void> => {
    const status = { loadBalancer: { ingress: [{ ip: '192.0.2.10' }] } }
    await cluster.api.mergePatch(`/api/v1/namespaces/${namespace}/services/${name}/status`, { status })
  }
  const may = async (...what: readonly string[]): Promise<string> => {
    const asked = ['auth', 'can-i', ...what, '--as=system:serviceaccount:genkan:genkan']
    const text = await cluster
      .kubectl(...asked)
      .catch((error: { readonly stdout?: string }) => error.stdout ?? 'no answer')
    return text.trim()
  }
})

/** Of the first object of a kind. */
function nameOf(manifests: string, kind: string): string {
  const found = parseAllDocuments(manifests).find((document) => document.get('kind') === kind)
  return String(found?.getIn(['metadata', 'name']))
}

/** Of the container, but for ports: what the pod would run with. */
function flagsOf(manifests: string): readonly string[] {
  const workload = parseAllDocuments(manifests).find((document) =>
    ['Deployment', 'DaemonSet'].includes(String(document.get('kind'))),
  )
  const args = workload?.toJS() as {
    readonly spec: { readonly template: { readonly spec: { readonly containers: readonly Container[] } } }
  }
  const [command, ...flags] = args.spec.template.spec.containers[0]?.args ?? []
  assert.equal(command, 'serve')
  return flags.filter((flag) => !/^--(http|https|healthz)-port=/.test(flag))
}

interface Container {
  readonly args: readonly string[]
}
