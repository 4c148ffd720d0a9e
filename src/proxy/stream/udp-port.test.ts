import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { DEFAULT_SETTINGS } from '../../routing/defaults.ts'
import { DEFAULT_STREAM_SETTINGS } from '../../routing/streams.ts'
import { ProxyProtocolReader } from '../proxy-protocol/proxied-client.ts'
import { TimerWheel } from '../timer-wheel.ts'
import { Cluster } from '../upstream/cluster.ts'
import { UpstreamPool } from '../upstream/upstream-pool.ts'
import type { StreamRecord } from './stream-record.ts'
import { UdpPort } from './udp-port.ts'

const LABELS = { namespace: '', ingress: '', service: '', servicePort: '', path: '', pathType: '', host: '' }

test('beyond the bound the session that was silent longest makes room', async () => {
  const timers = new TimerWheel()
  const cluster = new Cluster('udp:a/b:1', 'udp-a-b-1', new UpstreamPool(DEFAULT_SETTINGS, timers), () => {
    throw new Error('no names here')
  })
  const backend = createSocket('udp4')
  backend.bind(0, '127.0.0.1')
  await once(backend, 'listening')
  cluster.setEndpoints([{ address: '127.0.0.1', port: backend.address().port }])
  const ended: StreamRecord[] = []
  const port = await UdpPort.open(
    {
      protocol: 'udp',
      port: 0,
      backendId: cluster.id,
      decodesProxyProtocol: false,
      encodesProxyProtocol: false,
      labels: LABELS,
      origin: { object: '', path: '' },
    },
    {
      host: '127.0.0.1',
      reusePort: false,
      context: {
        settings: DEFAULT_STREAM_SETTINGS,
        timers,
        observer: { observeStream: (record) => ended.push(record) },
        clusterOf: () => cluster,
      },
      headerReader: () => new ProxyProtocolReader({ headerTimeoutMs: 1, trustedPeers: [] }),
      headerRefused: () => undefined,
      mostSessions: 2,
    },
  )
  const clients = ['a', 'b', 'c'].map(() => createSocket('udp4'))
  const [a, b, c] = clients
  const send = async (client: typeof a, text: string): Promise<void> => {
    const received = once(backend, 'message')
    client?.send(text, port.port, '127.0.0.1')
    await received
  }
  await send(a, 'a')
  await send(b, 'b')
  await send(a, 'again')
  await send(c, 'c')
  assert.deepEqual(
    ended.map(({ remotePort }) => remotePort),
    [b?.address().port],
  )
  assert.equal(port.openCount, 2)
  port.close()
  assert.equal(ended.length, 3)
  for (const client of clients) client.close()
  backend.close()
  cluster.close()
  timers.close()
})
