/** `genkan speaker` and routers: from Kubernetes objects in a file to what BIRD has in its table. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { type TestContext, test } from 'node:test'
import { logs, shows, startBird } from './parts/bgp-bird.ts'
import { OWN_V4, OWN_V6 } from './parts/bgp-hosts.ts'
import { PEER_ASN } from './parts/bgp-peer.ts'
import { BgpSite, NODE, peerAt } from './parts/bgp-site.ts'
import { eventually } from './parts/eventually.ts'
import {
  bfdProfile,
  bgpAdvertisement,
  communityNames,
  endpoints,
  passwordSecret,
  pool,
  service,
} from './parts/metal-objects.ts'

const SIX = { ipFamilies: ['IPv6'], ipFamilyPolicy: 'SingleStack' }
const SERVICES = [
  pool('four', '192.0.2.0/26'),
  pool('six', '2001:db8::/64'),
  service('web', '192.0.2.10'),
  endpoints('web', [NODE]),
  service('web-six', '2001:db8::10', SIX),
  endpoints('web-six', [NODE], 'IPv6'),
]

function createSite(context: TestContext): BgpSite {
  const site = new BgpSite()
  context.after(() => site.close())
  return site
}

test('routes of both families arrive as the advertisements say, over signed sessions', async (context) => {
  const site = createSite(context)
  const [outside, inside] = [site.addRouter(), site.addRouter()]
  const signed = await startBird(outside, { hasIpv6: true, extra: 'password "s3cret of routers";' })
  const internal = await startBird(inside, { neighborAsn: PEER_ASN })
  site.write([
    ...SERVICES,
    passwordSecret('router-password', 's3cret of routers'),
    peerAt('outside', outside.v4, { passwordSecret: { name: 'router-password' } }),
    peerAt('outside-six', outside.v6, { passwordSecret: { name: 'router-password' } }),
    peerAt('inside', inside.v4, { myASN: PEER_ASN }),
    communityNames({ 'stay-here': '65535:65281' }),
    bgpAdvertisement('to-all', { peers: ['outside', 'outside-six'], communities: ['65000:7', 'large:4200000000:1:2'] }),
    bgpAdvertisement('to-inside', { peers: ['inside'], localPref: 333, communities: ['stay-here'] }),
    bgpAdvertisement('block', { peers: ['inside'], localPref: 333, ipAddressPools: ['four'], aggregationLength: 28 }),
  ])
  const speaker = site.start()

  const abroad = await shows(signed, 'show route all', /192\.0\.2\.10\/32[^]*2001:db8::10\/128/)
  assert.match(abroad, /BGP\.community: \(65000,7\)/)
  assert.match(abroad, /BGP\.large_community: \(4200000000, 1, 2\)/)
  assert.match(abroad, /BGP\.next_hop: 10\.99\.0\.1\n[^]*BGP\.next_hop: fd00:99::1/)
  assert.doesNotMatch(abroad, /65535,65281|192\.0\.2\.0\/28|local_pref: 333/)
  const within = await shows(internal, 'show route all', /192\.0\.2\.0\/28[^]*192\.0\.2\.10\/32|\/32[^]*\/28/)
  assert.match(within, /BGP\.local_pref: 333/)
  assert.match(within, /BGP\.community: \(65535,65281\)/)
  assert.doesNotMatch(within, /65000,7/)

  for (const name of ['outside', 'outside-six', 'inside'])
    await speaker.told(new RegExp(`^BGP session with ${name} is established$`))
  const prefixes = ['192.0.2.0/28', '192.0.2.10/32', '2001:db8::10/128']
  await eventually('its lines', () =>
    prefixes.every((prefix) => speaker.lines.some((line) => 'prefix' in line && line.prefix === prefix)),
  )
  const peer = `${outside.v4}:179`
  await eventually('metrics', async () => (await site.sample('metallb_bgp_announced_prefixes_total', { peer })) === 1)
  assert.equal(await site.sample('metallb_bgp_session_up'), 3)
  assert.equal(await site.sample('metallb_bgp_pending_prefixes_total'), 0)
  const announced = { protocol: 'bgp', service: 'default/web', node: NODE, ip: '192.0.2.10' }
  assert.equal(await site.sample('metallb_speaker_announced', announced), 1)
})

test('routes of the other family follow the address of the interface', async (context) => {
  const ip = (...args: readonly string[]): void => void execFileSync('ip', ['addr', ...args, 'dev', 'br0'])
  const site = createSite(context)
  const router = site.addRouter()
  const bird = await startBird(router, { isDualStack: true })
  site.write([...SERVICES, peerAt('router', router.v4), bgpAdvertisement('all')])
  site.start()
  await shows(bird, 'show route all', /2001:db8::10\/128[^]*BGP\.next_hop: fd00:99::1\b/)
  ip('add', 'fd00:99::77/64', 'nodad')
  ip('del', `${OWN_V6}/64`)
  context.after(() => {
    ip('add', `${OWN_V6}/64`, 'nodad')
    ip('del', 'fd00:99::77/64')
  })
  await shows(bird, 'show route all', /2001:db8::10\/128[^]*BGP\.next_hop: fd00:99::77\b/)
})

test('an endpoint that goes takes its route along, and no other, and the session stays', async (context) => {
  const site = createSite(context)
  const router = site.addRouter()
  const bird = await startBird(router)
  const local = { externalTrafficPolicy: 'Local' }
  const objects = (nodes: readonly string[]): Parameters<BgpSite['write']>[0] => [
    ...SERVICES,
    service('near', '192.0.2.11', local),
    endpoints('near', nodes),
    peerAt('router', router.v4),
    bgpAdvertisement('all'),
  ]
  site.write(objects([NODE]))
  const speaker = site.start()
  await speaker.told(/is established$/)
  await shows(bird, 'show route', /192\.0\.2\.10[^]*192\.0\.2\.11|192\.0\.2\.11[^]*192\.0\.2\.10/)
  for (let round = 0; round < 3; round++) {
    site.write(objects(['node-2']))
    await shows(bird, 'show route', /^(?![^]*192\.0\.2\.11)[^]*0000/)
    assert.match(await bird.ask('show route'), /192\.0\.2\.10\/32/)
    site.write(objects([NODE, 'node-2']))
    await shows(bird, 'show route', /192\.0\.2\.11\/32/)
  }
  assert.equal(speaker.problems.filter((line) => line.endsWith('is established')).length, 1)
  const said = ['announcing', 'withdrawn', 'announcing', 'withdrawn', 'announcing', 'withdrawn', 'announcing']
  await eventually('its lines', () => {
    const about = speaker.lines.filter((line) => 'prefix' in line && line.prefix === '192.0.2.11/32')
    return about.map(({ event }) => event).join() === said.join()
  })
})

test('a router that is for other nodes hears nothing, until it is for this one', async (context) => {
  const site = createSite(context)
  const [own, other] = [site.addRouter(), site.addRouter()]
  const birds = { own: await startBird(own), other: await startBird(other) }
  const objects = [
    ...SERVICES,
    peerAt('own', own.v4, { nodeSelectors: [{ matchLabels: { rack: 'a' } }] }),
    peerAt('other', other.v4, { nodeSelectors: [{ matchLabels: { rack: 'b' } }] }),
    bgpAdvertisement('all'),
  ]
  site.write(objects, { labels: { rack: 'a' } })
  const speaker = site.start()
  await shows(birds.own, 'show route', /192\.0\.2\.10/)
  assert.doesNotMatch(await birds.other.ask('show protocols four'), /Established/)
  assert.equal(await site.sample('metallb_bgp_session_up', { peer: `${other.v4}:179` }), null)

  site.write(objects, { labels: { rack: 'b' } })
  await shows(birds.other, 'show route', /192\.0\.2\.10/)
  await logs(birds.own, /Received: Peer de-configured/)
  await shows(birds.own, 'show route', /^(?![^]*192\.0\.2\.10)[^]*0000/)

  await speaker.told(/^BGP session with other is established$/)
  const excluded = 'node.kubernetes.io/exclude-from-external-load-balancers'
  site.write(objects, { labels: { rack: 'b', [excluded]: '' } })
  await shows(birds.other, 'show route', /^(?![^]*192\.0\.2\.10)[^]*0000/)
  assert.match(await birds.other.ask('show protocols four'), /Established/)
  assert.deepEqual(
    speaker.problems.filter((line) => line.endsWith('is established')),
    ['BGP session with own is established', 'BGP session with other is established'],
  )
})

test('BFD ends the session with a router that is cut off, and says so', async (context) => {
  const site = createSite(context)
  const router = site.addRouter()
  const bird = await startBird(router, { hasBfd: true })
  site.write([
    ...SERVICES,
    bfdProfile('quick', { receiveInterval: 300, transmitInterval: 300, detectMultiplier: 3 }),
    peerAt('router', router.v4, { bfdProfile: 'quick' }),
    bgpAdvertisement('all'),
  ])
  const speaker = site.start()
  await shows(bird, 'show route', /192\.0\.2\.10/)
  await eventually('BFD', async () => (await site.sample('metallb_bfd_session_up')) === 1)
  await shows(bird, 'show bfd sessions', new RegExp(`${OWN_V4}.* Up `))
  await eventually('the session', async () => (await site.sample('metallb_bgp_session_up')) === 1)
  router.cut()
  await speaker.told(/^BGP session with router ended: .*BFD/)
  await eventually('metrics', async () => (await site.sample('metallb_bfd_session_up')) === 0)
  assert.equal(await site.sample('metallb_bgp_session_up'), 0)
  router.mend()
  await eventually('the session', async () => (await site.sample('metallb_bgp_session_up')) === 1)
  await shows(bird, 'show route', /192\.0\.2\.10/)
})
