/** Commands that look and exit, reading a real cluster with the caller's rights. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createServer, type Socket } from 'node:net'
import { writeFileSync } from 'node:fs'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createSelfSigned } from '../../src/base/certificate.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { formatKubeconfig } from './parts/credentials.ts'
import { startTestCluster, type TestCluster } from './parts/test-cluster.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/genkan.js', import.meta.url))
const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url))
/** Those that an API server of today takes, and where they live. */
const FOLDERS = [
  ['quickstart', ['default']],
  ['from-ingress-nginx', ['shop', 'ingress-nginx']],
  ['services-and-ingress', ['app']],
] as const
const KINDS = 'ingresses,ingressclasses,services,endpointslices,namespaces,pods,configmaps'
const WORKLOADS = 'deployments.apps,daemonsets.apps,statefulsets.apps,replicasets.apps'

const PROTECTED = `
apiVersion: v1
kind: Namespace
metadata: { name: safe }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: safe }
spec: { ports: [{ port: 80 }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: safe
  namespace: safe
  annotations:
    nginx.ingress.kubernetes.io/auth-type: basic
    nginx.ingress.kubernetes.io/auth-secret: users
spec:
  ingressClassName: safe
  tls: [{ hosts: [safe.example], secretName: safe-tls }]
  rules: [{ host: safe.example, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] } }]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: bare, namespace: safe }
spec:
  ingressClassName: safe
  tls: [{ hosts: [bare.example], secretName: nowhere }]
  rules: [{ host: bare.example, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] } }]
`

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

interface Row {
  readonly host: string
  readonly service: string
  readonly origin: { readonly object: string; readonly path: string; readonly file?: string }
}

interface Remark {
  readonly code: string
  readonly severity: string
  readonly message: string
  readonly origin: { readonly object: string; readonly path: string; readonly file?: string }
}

function genkan(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { timeout: 60_000, maxBuffer: 64 << 20, env: { ...process.env, ...env } }
    const child = execFile(process.execPath, [PROGRAM, ...args], options, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), out, err }),
    )
    child.stdin?.end()
  })
}

suite('commands that read a cluster', () => {
  const folder = createTemporaryFolder()
  let cluster: TestCluster
  /** Flags for a reader with every right, and for one that may not read Secrets. */
  let full: readonly string[]
  let limited: readonly string[]

  before(async () => {
    cluster = await startTestCluster()
    full = ['--kubeconfig', cluster.kubeconfig]
    for (const name of ['shop', 'app', 'ingress-nginx']) await cluster.kubectl('create', 'namespace', name)
    for (const [name] of FOLDERS) await cluster.kubectl('apply', '-f', `${EXAMPLES}${name}`)
    await cluster.apply(PROTECTED)
    const pair = await createSelfSigned(['safe.example'])
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'safe-tls', namespace: 'safe' } }
    const stringData = { 'tls.crt': pair.certPem, 'tls.key': pair.keyPem }
    await cluster.apply(JSON.stringify({ ...secret, type: 'kubernetes.io/tls', stringData }))
    await cluster.kubectl('create', 'secret', 'generic', 'users', '-n=safe', '--from-literal=auth=me:{PLAIN}secret')
    await cluster.kubectl('create', 'serviceaccount', 'reader')
    const resources = [`--resource=${KINDS}`, `--resource=${WORKLOADS}`]
    await cluster.kubectl('create', 'clusterrole', 'reader', '--verb=get,list', ...resources)
    await bind('reader', 'clusterrole=reader', 'clusterrolebinding')
    limited = ['--kubeconfig', await tokenOf('reader')]
    await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
  })
  after(async () => {
    await cluster?.stop()
    folder[Symbol.dispose]()
  })

  const bind = (account: string, role: string, kind: string, ...more: readonly string[]): Promise<string> =>
    cluster.kubectl('create', kind, account, `--${role}`, `--serviceaccount=default:${account}`, ...more)
  const tokenOf = async (account: string): Promise<string> => {
    const token = (await cluster.kubectl('create', 'token', account)).trim()
    const file = folder.file(`${account}.kubeconfig`)
    writeFileSync(file, formatKubeconfig(cluster.url, cluster.credentials.authority.certPem, token))
    return file
  }
  const json = async <T>(args: readonly string[]): Promise<T> => {
    const { out, err } = await genkan([...args, '--format', 'json'])
    assert.notEqual(out, '', err)
    return JSON.parse(out) as T
  }

  for (const [name, namespaces] of FOLDERS) {
    test(`examples/${name} has the same routes from the cluster as from files`, async () => {
      const limits = namespaces.flatMap((namespace) => ['--namespace', namespace])
      const fromFiles = await json<Row[]>(['routes', `${EXAMPLES}${name}`])
      const fromCluster = await json<Row[]>(['routes', ...full, ...limits])
      assert.ok(fromFiles.length > 0)
      const bare = (rows: readonly Row[]): unknown =>
        rows.map((row) => ({ ...row, origin: { object: row.origin.object, path: row.origin.path } }))
      assert.deepEqual(bare(fromCluster), bare(fromFiles))
      for (const { origin } of fromCluster) assert.deepEqual(Object.keys(origin), ['object', 'path'])
    })
  }

  test('what kubectl exports of the whole cluster has the same routes as the cluster', async () => {
    const file = folder.file('export.yaml')
    const kinds = 'ingress,ingressclass,service,endpointslice,configmap,secret,namespace,deployment,daemonset'
    writeFileSync(file, await cluster.kubectl('get', kinds, '-A', '-o', 'yaml'))
    const bare = (rows: readonly Row[]): unknown => rows.map(({ origin, ...row }) => [row, origin.object, origin.path])
    assert.deepEqual(bare(await json<Row[]>(['routes', ...full])), bare(await json<Row[]>(['routes', file])))
  })

  test('routes print a table, and nothing else on a pipe', async () => {
    const { out, err } = await genkan(['routes', ...full, '--namespace', 'default'])
    assert.match(out, /^HOST .*\n/)
    assert.match(out, /^shop\.localhost +\/cart .*Ingress default\/shop$/m)
    assert.equal(err, '')
  })

  test('explain shows the real endpoints', async () => {
    const args = ['explain', ...full, '--namespace', 'default', '--url', 'http://shop.localhost/']
    const { outcome, endpoints } = await json<{
      readonly outcome: { readonly kind: string; readonly service: string }
      readonly endpoints: readonly { readonly address: string; readonly pod: string }[]
    }>(args)
    assert.equal(outcome.kind, 'forward')
    const ips = await cluster.kubectl('get', 'endpointslice', '-l', 'kubernetes.io/service-name=web', '-o', 'json')
    const { items } = JSON.parse(ips) as { items: { endpoints: { addresses: string[] }[] }[] }
    const expected = items.flatMap((slice) => slice.endpoints.flatMap(({ addresses }) => addresses))
    assert.ok(expected.length > 0)
    assert.deepEqual(endpoints.map(({ address }) => address).sort(), expected.sort())
    const { out } = await genkan(args)
    assert.match(out, /endpoints:\n +web-\S+ \(10\.244\./)
  })

  test('lint names objects and fields, and knows the pods of the cluster', async () => {
    const flags = [...full, '--namespace', 'safe', '--namespace', 'default']
    const { findings } = await json<{ findings: Remark[] }>(['lint', ...flags])
    const missing = findings.filter(({ code }) => code === 'SECRET_NOT_FOUND')
    assert.ok(missing.some(({ message }) => message.includes('safe/nowhere')))
    assert.ok(!missing.some(({ message }) => message.includes('safe/safe-tls')))
    assert.ok(findings.every(({ origin }) => origin.file === undefined))
    assert.ok(!findings.some(({ code, origin }) => code === 'SERVICE_SELECTS_NOTHING' && /default/.test(origin.object)))
    assert.ok(!findings.some(({ code }) => code.startsWith('CLUSTER_')))
    const { out } = await genkan(['lint', ...flags])
    assert.match(out, / in the cluster\n$/)
  })

  test('Secrets that may not be read are not said to be absent', async () => {
    const { findings } = await json<{ findings: Remark[] }>(['lint', ...limited, '--namespace', 'safe'])
    assert.deepEqual(
      findings.filter(({ message }) => /does not exist/.test(message)),
      [],
    )
    const unread = findings.filter(({ code }) => code === 'CLUSTER_OBJECT_UNREAD')
    for (const name of ['safe/users', 'safe/safe-tls', 'safe/nowhere']) {
      assert.ok(
        unread.some(({ message }) => message.startsWith(`Cannot check Secret ${name}: it cannot be read`)),
        `${name}: ${JSON.stringify(findings)}`,
      )
    }
    const { code, err } = await genkan(['lint', ...limited, '--namespace', 'safe'])
    assert.equal(code, 0)
    assert.equal(err.trim().split('\n').length, 1, err)
    assert.match(
      err,
      /Cannot read Secret safe\/nowhere, Secret safe\/safe-tls, Secret safe\/users: the API server does not/,
    )
  })

  test('a kind that may not be listed is told once, and the rest goes on', async () => {
    await cluster.kubectl('create', 'serviceaccount', 'half')
    await cluster.kubectl('create', 'clusterrole', 'half', '--verb=get,list', '--resource=ingresses,ingressclasses')
    await bind('half', 'clusterrole=half', 'clusterrolebinding')
    const flags = ['--kubeconfig', await tokenOf('half'), '--namespace', 'default', '--namespace', 'app']
    const routes = await genkan(['routes', ...flags])
    assert.match(routes.out, /^shop\.localhost/m)
    assert.equal(routes.err.match(/Cannot read services: /g)?.length, 1, routes.err)
    const { findings } = await json<{ findings: Remark[] }>(['lint', ...flags])
    assert.deepEqual(
      findings.filter(({ code }) => code === 'SERVICE_NOT_FOUND'),
      [],
    )
    assert.equal(findings.filter(({ origin }) => origin.path === 'services').length, 1)
    const explained = await json<{ unread: Remark[] }>(['explain', ...flags, '--url', 'http://shop.localhost/'])
    assert.ok(explained.unread.some(({ origin }) => origin.path === 'endpointslices'))
  })

  test('a reader of one namespace names it, and is told so where it does not', async () => {
    await cluster.kubectl('create', 'serviceaccount', 'local')
    await bind('local', 'clusterrole=reader', 'rolebinding', '--namespace=default')
    const file = await tokenOf('local')
    const whole = await genkan(['routes', '--kubeconfig', file])
    assert.equal(whole.code, 1)
    assert.match(whole.err, /Cannot read ingresses: .*--namespace/)
    const own = await genkan(['routes', '--kubeconfig', file, '--namespace', 'default'])
    assert.equal(own.code, 0, own.err)
    assert.match(own.out, /^shop\.localhost/m)
    assert.doesNotMatch(own.out, /safe\.example/)
  })

  test('migrate reports the controller of the cluster, and writes its routes as Gateway API objects', async () => {
    const flags = ['migrate', ...full, '--namespace', 'shop', '--namespace', 'ingress-nginx']
    const report = await json<{ objects: readonly { readonly object: string }[] }>([
      ...flags,
      '--from',
      'ingress-nginx',
      '--report',
    ])
    const fromFiles = await json<{ objects: readonly { readonly object: string }[] }>([
      'migrate',
      `${EXAMPLES}from-ingress-nginx`,
      '--from',
      'ingress-nginx',
      '--report',
    ])
    const names = (objects: readonly { readonly object: string }[]): readonly string[] =>
      objects.map(({ object }) => object).sort()
    assert.deepEqual(names(report.objects), names(fromFiles.objects))
    assert.ok(names(report.objects).some((name) => name.startsWith('ConfigMap ingress-nginx/')))
    const { out } = await genkan([...flags, '--from', 'ingress-nginx', '--report'])
    assert.match(out, /genkan serve/)
    const gateway = await genkan([...flags, '--to', 'gateway-api'])
    assert.match(gateway.out, /^kind: HTTPRoute$/m)
    await assertSame(flags)
  })

  const assertSame = async (flags: readonly string[]): Promise<void> => {
    const read = async (args: readonly string[]): Promise<unknown> =>
      (await json<{ objects: unknown }>([...args, '--to', 'gateway-api'])).objects
    assert.deepEqual(await read(flags), await read(['migrate', `${EXAMPLES}from-ingress-nginx`]))
  }

  test('an unknown context is wrong usage that lists the known ones', async () => {
    const { code, err } = await genkan(['lint', ...full, '--context', 'nowhere'])
    assert.equal(code, 2)
    assert.match(err, /has no context "nowhere"; it has test/)
  })

  test('the current context is read when --cluster alone is given', async () => {
    const { code, out } = await genkan(['routes', '--cluster', '--namespace', 'default'], {
      KUBECONFIG: cluster.kubeconfig,
    })
    assert.equal(code, 0)
    assert.match(out, /^shop\.localhost/m)
  })

  test('credentials that are refused are told as such', async () => {
    const file = folder.file('wrong.kubeconfig')
    writeFileSync(file, formatKubeconfig(cluster.url, cluster.credentials.authority.certPem, 'wrong'))
    const { code, out, err } = await genkan(['routes', '--kubeconfig', file])
    assert.equal(code, 1)
    assert.equal(out, '')
    assert.match(err, /^Cannot read the cluster at .*does not accept these credentials \(401\).*\n$/)
  })

  test('a server that is not there, or never answers, ends the command with a message', async () => {
    const file = folder.file('away.kubeconfig')
    const { certPem } = cluster.credentials.authority
    writeFileSync(file, formatKubeconfig('https://127.0.0.1:1', certPem, 'x'))
    const away = await genkan(['explain', '--kubeconfig', file, '--url', 'http://a.example/'])
    assert.equal(away.code, 1)
    assert.match(away.err, /^Cannot read the cluster at https:\/\/127\.0\.0\.1:1 .*ECONNREFUSED.*\n$/)

    const sockets: Socket[] = []
    using stack = new DisposableStack()
    const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1')
    stack.defer(() => {
      silent.close()
      for (const socket of sockets) socket.destroy()
    })
    await new Promise((resolve) => silent.once('listening', resolve))
    const address = silent.address()
    assert.ok(address !== null && typeof address === 'object')
    writeFileSync(file, formatKubeconfig(`https://127.0.0.1:${address.port}`, certPem, 'x'))
    const startedMs = performance.now()
    const mute = await genkan(['routes', '--kubeconfig', file])
    assert.equal(mute.code, 1)
    assert.match(mute.err, /it does not answer in 10 s; is the API server running/)
    assert.ok(performance.now() - startedMs < 40_000)
  })
})
