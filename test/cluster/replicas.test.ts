/** Three replicas of the real program: one writes, whatever happens to it, and all of them carry traffic at all times. */
import assert from 'node:assert/strict'
import { after, before, suite, test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { readAdmin, readLeadership } from './parts/admin.ts'
import { formatEchoApp } from './parts/echo-app.ts'
import { exchange } from './parts/exchange.ts'
import { formatIngress, formatIngressClass } from './parts/manifests.ts'
import { pollUntil } from './parts/poll.ts'
import { type RecordingProxy, startRecordingProxy } from './parts/recording-proxy.ts'
import { type ServeProcess, startServe } from './parts/serve-process.ts'
import { startTestCluster, type TestCluster } from './parts/test-cluster.ts'

/** Long beside the pauses of a busy machine, so that who gave up and who ran out can be told apart. */
const TTL_MS = 8000
/** What a busy machine may add to a promised time; less than a second run of the Lease. */
const SLACK_MS = 7000
const HANDOVER_MS = 2000

interface Replica {
  readonly name: string
  readonly proxy: RecordingProxy
  readonly server: ServeProcess
  /** Requests to it that did not get their answer, while it was meant to give one. */
  readonly failures: string[]
  isCarrying: boolean
  answered: number
}

suite('replicas', () => {
  let cluster: TestCluster
  let replicas: Replica[] = []
  const ended = new AbortController()
  const loads: Promise<void>[] = []

  const start = async (name: string): Promise<Replica> => {
    const proxy = await startRecordingProxy(cluster)
    const flags = [
      '--publish-status-address=192.0.2.10',
      '--status-update-interval=5',
      `--election-ttl=${TTL_MS}ms`,
      '--election-id=front-door',
    ]
    const server = await startServe(proxy.kubeconfig, name, flags)
    return { name, proxy, server, failures: [], isCarrying: true, answered: 0 }
  }
  const load = async (replica: Replica): Promise<void> => {
    while (!ended.signal.aborted) {
      const wasCarrying = replica.isCarrying
      if (wasCarrying) {
        const problem = await exchange(replica.server, { host: 'web.example' }).then(
          ({ status }) => (status === 200 ? '' : String(status)),
          (error: unknown) => String(error),
        )
        if (problem === '') replica.answered++
        else if (replica.isCarrying) replica.failures.push(problem)
      }
      await delay(20)
    }
  }
  const leaders = async (among: readonly Replica[]): Promise<readonly Replica[]> => {
    const all = await Promise.all(
      among.map(async (replica) => ({ replica, said: await readLeadership(replica.server) })),
    )
    return all.filter(({ said }) => said.isLeader).map(({ replica }) => replica)
  }
  const untilLed = async (among: readonly Replica[], timeoutMs: number): Promise<number> =>
    await pollUntil(async () => (await leaders(among)).length === 1, 'one of them leads', timeoutMs)
  const leader = async (): Promise<Replica> => {
    await untilLed(replicas, TTL_MS + SLACK_MS)
    const [found] = await leaders(replicas)
    assert.ok(found !== undefined)
    return found
  }
  const othersOf = (replica: Replica): readonly Replica[] => replicas.filter((other) => other !== replica)
  const hasAddress = async (name: string): Promise<boolean> =>
    (await cluster.kubectl('get', 'ingress', name, '-o', 'jsonpath={.status.loadBalancer.ingress[0].ip}')) ===
    '192.0.2.10'
  const haveAddresses = async (): Promise<boolean> => {
    const path = '{range .items[*]}{.status.loadBalancer.ingress[0].ip}{"\\n"}{end}'
    const lines = (await cluster.kubectl('get', 'ingress', '-o', `jsonpath=${path}`)).split('\n').slice(0, -1)
    return lines.every((line) => line === '192.0.2.10')
  }
  const create = async (name: string): Promise<void> => {
    await cluster.kubectl('create', 'ingress', name, '--class=nginx', `--rule=${name}.example/*=web:8080`)
  }
  const assertCarried = async (among: readonly Replica[]): Promise<void> => {
    for (const replica of among) {
      const { name, failures, answered } = replica
      await pollUntil(() => replica.answered > answered + 10, `${name} answers`)
      assert.deepEqual(failures, [], name)
    }
  }
  const note = (t: TestContext, what: string, ms: number): void => t.diagnostic(`${what}: ${Math.round(ms)} ms`)

  before(async () => {
    cluster = await startTestCluster()
    await cluster.apply(formatIngressClass(), formatEchoApp({ name: 'web', replicas: 2 }), formatIngress('web'))
    await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
    replicas = await Promise.all(['genkan-a', 'genkan-b', 'genkan-c'].map(start))
    for (const replica of replicas) loads.push(load(replica))
  })
  after(async () => {
    ended.abort()
    await Promise.all(loads)
    for (const { server } of replicas) await server.program.stop('SIGKILL')
    for (const { proxy } of replicas) await proxy.stop()
    await cluster?.stop()
  })

  test('one of three leads and alone writes; all say who it is, in JSON and in metrics', async () => {
    const first = await leader()
    await pollUntil(() => hasAddress('web'), 'the address')
    for (const { name, server } of replicas) {
      await pollUntil(async () => (await readLeadership(server)).leader === first.name, `${name} knows the leader`)
      const value = name === first.name ? 1 : 0
      assert.match(
        await readAdmin(server, '/metrics'),
        new RegExp(`^nginx_ingress_controller_leader_election_status\\{.*name="front-door".*\\} ${value}$`, 'm'),
      )
    }
    for (const { name, proxy } of othersOf(first)) assert.deepEqual(proxy.writes(), [], name)
    await assertCarried(replicas)
  })

  test('a leader that is cut from the API server stops to lead before another begins, and both serve on', async (t) => {
    const first = await leader()
    first.proxy.cut()
    const cutMs = performance.now()
    const [leftMs, begunMs] = await Promise.all([
      pollUntil(async () => !(await readLeadership(first.server)).isLeader, 'it counts itself out', TTL_MS + SLACK_MS),
      untilLed(othersOf(first), TTL_MS + SLACK_MS),
    ])
    note(t, 'the one that is cut counts itself out after', leftMs)
    note(t, 'another leads after', begunMs)
    assert.ok(leftMs < begunMs, `${leftMs} and ${begunMs} ms`)
    await create('while-cut')
    await pollUntil(() => hasAddress('while-cut'), 'the address of what was made meanwhile')
    first.proxy.mend()
    // It hears of what it missed.
    await pollUntil(
      async () => (await exchange(first.server, { host: 'while-cut.example' })).status === 200,
      'the new route on the replica that was cut',
    )
    assert.deepEqual(first.proxy.writes(cutMs), [])
    await assertCarried(replicas)
  })

  test('a leader that was paused beyond its time, with writes to do, writes nothing when it goes on', async (t) => {
    const first = await leader()
    // In the middle of its work: when the first of many statuses is written.
    const paused = new Promise<void>((resolve) => {
      first.proxy.onCall = ({ path, method }) => {
        if (method !== 'PATCH' || !path.includes('/status')) return
        first.isCarrying = false
        process.kill(first.server.program.pid, 'SIGSTOP')
        first.proxy.onCall = () => undefined
        resolve()
      }
    })
    const names = Array.from({ length: 60 }, (_, i) => `many-${i}`)
    const backend = { service: { name: 'web', port: { number: 8080 } } }
    await Promise.all(
      names.map((name) =>
        cluster.api.create('/apis/networking.k8s.io/v1/namespaces/default/ingresses', {
          metadata: { name },
          spec: {
            ingressClassName: 'nginx',
            rules: [{ host: `${name}.example`, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
          },
        }),
      ),
    )
    await paused
    const pausedMs = performance.now()
    await untilLed(othersOf(first), TTL_MS + SLACK_MS)
    note(t, 'another leads after', performance.now() - pausedMs)
    // Something to do for whoever still believes to lead.
    await cluster.api.mergePatch('/apis/networking.k8s.io/v1/namespaces/default/ingresses/web/status', {
      status: { loadBalancer: { ingress: null } },
    })
    const resumedMs = performance.now()
    process.kill(first.server.program.pid, 'SIGCONT')
    await pollUntil(async () => !(await readLeadership(first.server)).isLeader, 'it knows that it does not lead')
    first.isCarrying = true
    await pollUntil(haveAddresses, 'the addresses of all')
    await delay(TTL_MS)
    assert.deepEqual(first.proxy.writes(resumedMs), [])
    const leases = first.proxy.calls.filter(({ method, atMs }) => method === 'PUT' && atMs >= resumedMs)
    assert.ok(
      leases.every(({ status }) => status === 409),
      'the Lease of another is not taken',
    )
    await assertCarried(replicas)
  })

  test('SIGTERM hands over within two seconds', async (t) => {
    const first = await leader()
    first.isCarrying = false
    const beganMs = performance.now()
    process.kill(first.server.program.pid, 'SIGTERM')
    await untilLed(othersOf(first), HANDOVER_MS + SLACK_MS).catch((error: unknown) => {
      throw new Error(
        `${String(error)}\n${replicas.map(({ name, server }) => `${name}: ${server.program.output()}`).join('\n')}`,
      )
    })
    note(t, 'another leads after', performance.now() - beganMs)
    replicas = replicas.filter((replica) => replica !== first)
    await create('after-term')
    await pollUntil(() => hasAddress('after-term'), 'the address')
    assert.deepEqual(await first.server.program.exited, { code: 0, signal: null })
    await first.proxy.stop()
    await assertCarried(replicas)
  })

  test('kill -9: another leads when the Lease runs out', async (t) => {
    const first = await leader()
    first.isCarrying = false
    const beganMs = performance.now()
    process.kill(first.server.program.pid, 'SIGKILL')
    await untilLed(othersOf(first), TTL_MS + SLACK_MS).catch((error: unknown) => {
      const told = othersOf(first).map(({ name, server, proxy }) => {
        const calls = proxy.calls.filter(({ path }) => path.includes('/leases')).slice(-20)
        const lines = calls.map(({ method, status, atMs }) => `${Math.round(atMs - beganMs)} ms ${method} ${status}`)
        return [`${name}, calls for the Lease since ${first.name} was killed:`, ...lines, server.program.output()].join(
          '\n',
        )
      })
      throw new Error(`${String(error)}\n${told.join('\n')}`)
    })
    note(t, 'another leads after', performance.now() - beganMs)
    replicas = replicas.filter((replica) => replica !== first)
    await create('after-kill')
    await pollUntil(() => hasAddress('after-kill'), 'the address')
    await first.proxy.stop()
    await assertCarried(replicas)
  })
})
