/** Faults of an API server, made by a proxy in front of a real one: nothing vanishes, everything arrives, one report each. */
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, suite, test } from 'node:test'
import { ApiTransport } from '../../src/sources/cluster/api-transport.ts'
import { type Credentials, fixedCredentials } from '../../src/sources/cluster/cluster-access.ts'
import { ClusterSource } from '../../src/sources/cluster/cluster-source.ts'
import { type FaultProxy, startFaultProxy } from './parts/fault-proxy.ts'
import { untilAllowed } from './parts/rights.ts'
import { startTestCluster, type TestCluster } from './parts/test-cluster.ts'
import { Turnstile } from './parts/settle.ts'

/** Watches of a source without namespaces: four kinds, Secrets and ConfigMaps. */
const WATCHES = 6
const COUNT = 1200

suite('faults of the API server', () => {
  let cluster: TestCluster
  let proxy: FaultProxy
  let transport: ApiTransport
  let source: ClusterSource
  const changes = new Turnstile()
  let problems: string[] = []
  /** Names that were there once and were missed at some change since. */
  let vanished: string[] = []
  let kept: readonly string[] = []

  const names = (): ReadonlySet<string> =>
    new Set(source.objects.filter(({ kind }) => kind === 'Service').map(({ meta }) => meta.name))
  const open = async (credentials?: Credentials): Promise<ClusterSource> => {
    const admin = fixedCredentials({ authorization: `Bearer ${cluster.credentials.adminToken}` })
    transport = new ApiTransport(
      {
        server: proxy.url,
        isInsecure: false,
        credentials: credentials ?? admin,
        namespace: 'default',
        from: 'the test',
      },
      'genkan-test',
    )
    const opened = new ClusterSource({
      transport,
      watchNamespace: '',
      readsNamespaces: false,
      onChange() {
        const now = names()
        vanished.push(...kept.filter((name) => !now.has(name)))
        changes.poke()
      },
      onProblem(message) {
        problems.push(message)
        changes.poke()
      },
      reflector: { firstPauseMs: 20, forbiddenPauseMs: 100, silenceMs: 5000 },
    })
    source = opened
    await opened.start()
    return opened
  }
  const makeService = async (name: string): Promise<void> => {
    const spec = { ports: [{ port: 80 }] }
    await cluster.api.create('/api/v1/namespaces/default/services', { metadata: { name }, spec })
  }
  const until = async (holds: () => boolean, what: string): Promise<void> => {
    const timer = setInterval(() => changes.poke(), 20)
    try {
      await changes.until(holds, `${what}; problems: ${problems.join(' | ')}`)
    } finally {
      clearInterval(timer)
    }
  }

  before(async () => {
    cluster = await startTestCluster()
    proxy = await startFaultProxy(cluster.url, cluster.credentials.authority.certPem)
    let next = 0
    const write = async (): Promise<void> => {
      while (next < COUNT) await makeService(`kept-${next++}`)
    }
    await Promise.all(Array.from({ length: 16 }, write))
    kept = Array.from({ length: COUNT }, (_, index) => `kept-${index}`)
  })
  after(async () => {
    await proxy?.stop()
    await cluster?.stop()
  })
  beforeEach(async () => {
    problems = []
    vanished = []
    proxy.rule = () => null
    await open()
    await until(() => proxy.openWatches === WATCHES, 'all watches')
    proxy.forget()
  })
  afterEach(async () => {
    await source.close()
    transport.close()
  })

  test('watches that end by 410 are followed by a list, and only what differs is passed on', async () => {
    const before = new Map(source.objects.map((object) => [`${object.kind} ${object.meta.name}`, object]))
    proxy.expireWatches()
    await makeService('after-410')
    await until(() => names().has('after-410'), 'the new Service')
    await until(() => proxy.openWatches === WATCHES, 'all watches')
    assert.ok(proxy.seen.some(({ isWatch, path }) => !isWatch && path === '/api/v1/services'))
    for (const object of source.objects) {
      const was = before.get(`${object.kind} ${object.meta.name}`)
      if (was !== undefined && object.kind === 'Service') assert.equal(object, was)
    }
    assert.deepEqual({ problems, vanished }, { problems: [], vanished: [] })
  })

  test('a list whose next page has expired is begun anew, without a gap', async () => {
    proxy.rule = ({ continueToken }) => (continueToken === '' ? null : { status: 410, reason: 'Expired' })
    proxy.expireWatches()
    await makeService('after-page')
    await until(() => names().has('after-page'), 'the new Service')
    assert.deepEqual({ problems, vanished }, { problems: [], vanished: [] })
  })

  test('a list that breaks off leaves nothing behind that is gone by the time it is read again', async () => {
    let isBroken = true
    proxy.rule = ({ continueToken, isWatch }) =>
      isBroken && (isWatch || continueToken !== '') ? { status: 500, reason: 'InternalError' } : null
    proxy.expireWatches()
    await until(() => problems.some((text) => text.includes('services')), 'a report')
    await makeService('a-ghost')
    await until(() => names().has('a-ghost'), 'the first page')
    await cluster.kubectl('delete', 'service', 'a-ghost')
    isBroken = false
    await until(() => source.staleSinceMs === null && proxy.openWatches === WATCHES, 'a recovery')
    assert.equal(names().has('a-ghost'), false)
    assert.deepEqual(vanished, [])
  })

  test('watches that break off in the middle of a line are taken up where they were, and nobody is told', async () => {
    for (let round = 0; round < 3; round++) {
      proxy.cutWatches()
      await makeService(`after-cut-${round}`)
      await until(() => names().has(`after-cut-${round}`), 'the new Service')
      await until(() => proxy.openWatches === WATCHES, 'all watches')
    }
    assert.ok(
      proxy.seen.every(({ isWatch }) => isWatch),
      'no list was needed',
    )
    assert.deepEqual({ problems, vanished }, { problems: [], vanished: [] })
  })

  test('watches that fall silent are given up after a while', async () => {
    proxy.stallWatches()
    await makeService('after-silence')
    await until(() => names().has('after-silence'), 'the new Service')
    assert.deepEqual({ problems, vanished }, { problems: [], vanished: [] })
  })

  test('429 is waited out as long as the server asks', async () => {
    let firstAtMs = 0
    let soonestMs = Number.POSITIVE_INFINITY
    proxy.rule = ({ path, isWatch }) => {
      if (path !== '/api/v1/services' || !isWatch) return null
      if (firstAtMs !== 0) {
        soonestMs = Math.min(soonestMs, performance.now() - firstAtMs)
        return null
      }
      firstAtMs = performance.now()
      return { status: 429, reason: 'TooManyRequests', retryAfter: 1 }
    }
    proxy.cutWatches()
    await makeService('after-429')
    await until(() => names().has('after-429'), 'the new Service')
    assert.ok(soonestMs >= 990, `${soonestMs} ms`)
    assert.equal(problems.length, 1, problems.join('\n'))
    assert.deepEqual(vanished, [])
  })

  test('500s are one report for each kind and make it stale, until they end', async () => {
    proxy.rule = () => ({ status: 500, reason: 'InternalError' })
    proxy.cutWatches()
    await until(() => proxy.seen.length >= WATCHES * 4 && problems.length >= WATCHES, 'several tries of each')
    assert.equal(problems.length, WATCHES, problems.join('\n'))
    assert.notEqual(source.staleSinceMs, null)
    proxy.rule = () => null
    await makeService('after-500')
    await until(() => names().has('after-500') && source.staleSinceMs === null, 'a recovery')
    assert.deepEqual(vanished, [])
    assert.equal(problems.length, WATCHES)
  })

  test('a slow list holds up nothing but itself', async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    proxy.rule = ({ path, isWatch }) => (path.endsWith('/ingresses') && !isWatch ? { until: released } : null)
    proxy.expireWatches()
    await makeService('beside-slow')
    await until(() => names().has('beside-slow'), 'the new Service')
    await until(() => proxy.openWatches === WATCHES - 1, 'all but the one of the slow kind')
    release()
    assert.deepEqual({ problems, vanished }, { problems: [], vanished: [] })
  })

  test('a server that is gone leaves everything as it was, and is not stormed when it is back', async () => {
    await proxy.goAway()
    await until(() => problems.length === WATCHES, 'a report for each kind')
    assert.notEqual(source.staleSinceMs, null)
    assert.ok(kept.every((name) => names().has(name)))
    await makeService('while-away')
    proxy.forget()
    await proxy.comeBack()
    await until(() => names().has('while-away') && source.staleSinceMs === null, 'a recovery')
    assert.equal(proxy.seen.length, WATCHES, 'one watch for each kind, and no list')
    assert.equal(problems.length, WATCHES, problems.join('\n'))
    assert.deepEqual(vanished, [])
  })

  test('an expired token that was replaced is no trouble at all', async () => {
    await source.close()
    let valid = `Bearer ${cluster.credentials.adminToken}`
    await open({ next: async () => ({ authorization: valid }), refused: () => (valid = valid.replace('old-', '')) })
    await until(() => proxy.openWatches === WATCHES, 'all watches')
    valid = `Bearer old-${cluster.credentials.adminToken}`
    proxy.cutWatches()
    await makeService('after-401')
    await until(() => names().has('after-401'), 'the new Service')
    assert.ok(proxy.seen.some(({ authorization }) => authorization.includes('old-')))
    assert.deepEqual({ problems, vanished }, { problems: [], vanished: [] })
  })

  test('a kind that may not be read is reported once, holds up nothing, and is read when it is granted', async () => {
    await source.close()
    await cluster.apply(ACCOUNT('ingresses, ingressclasses, services, endpointslices, configmaps'))
    await untilAllowed(cluster, 'default:reader', [{ verb: 'watch', resource: 'configmaps' }])
    const token = (await cluster.kubectl('create', 'token', 'reader')).trim()
    await open(fixedCredentials({ authorization: `Bearer ${token}` }))
    assert.deepEqual(source.forbidden, ['Secret'])
    assert.ok(names().has('kept-0'))
    assert.equal(source.staleSinceMs, null)
    proxy.forget()
    await until(() => proxy.seen.filter(({ path }) => path === '/api/v1/secrets').length >= 2, 'further tries')
    assert.equal(problems.length, 1, problems.join('\n'))
    assert.match(problems[0] ?? '', /Cannot read secrets: the API server forbids it .*; grant get, list and watch/)
    await cluster.apply(ACCOUNT('ingresses, ingressclasses, services, endpointslices, configmaps, secrets'))
    await until(() => source.forbidden.length === 0, 'the right')
    assert.equal(problems.length, 1)
  })
})

const ACCOUNT = (resources: string): string => `
apiVersion: v1
kind: ServiceAccount
metadata: { name: reader, namespace: default }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: reader }
rules: [{ apiGroups: ['', networking.k8s.io, discovery.k8s.io], resources: [${resources}], verbs: [get, list, watch] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: reader }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader }
subjects: [{ kind: ServiceAccount, name: reader, namespace: default }]
`
