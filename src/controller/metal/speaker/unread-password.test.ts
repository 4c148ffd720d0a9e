import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import type { Finding } from '../../../base/finding.ts'
import { Secret } from '../../../base/secret.ts'
import { DEFAULT_ELECTION } from '../../../metal/election/election-model.ts'
import { DEFAULT_TIMING } from '../../../metal/heartbeat/heartbeat-model.ts'
import { startClusterSpeaker } from './speaker-cluster.ts'
import { ObjectServer } from '../testing/object-server.ts'

const METAL = '/apis/metallb.io/v1beta1/namespaces/metal'
const PEER = '/apis/metallb.io/v1beta2/namespaces/metal/bgppeers/tor'
const SECRET = '/api/v1/namespaces/metal/secrets/tor'

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  await once(socket, 'close')
  return port
}

test('a password that can be listed and not read keeps back its peer alone', { timeout: 120_000 }, async (context) => {
  const server = await ObjectServer.start()
  server.put('/api/v1/nodes/a', { status: { addresses: [{ type: 'InternalIP', address: '127.0.0.1' }] } })
  server.put(`${METAL}/ipaddresspools/lab`, {
    metadata: { namespace: 'metal' },
    spec: { addresses: ['192.0.2.10-192.0.2.99'] },
  })
  // On no interface: nothing of this goes to a network.
  server.put(`${METAL}/l2advertisements/lab`, { metadata: { namespace: 'metal' }, spec: { interfaces: ['none0'] } })
  server.put(PEER, {
    metadata: { namespace: 'metal' },
    spec: { myASN: 64512, peerASN: 64513, peerAddress: '127.0.0.1', passwordSecret: { name: 'tor' } },
  })
  server.put(SECRET, { metadata: { namespace: 'metal' }, type: 'kubernetes.io/basic-auth', data: { password: 'cHc=' } })
  server.failRead = (path) => (path === SECRET ? 403 : null)
  const waiting = new Map([
    ['METAL_PEER_PASSWORD', Promise.withResolvers<Finding>()],
    ['METAL_RANGE_BACKWARDS', Promise.withResolvers<Finding>()],
  ])
  const speaker = await startClusterSpeaker(
    server.transport,
    {
      nodeName: 'a',
      heartbeatKey: new Secret(Buffer.from('key')),
      heartbeatPort: await freePort(),
      timing: DEFAULT_TIMING,
      election: DEFAULT_ELECTION,
      loadBalancerClass: '',
      namespace: 'metal',
      gratuitousMs: 0,
      isPromiscuous: false,
      metricsPort: 0,
      metricsHost: '',
      podName: '',
      podUid: '',
      podNamespace: 'genkan',
      heartbeatSecret: '',
    },
    {
      line() {},
      problem() {},
      findings(findings) {
        // Told after the speaker has what goes with them.
        for (const finding of findings) waiting.get(finding.code)?.resolve(finding)
      },
    },
    new AbortController().signal,
  )
  assert.ok(speaker !== null)
  context.after(async () => {
    await speaker.close()
    server.close()
  })
  const unread = await waiting.get('METAL_PEER_PASSWORD')?.promise
  assert.match(unread?.message ?? '', /Secret metal\/tor cannot be read: GET .*secrets\/tor: 403/)
  // What comes later goes on too, while it still cannot be read.
  server.put(`${METAL}/ipaddresspools/wrong`, {
    metadata: { namespace: 'metal' },
    spec: { addresses: ['192.0.2.9-192.0.2.1'] },
  })
  const later = await waiting.get('METAL_RANGE_BACKWARDS')?.promise
  assert.equal(later?.origin.object, 'IPAddressPool metal/wrong')
})
