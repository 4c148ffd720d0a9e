import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { suite, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { DEFAULT_SETTINGS, NOT_FOUND_NGINX } from '../../routing/defaults.ts'
import type { RoutingModel } from '../../routing/model.ts'
import { openListeningSockets } from './listening-sockets.ts'
import { startWorkerPool, type WorkerPool } from './worker-pool.ts'

const CLIENTS = 16
const RUNS = 20
/** 60 % of 16. */
const MOST = 9
const EMPTY: RoutingModel = {
  routes: { hosts: [], fallback: { notFound: NOT_FOUND_NGINX } },
  backends: [],
  certificates: { certificates: [], bySni: [], defaultCertificateId: '' },
  settings: DEFAULT_SETTINGS,
}
/** By then every worker has heard what the others told the control process. */
const HEARD_MS = 50
const PLACE = { host: '127.0.0.1', httpPort: 0, httpsPort: 0 }

async function startPool(): Promise<WorkerPool> {
  const sockets = await openListeningSockets(PLACE, 2)
  const onProblem = (message: string): never => assert.fail(message)
  return startWorkerPool({ ...PLACE, accessLog: 'off', workers: 2, sockets, model: EMPTY, onProblem })
}

/** Resolves when the workers say that they hold so many connections. */
async function settled(pool: WorkerPool, count: number): Promise<readonly number[]> {
  for (let tries = 0; tries < 500; tries++) {
    const held = pool.connectionsByWorker()
    if (held.reduce((sum, one) => sum + one, 0) === count) return held
    await wait(10)
  }
  throw new Error(`Workers hold ${pool.connectionsByWorker().join(' and ')} connections, not ${count}`)
}

async function ask(client: Socket): Promise<string> {
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  const [answer] = (await once(client, 'data')) as [Buffer]
  return answer.toString('latin1').slice(0, 12)
}

suite('connections that stay are spread over workers', { concurrency: false }, () => {
  for (const [name, opensAtOnce] of [
    ['16 clients that connect at once', true],
    ['16 clients that connect one after the other', false],
  ] as const) {
    test(`${name}: in ${RUNS} runs no worker of two holds more than ${MOST}, and all are answered`, async (context) => {
      const pool = await startPool()
      context.after(() => pool.drain(0))
      const most: number[] = []
      for (let run = 0; run < RUNS; run++) {
        const clients: Socket[] = []
        for (let i = 0; i < CLIENTS; i++) {
          const client = connect(pool.httpPort, '127.0.0.1')
          clients.push(client)
          if (!opensAtOnce) assert.equal(await ask(client), 'HTTP/1.1 404')
        }
        if (opensAtOnce) assert.deepEqual(new Set(await Promise.all(clients.map(ask))), new Set(['HTTP/1.1 404']))
        most.push(Math.max(...(await settled(pool, CLIENTS))))
        // Passed on or not, a connection serves on.
        assert.deepEqual(new Set(await Promise.all(clients.map(ask))), new Set(['HTTP/1.1 404']))
        for (const client of clients) client.destroy()
        await settled(pool, 0)
        await wait(HEARD_MS)
      }
      assert.ok(Math.max(...most) <= MOST, most.join(' '))
    })
  }
})
