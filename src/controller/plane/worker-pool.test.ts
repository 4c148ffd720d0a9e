import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { DEFAULT_METRICS } from '../../proxy/metrics/metrics-options.ts'
import { DEFAULT_SETTINGS, NOT_FOUND_NGINX } from '../../routing/defaults.ts'
import type { RoutingModel } from '../../routing/model.ts'
import { forwardRoute, hostWith } from '../../routing/testing/forward-route.ts'
import { startPlane } from './start-plane.ts'
import { startWorkerPool, type WorkerPoolOptions } from './worker-pool.ts'
import { openListeningSockets } from './listening-sockets.ts'

/** One host `pool.test` that leads to a port. */
function modelFor(port: number): RoutingModel {
  return {
    routes: { hosts: [hostWith('pool.test', forwardRoute())], fallback: { notFound: NOT_FOUND_NGINX } },
    backends: [
      {
        id: 'shop/web:80',
        upstreamName: 'shop-web-80',
        target: { kind: 'endpoints', endpoints: [{ address: '127.0.0.1', port, pod: '' }] },
      },
    ],
    certificates: { certificates: [], bySni: [], defaultCertificateId: '' },
    settings: DEFAULT_SETTINGS,
  }
}

const startPool = async (more: Pick<WorkerPoolOptions, 'onProblem'> & Partial<WorkerPoolOptions>) =>
  startWorkerPool({ ...options, sockets: await openListeningSockets(options, 2), ...more })

const options = { host: '127.0.0.1', httpPort: 0, httpsPort: 0, accessLog: 'off', workers: 2 }

test('workers share a port, a dead one is replaced with the same model, counters do not go back', async (context) => {
  const upstream = createServer((_request, response) => response.end('from upstream'))
  upstream.listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  context.after(() => upstream.close())
  const problems: string[] = []
  let told: (() => void) | null = null
  const pool = await startPool({
    onProblem: (message) => {
      problems.push(message)
      told?.()
    },
  })
  context.after(() => pool.drain(1000))
  await pool.apply(modelFor((upstream.address() as AddressInfo).port))

  const ask = async (): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${pool.httpPort}/`, { headers: { connection: 'close' } })
    return `${response.status} ${await response.text()}`
  }
  // fetch cannot set Host: the catch-all answers tell an applied model from none just as well by status.
  assert.equal(await ask(), '404 default backend - 404')

  const [victim] = pool.pids()
  assert.ok(victim)
  const ended = new Promise<void>((resolve) => {
    told = resolve
  })
  process.kill(victim, 'SIGKILL')
  await ended
  assert.match(problems[0] ?? '', /^Worker \d+ ended; another is started in 100 ms$/)
  for (let i = 0; i < 20; i++) assert.equal(await ask(), '404 default backend - 404')
})

test('a port in use is told with its code', async (context) => {
  const other = createServer()
  other.listen(0, '127.0.0.1')
  await once(other, 'listening')
  context.after(() => other.close())
  const { port } = other.address() as AddressInfo
  await assert.rejects(
    startPlane({ ...options, httpPort: port, model: modelFor(port), onProblem: () => undefined }),
    (error: NodeJS.ErrnoException) => error.code === 'EADDRINUSE' && /--http-port/.test(error.message),
  )
})

test('a worker that is stuck is ended and replaced', async (context) => {
  const problems: string[] = []
  const replaced = Promise.withResolvers<void>()
  const pool = await startPool({
    wedgedMs: 4000,
    onProblem: (message) => {
      problems.push(message)
      if (message.includes('another is started')) replaced.resolve()
    },
  })
  context.after(() => pool.drain(1000))
  const [victim] = pool.pids()
  assert.ok(victim)
  // A stopped process is what a blocked event loop looks like from outside.
  process.kill(victim, 'SIGSTOP')
  await replaced.promise
  assert.match(problems[0] ?? '', new RegExp(`^Worker ${victim} has been stuck for \\d+ ms; it is ended$`))
  assert.ok(!pool.pids().includes(victim))
})

test('workers count requests as they are asked to', async () => {
  const metrics = { ...DEFAULT_METRICS, countsUndefinedHosts: true, reportsStatusClasses: true }
  const pool = await startPool({ onProblem: () => undefined, metrics })
  const response = await fetch(`http://127.0.0.1:${pool.httpPort}/`, { headers: { connection: 'close' } })
  await response.text()
  await pool.drain(1000)
  const labels = pool.requestMetrics().flatMap(({ series }) => series.map((entry) => entry.labels))
  assert.match(labels.join(' '), /status="4xx"/)
})
