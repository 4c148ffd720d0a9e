/** A new version of the program takes over, many times under load: no request fails, no connection is refused. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { startQuietDev } from '../support/dev-server.ts'
import { type RunningGenkan, startGenkan } from '../support/genkan.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { type Client, Score, startHttp2Client, startKeptClient, startShortClient } from './clients.ts'
import { startUpstream } from './upstreams.ts'

const RESTARTS = 5
const PATIENCE_MS = 60_000
const INGRESS = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, namespace: shop, annotations: { nginx.ingress.kubernetes.io/ssl-redirect: "false" } }
spec:
  tls: [{ hosts: [web.example] }]
  rules:
    - host: web.example
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] }
`

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** The process that took over last, when so many have served before it. */
async function successorOf(genkan: RunningGenkan, count: number): Promise<number> {
  const untilMs = performance.now() + PATIENCE_MS
  for (;;) {
    // All versions write where the first one did.
    const output = genkan.program.output()
    const found = [...output.matchAll(/^Process (\d+) serves/gm)][count - 1]
    if (found !== undefined) return Number(found[1])
    assert.ok(performance.now() < untilMs && !output.includes('Cannot hand over'), output)
    await wait(20)
  }
}

async function gone(pid: number): Promise<void> {
  const untilMs = performance.now() + PATIENCE_MS
  while (isAlive(pid)) {
    assert.ok(performance.now() < untilMs, `process ${pid} still runs`)
    await wait(20)
  }
}

suite('a new version takes over the ports', { concurrency: false }, () => {
  for (const workers of [1, 2]) {
    test(`${RESTARTS} times in a row with --workers ${workers}, without a failed request`, async () => {
      using folder = createTemporaryFolder()
      writeFileSync(folder.file('ingress.yaml'), INGRESS)
      const upstream = await startUpstream('web')
      const genkan = await startGenkan([
        folder.path,
        `--workers=${workers}`,
        '--access-log=off',
        `--backend=shop/web=127.0.0.1:${upstream.port}`,
      ])
      const pids = [genkan.pid]
      const score = new Score()
      const target = { ...genkan, host: 'web.example' }
      const clients: readonly Client[] = [
        ...Array.from({ length: 4 }, () => startShortClient(target, score)),
        ...Array.from({ length: 4 }, () => startKeptClient(target, score)),
        startHttp2Client(target, score),
      ]
      try {
        for (let restart = 0; restart < RESTARTS; restart++) {
          const running = pids.at(-1) ?? 0
          process.kill(running, 'SIGUSR2')
          pids.push(await successorOf(genkan, pids.length))
          // Its clients go to the new one with their next request.
          await gone(running)
        }
        await Promise.all(clients.map((client) => client.stop()))
        assert.deepEqual(score.failures, [])
        assert.ok(score.answered > RESTARTS * 50, `only ${score.answered} requests were answered`)
        const response = await fetch(`http://127.0.0.1:${genkan.adminPort}/readyz`)
        assert.equal(response.status, 200, 'the admin port went along')
      } finally {
        await Promise.all(clients.map((client) => client.stop()))
        for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGTERM')
        for (const pid of pids) await gone(pid)
        upstream.close()
      }
    })
  }

  test('an accidental second program on the same port is told that it is in use', async () => {
    using folder = createTemporaryFolder()
    writeFileSync(folder.file('ingress.yaml'), INGRESS)
    const first = await startGenkan([folder.path, '--workers=2', '--access-log=off'])
    try {
      const options = { httpPort: first.httpPort, workers: 2, simulates: false }
      await assert.rejects(
        startQuietDev(folder.path, () => undefined, options),
        (error: NodeJS.ErrnoException) => error.code === 'EADDRINUSE' && /--http-port/.test(error.message),
      )
    } finally {
      await first.stop()
    }
  })
})
