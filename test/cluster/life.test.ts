/** The life of a replica, from before the API server answers to after SIGTERM, as its clients and probes see it. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { connect, constants } from 'node:http2'
import { connect as connectSocket, createServer } from 'node:net'
import { after, before, suite, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { findFreePort } from '../support/free-port.ts'
import { startProgram } from '../support/program.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { formatEchoApp } from './parts/echo-app.ts'
import { exchange } from './parts/exchange.ts'
import { formatIngress, formatIngressClass } from './parts/manifests.ts'
import { PROGRAM, type ServeProcess, startServe } from './parts/serve-process.ts'
import { startTestCluster, type TestCluster } from './parts/test-cluster.ts'

const PATIENCE_MS = 60_000
const ROUTE = formatIngress('web', { annotations: { 'nginx.ingress.kubernetes.io/ssl-redirect': 'false' } })

suite('the life of a replica', () => {
  let cluster: TestCluster
  before(async () => {
    cluster = await startTestCluster()
    await cluster.apply(formatIngressClass(), ROUTE, formatEchoApp({ name: 'web', replicas: 1 }))
    await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
  })
  after(async () => {
    await cluster?.stop()
  })

  const start = (...flags: readonly string[]): Promise<ServeProcess> =>
    startServe(cluster.kubeconfig, 'genkan-a', ['--disable-leader-election', ...flags])
  const get = async (server: ServeProcess, path = '/'): Promise<number> =>
    (await exchange(server, { host: 'web.example', path })).status

  test('probes are answered before the API server is there, and the replica is ready when it comes', async () => {
    using folder = createTemporaryFolder()
    const apiPort = await findFreePort()
    const kubeconfig = folder.file('kubeconfig')
    writeFileSync(
      kubeconfig,
      readFileSync(cluster.kubeconfig, 'utf8').replace(cluster.url, `https://127.0.0.1:${apiPort}`),
    )
    const adminPort = await findFreePort()
    const flags = ['--disable-leader-election', `--healthz-port=${adminPort}`, '--health-check-path=/alive']
    const starting = startServe(kubeconfig, 'genkan-a', flags)
    await until(async () => (await probe(adminPort, '/livez').catch(() => 0)) === 200)
    assert.deepEqual(
      await Promise.all(['/readyz', '/healthz', '/alive'].map((path) => probe(adminPort, path))),
      [503, 503, 503],
    )
    const target = Number(new URL(cluster.url).port)
    const relay = createServer((client) => {
      const server = connectSocket(target, '127.0.0.1')
      client.on('error', () => server.destroy()).pipe(server)
      server.on('error', () => client.destroy()).pipe(client)
    })
    relay.listen(apiPort, '127.0.0.1')
    const replica = await starting
    assert.deepEqual(
      await Promise.all(['/readyz', '/healthz', '/alive'].map((path) => probe(adminPort, path))),
      [200, 200, 200],
    )
    assert.equal(await get(replica), 200)
    await replica.program.stop()
    relay.close()
  })

  test('a replica that is stopped before there is an API server ends with 0', async () => {
    const program = await startProgram(
      process.execPath,
      [
        PROGRAM,
        'serve',
        `--apiserver-host=http://127.0.0.1:${await findFreePort()}`,
        `--healthz-port=${await findFreePort()}`,
        '--healthz-host=127.0.0.1',
      ],
      { env: { POD_NAME: 'genkan-a', POD_NAMESPACE: 'default' } },
    )
    await program.waitForLine(/ECONNREFUSED/, 60_000)
    await program.stop()
    assert.deepEqual(await program.exited, { code: 0, signal: null })
  })

  test('during the grace period everything is served, and the probe says 500', async () => {
    const server = await start('--shutdown-grace-period=5')
    assert.equal(await probe(server.adminPort, '/healthz'), 200)
    assert.equal(await probe(server.adminPort, '/readyz'), 200)
    const slow = get(server, '/?delay=7000')
    // The request is under way when another one, sent later, is over.
    assert.equal(await get(server), 200)
    process.kill(server.program.pid, 'SIGTERM')
    await server.program.waitForLine(/Shutting down/, 30_000)
    assert.equal(await probe(server.adminPort, '/healthz'), 500)
    assert.equal(await probe(server.adminPort, '/readyz'), 503)
    assert.equal(await probe(server.adminPort, '/livez'), 200)
    assert.equal(await get(server), 200)
    assert.equal(await slow, 200)
    assert.deepEqual(await server.program.exited, { code: 0, signal: null })
  })

  test('a client of HTTP/2 is told to go, and loses nothing', async () => {
    const server = await start()
    const session = connect(`https://127.0.0.1:${server.httpsPort}`, {
      rejectUnauthorized: false,
      servername: 'web.example',
    })
    const goaway = once(session, 'goaway', { signal: AbortSignal.timeout(PATIENCE_MS) })
    const ask = async (path: string): Promise<number> => {
      const stream = session.request({ ':path': path, ':authority': 'web.example' })
      const [headers] = (await once(stream, 'response', { signal: AbortSignal.timeout(PATIENCE_MS) })) as [
        { readonly ':status': number },
      ]
      stream.resume()
      await once(stream, 'close')
      return stream.rstCode === constants.NGHTTP2_NO_ERROR ? headers[':status'] : -stream.rstCode
    }
    const slow = ask('/?delay=1500')
    assert.equal(await ask('/'), 200)
    process.kill(server.program.pid, 'SIGTERM')
    const [code] = (await goaway) as [number]
    assert.equal(code, constants.NGHTTP2_NO_ERROR)
    assert.equal(await slow, 200)
    session.close()
    assert.deepEqual(await server.program.exited, { code: 0, signal: null })
  })

  test('with --logging-format=json every line is an object', async () => {
    const server = await startServe(cluster.kubeconfig, 'genkan-json', ['--logging-format=json', '--election-id=json'])
    await server.program.waitForLine(/This replica leads/, PATIENCE_MS)
    await server.program.stop()
    const lines = server.program
      .output()
      .split('\n')
      .map((line) => JSON.parse(line) as Readonly<Record<string, string>>)
      .filter(({ event }) => event !== 'ready')
    assert.ok(lines.length >= 3, JSON.stringify(lines))
    for (const line of lines) assert.deepEqual(Object.keys(line), ['time', 'level', 'message'])
    assert.deepEqual(
      lines.filter(({ message = '' }) => /leads|Shutting/.test(message)).map(({ level, message }) => [level, message]),
      [
        ['info', 'This replica leads: it writes status and Events'],
        ['info', 'Shutting down: not ready any more'],
        ['info', 'Another replica leads'],
      ],
    )
  })

  test('a stuck control process fails its liveness probe, and traffic flows on', async () => {
    const server = await start()
    process.kill(server.program.pid, 'SIGSTOP')
    try {
      await assert.rejects(probe(server.adminPort, '/livez', 500), /TIMEOUT|timeout|abort/i)
      assert.equal(await get(server), 200)
    } finally {
      process.kill(server.program.pid, 'SIGCONT')
    }
    assert.equal(await probe(server.adminPort, '/livez'), 200)
    await server.program.stop()
  })

  test('a worker that is killed is replaced', async () => {
    const server = await start('--workers=2')
    const [pid] = (await childrenOf(server.program.pid)).slice(0, 1)
    assert.ok(pid !== undefined)
    process.kill(pid, 'SIGKILL')
    await server.program.waitForLine(/Worker \d+ ended/, 60_000)
    await until(async () => (await childrenOf(server.program.pid)).length === 2)
    assert.equal(await get(server), 200)
    await server.program.stop()
  })
})

async function until(holds: () => Promise<boolean>): Promise<void> {
  const endsAtMs = performance.now() + 60_000
  while (!(await holds())) {
    assert.ok(performance.now() < endsAtMs, 'it did not come to be in 60 s')
    await delay(50)
  }
}

/** Status of an answer of the admin server. */
function probe(port: number, path: string, timeoutMs = 30_000): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, agent: false, signal: AbortSignal.timeout(timeoutMs) }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
      .on('error', reject)
      .end()
  })
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text
    .split(' ')
    .filter((word) => word.trim() !== '')
    .map(Number)
}
