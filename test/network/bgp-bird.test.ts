import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { addPeerHost, type PeerHost } from './parts/bgp-hosts.ts'
import { startBird } from './parts/bgp-bird.ts'
import { toPeer, toRoute, until, watchSession } from './parts/bgp-peer.ts'

const hosts: PeerHost[] = []
after(() => hosts.forEach((host) => host.close()))

function addHost(): PeerHost {
  const host = addPeerHost()
  hosts.push(host)
  return host
}

test('bird learns routes of both families, each over the session of its family', async () => {
  const host = addHost()
  const bird = await startBird(host, { hasIpv6: true })
  const four = watchSession(toPeer(host.v4))
  const six = watchSession(toPeer(host.v6))
  const routes = [toRoute('192.0.2.10/32'), toRoute('192.0.2.128/25'), toRoute('2001:db8::10/128')]
  for (const { session } of [four, six]) {
    session.setRoutes(routes)
    session.start()
  }
  await Promise.all([four.reaches('established'), six.reaches('established')])
  let table = ''
  await until(
    () => four.session.status().announcedPrefixes === 2 && six.session.status().announcedPrefixes === 1,
    'all to be sent',
  )
  while (!table.includes('2001:db8::10/128') || !table.includes('192.0.2.10/32'))
    table = await bird.ask('show route all')
  assert.match(table, /192\.0\.2\.128\/25/)
  assert.match(table, /BGP\.next_hop: 10\.99\.0\.1\n/)
  assert.match(table, /BGP\.next_hop: fd00:99::1/)
  assert.match(table, /BGP\.as_path: 64500/)
  await Promise.all([four.session.close(), six.session.close()])
  assert.deepEqual(
    four.transitions.map(({ to }) => to),
    ['connect', 'openSent', 'openConfirm', 'established', 'idle'],
  )
})
