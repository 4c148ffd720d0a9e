/** The conformance suite of HTTP/2 and HPACK against the real data plane, over TLS and with prior knowledge. */
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createAuthority, createSignedBy } from '../../src/base/certificate.ts'
import { type DataPlane, startDataPlane } from '../../src/proxy/data-plane.ts'
import { fixtureModel } from '../../src/proxy/testing/proxy-fixture.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

/** The suite has no fewer; a run that tests less has not passed. */
const LEAST_CASES = 145
const LONGEST_RUN_MS = 120_000

interface Deviation {
  readonly case: string
  readonly reason: string
}

const ON_THE_PLAIN_PORT: readonly Deviation[] = [
  {
    case: 'Sends invalid connection preface',
    reason:
      'bytes that are not the preface are HTTP/1.1 on a port that speaks both: they are answered 400 in HTTP/1.1 before the connection closes',
  },
]

suite('h2spec', () => {
  const folder = createTemporaryFolder()
  let program: string
  let upstream: Server
  let plane: DataPlane
  before(async () => {
    const script = fileURLToPath(new URL('../../scripts/install-h2spec.sh', import.meta.url))
    program = execFileSync('bash', [script], { encoding: 'utf8' }).trim()
    upstream = createServer((request, response) => {
      // Not before the request is complete: an answer that overtakes the client's mistake is no mistake.
      request.on('error', () => undefined).resume()
      request.on('end', () => response.end('x'.repeat(1024)))
    })
    upstream.listen(0, '127.0.0.1')
    await once(upstream, 'listening')
    plane = await startDataPlane({
      host: '127.0.0.1',
      httpPort: 0,
      httpsPort: 0,
      observer: { observe: () => undefined },
    })
    const pair = await createSignedBy(await createAuthority('Test authority'), ['127.0.0.1'])
    plane.apply({
      ...fixtureModel({ upstreams: [(upstream.address() as AddressInfo).port] }),
      certificates: {
        certificates: [{ id: 'a', ...pair, origin: { object: 'Secret default/a', path: '' } }],
        bySni: [],
        defaultCertificateId: 'a',
      },
    })
  })
  after(async () => {
    await plane.drain(0)
    upstream.close()
    upstream.closeAllConnections()
    folder[Symbol.dispose]()
  })

  async function failedCases(port: number, extra: readonly string[]): Promise<string[]> {
    const report = folder.file(`${port}.xml`)
    const args = ['-h', '127.0.0.1', '-p', String(port), '-o', '5', '-j', report, ...extra]
    // It exits with 1 when a case fails: the report says which.
    const output = await new Promise<string>((resolve) => {
      execFile(program, args, { timeout: LONGEST_RUN_MS, maxBuffer: 8 << 20 }, (_error, stdout, stderr) => {
        resolve(stdout + stderr)
      })
    })
    const cases = readFileSync(report, 'utf8').split('<testcase ').slice(1)
    assert.ok(cases.length >= LEAST_CASES, `Only ${cases.length} cases ran:\n${output}`)
    return cases
      .filter((text) => /<(failure|error|skipped)\b/.test(text))
      .map((text) => /classname="([^"]*)"/.exec(text)?.[1] ?? text)
  }

  test('all cases pass over TLS', async () => {
    assert.deepEqual(await failedCases(plane.httpsPort ?? 0, ['-t', '-k']), [])
  })

  test('all cases pass with prior knowledge, but for the deviations listed', async () => {
    assert.deepEqual(
      await failedCases(plane.httpPort, []),
      ON_THE_PLAIN_PORT.map((deviation) => deviation.case),
    )
  })
})
