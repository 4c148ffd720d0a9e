/** What clients with connections that stay see of a replica's end. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { connect, constants } from 'node:http2'
import type { Socket } from 'node:net'
import { after, before, suite, test } from 'node:test'
import { WebSocket } from 'ws'
import { formatEchoApp } from './parts/echo-app.ts'
import { exchange } from './parts/exchange.ts'
import { formatIngress, formatIngressClass } from './parts/manifests.ts'
import { type ServeProcess, startServe } from './parts/serve-process.ts'
import { startTestCluster, type TestCluster } from './parts/test-cluster.ts'

const PATIENCE_MS = 60_000
const DRAIN_SECONDS = 4
const HOST = 'web.example'
const SETTINGS = `
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: default }
data: { worker-shutdown-timeout: "${DRAIN_SECONDS}s", ssl-redirect: "false" }
`

interface Told {
  readonly status: number
  readonly connection: string
  readonly socket: Socket
}

suite('clients of a replica that ends', () => {
  let cluster: TestCluster
  before(async () => {
    cluster = await startTestCluster()
    await cluster.apply(
      formatIngressClass(),
      SETTINGS,
      formatIngress('web', { host: HOST }),
      formatEchoApp({ name: 'web' }),
    )
    await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
  })
  after(() => cluster?.stop())

  const start = (graceSeconds: number): Promise<ServeProcess> =>
    startServe(cluster.kubeconfig, 'genkan-a', [
      '--disable-leader-election',
      '--configmap=default/settings',
      `--shutdown-grace-period=${graceSeconds}`,
    ])
  const next = async (emitter: NodeJS.EventEmitter, event: string): Promise<unknown> =>
    ((await once(emitter, event, { signal: AbortSignal.timeout(PATIENCE_MS) })) as readonly unknown[])[0]
  const terminate = async ({ program }: ServeProcess): Promise<void> => {
    process.kill(program.pid, 'SIGTERM')
    await program.waitForLine(/Shutting down/, PATIENCE_MS)
  }

  test('a WebSocket goes on through the grace period, and after it until worker-shutdown-timeout is over', async (t) => {
    const server = await start(3)
    const socket = new WebSocket(`ws://127.0.0.1:${server.httpPort}/chat`, { headers: { host: HOST } })
    await next(socket, 'open')
    const echo = async (text: string): Promise<string> => {
      const answer = next(socket, 'message')
      socket.send(text)
      return String(await answer)
    }
    const session = connect(`https://127.0.0.1:${server.httpsPort}`, { rejectUnauthorized: false, servername: HOST })
    await next(session, 'remoteSettings')
    const goaway = next(session, 'goaway')
    const closed = next(socket, 'close')
    assert.equal(await echo('before'), 'before')
    await terminate(server)
    assert.equal(await echo('in the grace period'), 'in the grace period')
    assert.equal((await exchange(server, { host: HOST })).status, 200)

    assert.equal(await goaway, constants.NGHTTP2_NO_ERROR)
    const drainedMs = performance.now()
    assert.equal(await echo('after it'), 'after it')
    await assert.rejects(exchange(server, { host: HOST }), /ECONNREFUSED|ECONNRESET|socket hang up/)
    await closed
    const tookMs = performance.now() - drainedMs
    t.diagnostic(`cut ${Math.round(tookMs)} ms after the drain began`)
    assert.ok(tookMs > DRAIN_SECONDS * 500, 'it was cut too early')
    assert.deepEqual(await server.program.exited, { code: 0, signal: null })
    session.destroy()
  })

  test('a WebSocket that ends by itself lets the replica end at once', async () => {
    const server = await start(0)
    const socket = new WebSocket(`ws://127.0.0.1:${server.httpPort}/chat`, { headers: { host: HOST } })
    await next(socket, 'open')
    await terminate(server)
    const closed = next(socket, 'close')
    socket.close(1000)
    assert.equal(await closed, 1000)
    assert.deepEqual(await server.program.exited, { code: 0, signal: null })
  })

  test('a client of HTTP/1.1 keeps its connection in the grace period, and is told to close it by its next answer', async () => {
    const server = await start(3)
    const busy = new Agent({ keepAlive: true, maxSockets: 1 })
    const idle = new Agent({ keepAlive: true, maxSockets: 1 })
    const ask = async (agent: Agent, path: string): Promise<Told> => {
      const options = { host: '127.0.0.1', port: server.httpPort, path, agent, headers: { host: HOST } }
      const sent = request({ ...options, signal: AbortSignal.timeout(PATIENCE_MS) }).end()
      const socket = (await next(sent, 'socket')) as Socket
      const answer = (await next(sent, 'response')) as IncomingMessage
      const ended = next(answer, 'end')
      answer.resume()
      await ended
      return { status: answer.statusCode ?? 0, connection: answer.headers.connection ?? '', socket }
    }
    assert.equal((await ask(busy, '/')).connection, '')
    const { socket: idleSocket } = await ask(idle, '/')
    const idleClosed = next(idleSocket, 'close')
    await terminate(server)
    const before = await ask(busy, '/')
    assert.equal(before.connection, '')
    const slow = await ask(busy, '/?delay=5000')
    assert.equal(slow.status, 200)
    assert.equal(slow.connection, 'close')
    assert.equal(slow.socket, before.socket)
    await idleClosed
    assert.deepEqual(await server.program.exited, { code: 0, signal: null })
    busy.destroy()
    idle.destroy()
  })
})
