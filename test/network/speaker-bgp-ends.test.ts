/** How sessions of `genkan speaker` end, or do not begin: what BIRD hears and keeps, and what the speaker says. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { logs, shows, startBird } from './parts/bgp-bird.ts'
import { BgpSite, NODE, peerAt } from './parts/bgp-site.ts'
import { eventually } from './parts/eventually.ts'
import { bgpAdvertisement, endpoints, passwordSecret, pool, service } from './parts/metal-objects.ts'

const SERVICES = [
  pool('four', '192.0.2.0/26'),
  service('web', '192.0.2.10'),
  endpoints('web', [NODE]),
  bgpAdvertisement('all'),
]
const HAS_ROUTE = /192\.0\.2\.10\/32/
const HAS_NO_ROUTE = /^(?![^]*192\.0\.2\.10)[^]*0000/

function createSite(context: TestContext): BgpSite {
  const site = new BgpSite()
  context.after(() => site.close())
  return site
}

test('a speaker that is told to end says so, and its routes go at once', async (context) => {
  const site = createSite(context)
  const router = site.addRouter()
  const bird = await startBird(router)
  site.write([...SERVICES, peerAt('router', router.v4)])
  const speaker = site.start()
  await shows(bird, 'show route', HAS_ROUTE)
  speaker.child.kill('SIGTERM')
  assert.equal(await speaker.ended(), 0)
  await logs(bird, /Received: Administrative shutdown/)
  await shows(bird, 'show route', HAS_NO_ROUTE)
  await logs(bird, /the speaker of node node-1 ends/)
})

test('with graceful restart routes stay while the speaker is away, and those that are gone go when it is back', async (context) => {
  const site = createSite(context)
  const router = site.addRouter()
  const bird = await startBird(router, { extra: 'graceful restart;' })
  const peer = peerAt('router', router.v4, { enableGracefulRestart: true })
  const short = [service('short', '192.0.2.11'), endpoints('short', [NODE])]
  site.write([...SERVICES, ...short, peer])
  const first = site.start()
  await shows(bird, 'show route', /192\.0\.2\.10[^]*192\.0\.2\.11|192\.0\.2\.11[^]*192\.0\.2\.10/)
  first.child.kill('SIGTERM')
  assert.equal(await first.ended(), 0)
  await shows(bird, 'show protocols four', /^(?![^]*Established)[^]*0000/)
  assert.match(await bird.ask('show route'), /192\.0\.2\.10[^]*192\.0\.2\.11|192\.0\.2\.11[^]*192\.0\.2\.10/)

  site.write([...SERVICES, peer])
  const second = site.start()
  const tables: string[] = []
  await eventually('the other route to go', async () => {
    tables.push(await bird.ask('show route'))
    return !tables.at(-1)?.includes('192.0.2.11')
  })
  for (const table of tables) assert.match(table, HAS_ROUTE)
  await second.told(/^BGP session with router is established$/)
  assert.match(await bird.ask('show route'), HAS_ROUTE)
})

test('a wrong password and wrong AS numbers are said once each, and other peers do not mind', async (context) => {
  const site = createSite(context)
  const routers = {
    good: site.addRouter(),
    locked: site.addRouter(),
    elsewhere: site.addRouter(),
    refusing: site.addRouter(),
  }
  const bird = await startBird(routers.good, { extra: 'password "right";' })
  const locked = await startBird(routers.locked, { extra: 'password "right";' })
  await startBird(routers.elsewhere)
  await startBird(routers.refusing, { neighborAsn: 64777 })
  const secrets = [passwordSecret('right', 'right'), passwordSecret('wrong', 'wrong')]
  const withPassword = (name: string): Readonly<Record<string, unknown>> => ({ passwordSecret: { name } })
  const elsewhere = peerAt('elsewhere', routers.elsewhere.v4, { peerASN: 64999 })
  const others = [
    peerAt('good', routers.good.v4, withPassword('right')),
    peerAt('refusing', routers.refusing.v4),
    peerAt('keyless', routers.refusing.v6, withPassword('absent')),
    peerAt('locked', routers.locked.v4, withPassword('wrong')),
  ]
  site.write([...SERVICES, ...secrets, ...others, elsewhere])
  const speaker = site.start()
  await speaker.told(
    /METAL_PEER_PASSWORD: .*there is no Secret metallb-system\/absent.*BGPPeer metallb-system\/keyless/,
  )
  await shows(bird, 'show route', HAS_ROUTE)
  const expected = [
    /^Cannot establish the BGP session with locked: .*a wrong password looks like this; it is tried again$/,
    /^Cannot establish the BGP session with elsewhere: .*The peer is in AS 64501, and the configuration says 64999/,
    /^Cannot establish the BGP session with refusing: The peer said: OPEN: bad peer AS/,
  ]
  await Promise.all(expected.map((line) => speaker.told(line)))
  for (const name of ['locked', 'elsewhere', 'refusing'] as const)
    assert.equal(await site.sample('metallb_bgp_session_up', { peer: `${routers[name].v4}:179` }), 0)
  assert.equal(await site.sample('metallb_bgp_session_up', { peer: `${routers.good.v4}:179` }), 1)
  const refused = { peer: `${routers.elsewhere.v4}:179` }
  await eventually(
    'another attempt',
    async () => ((await site.sample('metallb_bgp_notifications_sent', refused)) ?? 0) >= 3,
  )
  for (const line of expected) assert.equal(speaker.problems.filter((each) => line.test(each)).length, 1, String(line))

  // What is put right works without a restart.
  const right = [passwordSecret('right', 'right'), passwordSecret('wrong', 'right')]
  site.write([...SERVICES, ...right, ...others, peerAt('elsewhere', routers.elsewhere.v4)])
  await speaker.told(/^BGP session with elsewhere is established$/)
  await shows(locked, 'show route', HAS_ROUTE)
  assert.equal(speaker.problems.filter((line) => line.startsWith('BGP session with good ')).length, 1)
})

test('a speaker that dies without a word loses its routes, unless the router keeps them', async (context) => {
  const site = createSite(context)
  const [keeping, other] = [site.addRouter(), site.addRouter()]
  const keeper = await startBird(keeping, { extra: 'graceful restart;' })
  const bird = await startBird(other)
  site.write([...SERVICES, peerAt('keeping', keeping.v4, { enableGracefulRestart: true }), peerAt('other', other.v4)])
  const speaker = site.start()
  await shows(keeper, 'show route', HAS_ROUTE)
  await shows(bird, 'show route', HAS_ROUTE)
  speaker.child.kill('SIGKILL')
  assert.equal(await speaker.ended(), null)
  await shows(bird, 'show route', HAS_NO_ROUTE)
  await shows(keeper, 'show protocols four', /^(?![^]*Established)[^]*0000/)
  assert.match(await keeper.ask('show route'), HAS_ROUTE)
  const again = site.start()
  await again.told(/^BGP session with keeping is established$/)
  await shows(bird, 'show route', HAS_ROUTE)
  assert.match(await keeper.ask('show route'), HAS_ROUTE)
})
