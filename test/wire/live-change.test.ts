/** Files change under load: every change is live at once, no request fails and no connection is cut. */
import assert from 'node:assert/strict'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { createSelfSigned } from '../../src/base/certificate.ts'
import { type RunningGenkan, startGenkan } from '../support/genkan.ts'
import { type SteadyLoad, startSteadyLoad } from '../support/steady-load.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { buildManifests, tlsSecret } from './case-manifests.ts'
import { sendRequest } from './send-request.ts'
import type { WireRequest } from './wire-case.ts'

const CONNECTIONS = 4
/** From the end of a write to the first answer that shows it: 200 ms are promised, five times that on a machine that is busy. */
const LIVE_MS = 1000
/** A single slow one is the machine's affair, not a rule. */
const PATIENCE_MS = 30_000
const ROUNDS = 5
const LEAST_REQUESTS = 3000
/** Enough answers for every pod to be among them, taken in turn. */
const RECENT = 40

suite('changes of files under load', { concurrency: false }, () => {
  const folder = createTemporaryFolder()
  const manifests = folder.file('manifests')
  let genkan: RunningGenkan
  let load: SteadyLoad
  /** Who answered the last requests of the load. */
  const pods: string[] = []

  const write = (name: string, text: string): void => writeFileSync(join(manifests, name), text)
  /** As editors do it: a new file takes the place of the old one. */
  const replace = (name: string, text: string): void => {
    writeFileSync(folder.file(name), text)
    renameSync(folder.file(name), join(manifests, name))
  }
  const ask = async (request: Partial<WireRequest>) => {
    const [answer] = await sendRequest(
      { name: '', host: 'live.example', path: '/', expect: { status: 200 }, ...request },
      genkan,
    )
    assert.ok(answer !== undefined)
    return answer
  }

  before(async () => {
    mkdirSync(manifests)
    write('settings.yaml', SETTINGS)
    write('web.yaml', await web(2))
    write('ingress.yaml', ingress('live', ['live.example']))
    write('tls.yaml', tlsSecret('live/cert', await createSelfSigned(['live.example', 'first.example'])))
    genkan = await startGenkan([manifests, '--access-log=off', '--config-map=live/settings'])
    load = startSteadyLoad(genkan.httpPort, 'live.example', '/', CONNECTIONS, (body) => {
      pods.push((JSON.parse(body) as { pod: string }).pod)
      if (pods.length > RECENT) pods.shift()
    })
    await load.afterMore(200)
  })
  after(async () => {
    await load.stop()
    await genkan.stop()
    folder[Symbol.dispose]()
  })

  test('an added host answers', async () => {
    const times: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const host = `added-${round}.example`
      assert.equal((await ask({ host })).status, 404)
      const text = ingress(
        'added',
        Array.from({ length: round + 1 }, (_, index) => `added-${index}.example`),
      )
      if (round % 2 === 0) write('added.yaml', text)
      else replace('added.yaml', text)
      times.push(await until(async () => (await ask({ host })).status === 200))
    }
    assertLive(times)
  })

  test('more and fewer replicas take traffic', async () => {
    const times: number[] = []
    for (const replicas of [5, 1, 3]) {
      replace('web.yaml', await web(replicas))
      times.push(
        await until(async () => {
          await load.afterMore(10)
          return new Set(pods).size === replicas
        }),
      )
    }
    assertLive(times)
  })

  test('a renewed certificate is presented', async () => {
    const times: number[] = []
    for (let round = 0; round < 3; round++) {
      const before = (await ask({ scheme: 'https' })).certificate
      replace('tls.yaml', tlsSecret('live/cert', await createSelfSigned(['live.example', `round-${round}.example`])))
      times.push(await until(async () => !(await ask({ scheme: 'https' })).certificate.equals(before)))
    }
    assertLive(times)
  })

  test('a file that no longer parses keeps its last good objects until it is mended', async () => {
    const hasSyntaxFinding = async (): Promise<boolean> => {
      const response = await fetch(`http://127.0.0.1:${genkan.adminPort}/api/v1/findings`)
      return (await response.text()).includes('YAML_SYNTAX')
    }
    write('ingress.yaml', 'apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: live\n  namespace: [live')
    const broken = await until(hasSyntaxFinding)
    assert.equal((await ask({})).status, 200)
    await load.afterMore(200)
    write('ingress.yaml', ingress('live', ['live.example', 'mended.example']))
    const mended = await until(async () => (await ask({ host: 'mended.example' })).status === 200)
    const cleared = await until(async () => !(await hasSyntaxFinding()))
    assertLive([broken, mended, cleared])
  })

  test('no request failed and no connection was cut meanwhile', async () => {
    await load.afterMore(Math.max(500, LEAST_REQUESTS - load.answered))
    const report = await load.stop()
    assert.deepEqual(report.failures.slice(0, 5), [])
    assert.equal(report.connections, CONNECTIONS)
    assert.ok(report.answered >= LEAST_REQUESTS, `only ${report.answered} requests were made`)
  })
})

/** Milliseconds until the condition holds, asking again as soon as it was answered. */
async function until(holds: () => Promise<boolean>): Promise<number> {
  const startMs = performance.now()
  while (!(await holds())) {
    assert.ok(performance.now() - startMs < PATIENCE_MS, `the change was not live after ${PATIENCE_MS} ms`)
  }
  return performance.now() - startMs
}

function assertLive(times: readonly number[]): void {
  const middle = times.toSorted((a, b) => a - b)[times.length >> 1] ?? Infinity
  const list = times.map((ms) => ms.toFixed(0)).join(', ')
  assert.ok(middle < LIVE_MS, `changes were live after ${list} ms; half of them must take less than ${LIVE_MS} ms`)
}

/** Keep-alive without a limit, so that a new connection means one was cut. */
const SETTINGS = `apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: live }
data: { keep-alive-requests: "100000000", ssl-redirect: "false" }
`

function web(replicas: number): Promise<string> {
  return buildManifests({ name: '', requests: [], pods: { 'live/web': replicas } })
}

function ingress(name: string, hosts: readonly string[]): string {
  const rules = hosts.map(
    (host) =>
      `    - { host: ${host}, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] } }`,
  )
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: ${name}, namespace: live }
spec:
  ingressClassName: nginx
  tls: [{ hosts: [${hosts.join(', ')}], secretName: cert }]
  rules:
${rules.join('\n')}
`
}
