import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Community } from '../../src/metal/model.ts'
import { logs, shows, startBird } from './parts/bgp-bird.ts'
import { addPeerHost, closePeerHosts } from './parts/bgp-hosts.ts'
import { PEER_ASN, closeSessions, toPeer, toRoute, until, watchSession, type WatchedSession } from './parts/bgp-peer.ts'

after(async () => {
  await closeSessions()
  closePeerHosts()
})

function begin(watched: WatchedSession, prefixes: readonly string[]): Promise<void> {
  watched.session.setRoutes(prefixes.map((prefix) => toRoute(prefix)))
  watched.session.start()
  return watched.reaches('established')
}

test('bird learns routes of both families, each over the session of its family', async () => {
  const host = addPeerHost()
  const bird = await startBird(host, { hasIpv6: true })
  const four = watchSession(toPeer(host.v4))
  const six = watchSession(toPeer(host.v6))
  const prefixes = ['192.0.2.10/32', '192.0.2.128/25', '2001:db8::10/128']
  await Promise.all([begin(four, prefixes), begin(six, prefixes)])
  const table = await shows(bird, 'show route all', /192\.0\.2\.128\/25[^]*2001:db8::10\/128/)
  assert.match(table, /BGP\.next_hop: 10\.99\.0\.1\n/)
  assert.match(table, /BGP\.next_hop: fd00:99::1/)
  assert.match(table, /BGP\.as_path: 64500/)
  assert.equal(table.match(/2001:db8::10/g)?.length, 1)
  await Promise.all([four.session.close(), six.session.close()])
  assert.deepEqual(
    four.transitions.map(({ to }) => to),
    ['connect', 'openSent', 'openConfirm', 'established', 'idle'],
  )
})

test('a dual-stack session carries both families', async () => {
  const host = addPeerHost()
  const bird = await startBird(host, { isDualStack: true })
  const watched = watchSession(toPeer(host.v4, { isDualStack: true }))
  await begin(watched, ['192.0.2.10/32', '2001:db8::10/128'])
  const table = await shows(bird, 'show route all', /192\.0\.2\.10\/32[^]*2001:db8::10\/128/)
  assert.match(table, /BGP\.next_hop: fd00:99::1/)
  await watched.session.close()
})

test('communities of both sizes arrive, and changing them changes the route', async () => {
  const host = addPeerHost()
  const bird = await startBird(host)
  const watched = watchSession(toPeer(host.v4))
  const communities: Community[] = [
    { kind: 'standard', value: (65000 << 16) >>> 0 },
    { kind: 'standard', value: 0xffffff02 },
    { kind: 'large', values: [4200000000, 1, 2] },
  ]
  watched.session.setRoutes([toRoute('192.0.2.10/32', { communities }), toRoute('192.0.2.11/32')])
  watched.session.start()
  await watched.reaches('established')
  const table = await shows(bird, 'show route for 192.0.2.10 all', /BGP\.large_community/)
  assert.match(table, /BGP\.community: \(65000,0\) \(65535,65282\)/)
  assert.match(table, /BGP\.large_community: \(4200000000, 1, 2\)/)
  assert.doesNotMatch(await bird.ask('show route for 192.0.2.11 all'), /community/)
  watched.session.setRoutes([toRoute('192.0.2.10/32'), toRoute('192.0.2.11/32')])
  let changed = table
  while (changed.includes('community')) changed = await bird.ask('show route for 192.0.2.10 all')
  await watched.session.close()
})

test('within one AS the path is empty and the local preference goes along', async () => {
  const host = addPeerHost()
  const bird = await startBird(host, { neighborAsn: PEER_ASN })
  const watched = watchSession(toPeer(host.v4, { myAsn: PEER_ASN }))
  watched.session.setRoutes([toRoute('192.0.2.10/32', { localPref: 333 }), toRoute('192.0.2.11/32')])
  watched.session.start()
  const table = await shows(
    bird,
    'show route all',
    /192\.0\.2\.10\/32[^]*192\.0\.2\.11\/32|192\.0\.2\.11\/32[^]*192\.0\.2\.10\/32/,
  )
  assert.match(table, /BGP\.local_pref: 333/)
  assert.match(table, /BGP\.local_pref: 100/)
  assert.match(table, /BGP\.as_path: \n/)
  await watched.session.close()
})

test('an AS number of four octets is in the path', async () => {
  const host = addPeerHost()
  const bird = await startBird(host, { neighborAsn: 4200000001 })
  const watched = watchSession(toPeer(host.v4, { myAsn: 4200000001 }))
  await begin(watched, ['192.0.2.10/32'])
  await shows(bird, 'show route all', /BGP\.as_path: 4200000001/)
  await watched.session.close()
})

test('at the end bird is told why, in words', async () => {
  const host = addPeerHost()
  const bird = await startBird(host)
  const watched = watchSession(toPeer(host.v4), { shutdownText: 'drained for maintenance' })
  await begin(watched, ['192.0.2.10/32'])
  await shows(bird, 'show route', /192\.0\.2\.10/)
  await watched.session.close()
  await logs(bird, /Received: Administrative shutdown/)
  await logs(bird, /drained for maintenance/)
  assert.doesNotMatch(await bird.ask('show route'), /192\.0\.2\.10/)

  const removed = watchSession(toPeer(host.v4))
  await begin(removed, ['192.0.2.10/32'])
  await removed.session.close('deconfigured')
  await logs(bird, /Received: Peer de-configured/)
})

test('thousands of routes arrive, and again when bird asks for them', async () => {
  const host = addPeerHost()
  const bird = await startBird(host)
  const watched = watchSession(toPeer(host.v4))
  const count = 20_000
  const prefixes = Array.from({ length: count }, (_, at) => `10.${128 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}/32`)
  await begin(watched, prefixes)
  await shows(
    bird,
    'show route count',
    new RegExp(`${count} of ${count} routes for ${count} networks in table master4`),
  )
  const { counters } = watched.session.status()
  assert.ok(counters.updatesSent <= 30, `${counters.updatesSent} messages`)
  await bird.ask('reload in four')
  await until(() => watched.session.status().counters.routeRefreshesReceived === 1, 'the request')
  assert.ok(watched.session.status().counters.updatesSent > counters.updatesSent + 20)
  assert.equal(watched.session.status().state, 'established')
  await watched.session.close()
})

test('routes of bird are read and not used', async () => {
  const host = addPeerHost()
  const filter = 'ipv4 { import all; export all; };'
  const bird = await startBird(host, { channel: filter, routes: ['198.51.100.0/24', '203.0.113.0/24'] })
  const watched = watchSession(toPeer(host.v4))
  await begin(watched, ['192.0.2.10/32'])
  await until(() => watched.session.status().counters.updatesReceived >= 1, 'updates of bird')
  await shows(bird, 'show route', /192\.0\.2\.10/)
  assert.equal(watched.session.status().counters.malformedUpdates, 0)
  assert.equal(watched.session.status().state, 'established')
  await watched.session.close()
})

test('a session comes back when bird does', async () => {
  const host = addPeerHost()
  const first = await startBird(host)
  const watched = watchSession(toPeer(host.v4))
  await begin(watched, ['192.0.2.10/32'])
  first.stop()
  await watched.reaches('active')
  const second = await startBird(host)
  await shows(second, 'show route', /192\.0\.2\.10/)
  assert.equal(watched.session.status().counters.establishments, 2)
  await watched.session.close()
})
