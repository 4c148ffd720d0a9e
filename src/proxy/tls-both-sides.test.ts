import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { connect, createServer } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { createSelfSigned } from '../base/certificate.ts'
import { startDataPlane } from './data-plane.ts'
import type { RequestRecord } from './request-record.ts'
import { fixtureModel } from './testing/proxy-fixture.ts'

const BODY = randomBytes(3_000_000)

test('HTTP/1.1 over TLS on both sides: keep-alive, forwarding fields, a large body, no SNI upstream', async () => {
  const pair = await createSelfSigned(['shop.example'])
  const names: unknown[] = []
  const heads: string[] = []
  let connections = 0
  const upstream = createServer({ cert: pair.certPem, key: pair.keyPem }, (socket) => {
    connections++
    names.push(socket.servername)
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      heads.push(chunk.toString('latin1'))
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${BODY.length}\r\n\r\n`)
      socket.write(BODY)
    })
  })
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  const records: RequestRecord[] = []
  const plane = await startDataPlane({
    host: '127.0.0.1',
    httpPort: 0,
    httpsPort: 0,
    observer: { observe: (record) => records.push(record) },
  })
  const model = fixtureModel({ upstreams: [(upstream.address() as AddressInfo).port], action: { protocol: 'https' } })
  const origin = { object: 'Secret shop/tls', path: '' }
  plane.apply({
    ...model,
    certificates: { certificates: [{ id: 'c', ...pair, origin }], bySni: [], defaultCertificateId: 'c' },
  })
  const client: TLSSocket = connect({
    host: '127.0.0.1',
    port: plane.httpsPort ?? 0,
    servername: 'shop.example',
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
  })
  try {
    await new Promise((resolve) => client.once('secureConnect', resolve))
    const chunks: AsyncIterator<Buffer> = client[Symbol.asyncIterator]()
    for (let i = 0; i < 2; i++) {
      client.write('GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n')
      const received = await readMessage(chunks)
      assert.ok(received.equals(BODY))
    }
  } finally {
    client.destroy()
    await plane.drain(0)
    upstream.close()
  }
  assert.deepEqual(names, [false])
  assert.equal(connections, 1, 'the upstream connection was kept')
  assert.match(heads[1] ?? '', /\r\nX-Forwarded-Port: 443\r\nX-Forwarded-Proto: https\r\n/)
  assert.match(records[0]?.tlsProtocol ?? '', /^TLSv1\.3$/)
  assert.notEqual(records[0]?.tlsCipher, '')
})

/** Reads one answer with Content-Length. */
async function readMessage(source: AsyncIterator<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  let wanted = Number.POSITIVE_INFINITY
  let bodyAt = 0
  while (size < wanted) {
    const next = await source.next()
    if (next.done === true) break
    const chunk = next.value
    chunks.push(chunk)
    size += chunk.length
    if (bodyAt === 0) {
      const text = Buffer.concat(chunks).toString('latin1')
      bodyAt = text.indexOf('\r\n\r\n') + 4
      wanted = bodyAt + Number(/Content-Length: (\d+)/.exec(text)?.[1])
    }
  }
  return Buffer.concat(chunks).subarray(bodyAt)
}
