import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { connect } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { createAuthority, createSignedBy } from '../../base/certificate.ts'
import { type DataPlane, startDataPlane } from '../data-plane.ts'
import type { RequestRecord } from '../request-record.ts'
import { ask } from '../testing/http2-front.ts'
import { fixtureModel } from '../testing/proxy-fixture.ts'

const authority = await createAuthority('Test authority')
const pair = await createSignedBy(authority, ['127.0.0.1'])

interface Plane {
  readonly plane: DataPlane
  readonly records: RequestRecord[]
}

async function start(test: TestContext): Promise<Plane> {
  const upstream = createServer((request, response) => {
    const { headers } = request
    response.end([headers['x-forwarded-proto'], headers['x-forwarded-port']].join(' '))
  })
  upstream.listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  const records: RequestRecord[] = []
  const plane = await startDataPlane({
    host: '127.0.0.1',
    httpPort: 0,
    httpsPort: 0,
    observer: { observe: (record) => records.push(record) },
  })
  plane.apply({
    ...fixtureModel({ upstreams: [(upstream.address() as AddressInfo).port] }),
    certificates: {
      certificates: [{ id: 'a', ...pair, origin: { object: 'Secret default/a', path: '' } }],
      bySni: [],
      defaultCertificateId: 'a',
    },
  })
  test.after(async () => {
    await plane.drain(0)
    upstream.close()
    upstream.closeAllConnections()
  })
  return { plane, records }
}

test('HTTP/2 is spoken over TLS by ALPN, and the record knows the cipher', async (t) => {
  const { plane, records } = await start(t)
  const session = connect(`https://127.0.0.1:${plane.httpsPort}`, { ca: authority.certPem })
  const answer = await ask(session, { ':path': '/' })
  session.destroy()
  assert.deepEqual([answer.status, answer.body], [200, 'https 443'])
  assert.equal(records[0]?.protocol, 'HTTP/2.0')
  assert.equal(records[0].tlsProtocol, 'TLSv1.3')
  assert.match(records[0].tlsCipher, /^TLS_AES/)
})

test('HTTP/2 is spoken with prior knowledge on the plain port', async (t) => {
  const { plane } = await start(t)
  const session = connect(`http://127.0.0.1:${plane.httpPort}`)
  const answers = await Promise.all([1, 2, 3].map(() => ask(session, { ':path': '/' })))
  session.destroy()
  assert.deepEqual(new Set(answers.map((answer) => answer.body)), new Set([`http ${plane.httpPort}`]))
})

test('draining the data plane waits for HTTP/2 requests and closes idle HTTP/2 connections', async (t) => {
  const { plane } = await start(t)
  const idle = connect(`http://127.0.0.1:${plane.httpPort}`)
  await ask(idle, { ':path': '/' })
  const busy = connect(`https://127.0.0.1:${plane.httpsPort}`, { ca: authority.certPem })
  const upload = busy.request({ ':method': 'POST', ':path': '/' })
  upload.write('begin')
  const answered = once(upload, 'response')
  await answered
  assert.equal(plane.connectionCounts().open, 2)
  const drained = plane.drain(5000)
  upload.resume().end()
  await drained
  assert.equal(plane.connectionCounts().open, 0)
})
