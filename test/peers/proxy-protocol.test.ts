/** PROXY protocol headers of real HAProxy read by us, and ours read by it. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { after, before, suite, test } from 'node:test'
import { type DataPlane, startDataPlane } from '../../src/proxy/data-plane.ts'
import type { ProxiedAddresses } from '../../src/proxy/proxy-protocol/header-reading.ts'
import { writeBinaryHeader, writeTextHeader } from '../../src/proxy/proxy-protocol/write-header.ts'
import type { RequestRecord } from '../../src/proxy/request-record.ts'
import { fixtureModel } from '../../src/proxy/testing/proxy-fixture.ts'
import { findFreePort } from '../support/free-port.ts'
import { findProgram, type Program, startProgram } from '../support/program.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const REQUEST = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
const SAMPLES: readonly ProxiedAddresses[] = [
  { sourceAddress: '192.0.2.7', sourcePort: 4711, destinationAddress: '198.51.100.1', destinationPort: 443 },
  { sourceAddress: '2001:db8::7', sourcePort: 1, destinationAddress: '2001:db8:0:1::', destinationPort: 65_535 },
]

suite('PROXY protocol beside HAProxy', () => {
  const folder = createTemporaryFolder()
  const records: RequestRecord[] = []
  let plane: DataPlane
  let haproxy: Program
  let ports: readonly [v1: number, v2: number, accept: number]

  before(async () => {
    const program = findProgram('haproxy')
    if (program === null) throw new Error('Cannot find haproxy: not on PATH; install it with apt-get install haproxy')
    ports = [await findFreePort(), await findFreePort(), await findFreePort()]
    plane = await startDataPlane({
      host: '127.0.0.1',
      httpPort: 0,
      httpsPort: null,
      observer: { observe: (record) => records.push(record) },
    })
    const model = fixtureModel({ upstreams: [ports[2]] })
    const [route] = model.routes.hosts[0]?.routes ?? []
    assert.ok(route !== undefined)
    plane.apply({
      ...model,
      settings: { ...model.settings, proxyProtocol: { headerTimeoutMs: 5000, trustedPeers: ['127.0.0.0/8'] } },
      streams: [
        {
          protocol: 'tcp',
          port: 0,
          backendId: 'shop/web:80',
          decodesProxyProtocol: true,
          encodesProxyProtocol: true,
          labels: route.labels,
          origin: route.origin,
        },
      ],
    })
    await plane.streamsSettled()
    const file = folder.file('haproxy.cfg')
    writeFileSync(file, configuration(ports, plane.httpPort))
    haproxy = await startProgram(program, ['-db', '-f', file])
    for (const port of ports) await whenOpen(port)
  })
  after(async () => {
    await haproxy.stop()
    await plane.drain(0)
    folder[Symbol.dispose]()
  })

  for (const [index, version] of [
    [0, '1'],
    [1, '2 with extension fields'],
  ] as const) {
    test(`its header of version ${version} names its client`, async () => {
      const client = connect(ports[index], '127.0.0.1')
      await once(client, 'connect')
      const { localPort } = client
      client.write(REQUEST)
      await readAll(client)
      const record = records.at(-1)
      assert.deepEqual(
        [record?.remoteAddress, record?.remotePort, record?.proxyProtocolPort],
        ['127.0.0.1', localPort, localPort],
      )
    })
  }

  test('it reads our headers of both versions as we mean them', async () => {
    for (const sample of SAMPLES) {
      const { sourceAddress, sourcePort, destinationAddress, destinationPort } = sample
      for (const header of [writeTextHeader(sample), writeBinaryHeader(sample)]) {
        const client = connect(ports[2], '127.0.0.1')
        client.write(header)
        client.write(REQUEST)
        assert.match(
          await readAll(client),
          new RegExp(`\r\n\r\n${sourceAddress} ${sourcePort} ${destinationAddress} ${destinationPort}$`),
        )
      }
    }
  })

  test('a TCP service hands the client of its header on to it', async () => {
    const [sample] = SAMPLES
    assert.ok(sample !== undefined)
    const client = connect(plane.streamPorts()[0]?.port ?? 0, '127.0.0.1')
    client.write(Buffer.concat([writeBinaryHeader(sample), Buffer.from(REQUEST)]))
    assert.match(await readAll(client), /\r\n\r\n192\.0\.2\.7 4711 198\.51\.100\.1 443$/)
  })
})

function configuration([v1, v2, accept]: readonly number[], port: number): string {
  return `
global
  maxconn 100
defaults
  timeout connect 5s
  timeout client 5s
  timeout server 5s
listen v1
  mode tcp
  bind 127.0.0.1:${v1}
  server proxy 127.0.0.1:${port} send-proxy
listen v2
  mode tcp
  bind 127.0.0.1:${v2}
  server proxy 127.0.0.1:${port} send-proxy-v2 proxy-v2-options ssl,crc32c,unique-id
  unique-id-format %ci:%cp
frontend accept
  mode http
  bind 127.0.0.1:${accept} accept-proxy
  http-request return status 200 content-type text/plain lf-string "%[src] %[src_port] %[dst] %[dst_port]"
`
}

async function whenOpen(port: number): Promise<void> {
  const endsAtMs = performance.now() + 5000
  while (performance.now() < endsAtMs) {
    const socket = connect(port, '127.0.0.1')
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isOpen) return
  }
  throw new Error(`Cannot reach HAProxy on port ${port}: nobody listens there`)
}

async function readAll(socket: Socket): Promise<string> {
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  return text
}
