import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Secret } from '../../src/base/secret.ts'
import { createBgpSpeaker } from '../../src/metal/bgp/speaker.ts'
import { type Bird, logs, shows, startBird } from './parts/bgp-bird.ts'
import { addPeerHost, closePeerHosts } from './parts/bgp-hosts.ts'
import { closeSessions, toPeer, toRoute, until, watchSession } from './parts/bgp-peer.ts'

after(async () => {
  await closeSessions()
  closePeerHosts()
})

const ROUTES = [toRoute('192.0.2.10/32'), toRoute('2001:db8::10/128')]
const toSecret = (text: string): Secret => new Secret(Buffer.from(text))

test('with the right password a session holds in both families, with a wrong one or none bird hears nothing', async () => {
  const host = addPeerHost()
  const bird = await startBird(host, { hasIpv6: true, extra: 'password "s3cret of peers";' })
  const password = { kind: 'inline' as const }
  const tryIt = async (address: string): Promise<void> => {
    const wrong = watchSession(toPeer(address, { password }), { password: toSecret('s3cret of peer5') })
    const none = watchSession(toPeer(address))
    wrong.session.start()
    none.session.start()
    await Promise.all([wrong.reaches('active'), none.reaches('active')])
    assert.match(wrong.session.status().lastError, /did not answer in time; a wrong password looks like this/)
    assert.equal(wrong.session.status().counters.opensSent + none.session.status().counters.opensSent, 0)
    await Promise.all([wrong.session.close(), none.session.close()])

    const right = watchSession(toPeer(address, { password }), { password: toSecret('s3cret of peers') })
    right.session.setRoutes(ROUTES)
    right.session.start()
    await right.reaches('established')
    await shows(bird, 'show route', address === host.v4 ? /192\.0\.2\.10/ : /2001:db8::10/)
    await right.session.close()
  }
  await Promise.all([tryIt(host.v4), tryIt(host.v6)])
})

test('a wrong AS number is said to bird, and tried again with growing pauses', async () => {
  const host = addPeerHost()
  const bird = await startBird(host)
  const watched = watchSession(toPeer(host.v4, { peerAsn: 64999 }))
  const started = performance.now()
  watched.session.start()
  await until(() => watched.session.status().counters.connectAttempts >= 4, 'four attempts')
  // Pauses of 0.5, 1 and 2 seconds, each less a quarter at most.
  assert.ok(performance.now() - started >= 2600)
  assert.match(
    watched.session.status().lastNotification,
    /bad peer AS \(2\/2\) "The peer is in AS 64501, and the configuration says 64999"/,
  )
  await logs(bird, /Received: Bad peer AS/)
  assert.equal(watched.transitions.find(({ to }) => to === 'active')?.fault?.subcode, 2)
  await watched.session.close()
})

test('bird says that our AS number is wrong, and we say so', async () => {
  const host = addPeerHost()
  await startBird(host, { neighborAsn: 64777 })
  const watched = watchSession(toPeer(host.v4))
  watched.session.start()
  await until(() => watched.session.status().counters.notificationsReceived > 0, 'the NOTIFICATION')
  await watched.reaches('active')
  assert.match(watched.session.status().lastNotification, /^The peer said: OPEN: bad peer AS \(2\/2\)/)
  await watched.session.close()
})

test('a peer that is heard no more is given up after the hold time on both sides, and found again', async () => {
  const host = addPeerHost()
  const bird = await startBird(host, { holdSeconds: 4 })
  const watched = watchSession(toPeer(host.v4, { holdSeconds: 3, keepaliveSeconds: 1 }))
  watched.session.setRoutes(ROUTES)
  watched.session.start()
  await watched.reaches('established')
  assert.equal(watched.session.status().negotiated?.holdSeconds, 3)
  await shows(bird, 'show route', /192\.0\.2\.10/)
  host.cut()
  const cutAt = performance.now()
  await watched.reaches('active')
  const tookMs = performance.now() - cutAt
  assert.ok(tookMs > 1500 && tookMs < 10_000, `${tookMs} ms`)
  const end = watched.transitions.findLast(({ from }) => from === 'established')
  assert.deepEqual([end?.fault?.code, end?.isFromPeer], [4, false])
  await shows(bird, 'show route', /^(?![^]*192\.0\.2\.10)[^]*0000/)
  host.mend()
  await watched.reaches('established')
  await shows(bird, 'show route', /192\.0\.2\.10/)
  await watched.session.close()
})

test('routes stay with bird over a restart where graceful restart is on, and go where it is off', async () => {
  for (const hasGracefulRestart of [true, false]) {
    const host = addPeerHost()
    const bird = await startBird(host, { extra: 'graceful restart;' })
    const peer = toPeer(host.v4, { hasGracefulRestart })
    const first = watchSession(peer)
    first.session.setRoutes([...ROUTES, toRoute('192.0.2.99/32')])
    first.session.start()
    await first.reaches('established')
    await shows(bird, 'show route', /192\.0\.2\.10[^]*192\.0\.2\.99|192\.0\.2\.99[^]*192\.0\.2\.10/)
    assert.equal(first.session.status().negotiated?.keepsRoutes, hasGracefulRestart)
    await first.session.close('restart')
    await shows(bird, 'show protocols four', hasGracefulRestart ? /Active|Idle|Connect|Passive/ : /./)
    if (!hasGracefulRestart) {
      await shows(bird, 'show route', /^(?![^]*192\.0\.2\.10)[^]*0000/)
      continue
    }
    assert.match(await bird.ask('show route'), /192\.0\.2\.10/)

    const second = watchSession(peer)
    second.session.start()
    await second.reaches('established')
    // Nobody has said yet which routes there are: none is taken back.
    assert.match(await bird.ask('show route'), /192\.0\.2\.10/)
    second.session.setRoutes(ROUTES)
    await shows(bird, 'show route', /^(?![^]*192\.0\.2\.99)[^]*0000/)
    assert.match(await bird.ask('show route'), /192\.0\.2\.10/)
    await second.session.close()
    await shows(bird, 'show route', /^(?![^]*192\.0\.2\.10)[^]*0000/)
  }
})

test('a passive peer is waited for, signed or not, and strangers are turned away', async () => {
  const host = addPeerHost()
  const stranger = addPeerHost()
  const bird = await startBird(host, { hasIpv6: true, extra: 'password "k";' })
  const foreign = await startBird(stranger)
  const problems: string[] = []
  const speaker = createBgpSpeaker({
    nodeName: 'node-1',
    passwordOf: () => toSecret('k'),
    onProblem: (problem) => problems.push(problem),
  })
  try {
    const passive = { isPassive: true, password: { kind: 'inline' as const } }
    speaker.setRoutes(ROUTES)
    speaker.setPeers([toPeer(host.v4, passive), toPeer(host.v6, passive)], {})
    await until(() => speaker.status().every(({ state }) => state === 'established'), 'both sessions')
    assert.ok(speaker.status().every(({ counters }) => counters.connectAttempts === 0))
    await shows(bird, 'show route', /192\.0\.2\.10[^]*2001:db8::10/)
    assert.doesNotMatch(await foreign.ask('show protocols four'), /Established/)
    assert.deepEqual(problems, [])
  } finally {
    await speaker.close()
  }
})

test('of two connections one stays, whichever side began first', async () => {
  const host = addPeerHost()
  const bird = await startBird(host)
  const speaker = createBgpSpeaker({
    nodeName: 'node-1',
    passwordOf: () => null,
    listen: { addresses: ['0.0.0.0'], port: 179 },
  })
  try {
    speaker.setRoutes(ROUTES)
    for (let round = 0; round < 5; round++) {
      // On either side of bird's, which is the host's address.
      const routerId = round % 2 === 0 ? '1.1.1.1' : '220.1.1.1'
      speaker.setPeers([toPeer(host.v4, { routerId })], {})
      await until(() => speaker.status()[0]?.state === 'established', 'the session')
      await shows(bird, 'show route', /192\.0\.2\.10/)
    }
  } finally {
    await speaker.close()
  }
})

test('a peer that stays as it is keeps its session while others come, change and go', async () => {
  const [one, two] = [addPeerHost(), addPeerHost()]
  const birds = [await startBird(one), await startBird(two)]
  const speaker = createBgpSpeaker({ nodeName: 'node-1', passwordOf: () => null })
  const stateOf = (name: string): string | undefined => speaker.status().find(({ peer }) => peer === name)?.state
  try {
    const [first, second] = [toPeer(one.v4, { name: 'first' }), toPeer(two.v4, { name: 'second' })]
    speaker.setRoutes([toRoute('192.0.2.1/32'), toRoute('192.0.2.2/32', { peers: ['second'] })])
    speaker.setPeers([first], {})
    await until(() => stateOf('first') === 'established', 'the first session')
    speaker.setPeers([second, { ...first, origin: { object: 'elsewhere', path: 'x' } }], {})
    await until(() => stateOf('second') === 'established', 'the second session')
    await shows(
      birds[1] as Bird,
      'show route',
      /192\.0\.2\.1\/32[^]*192\.0\.2\.2\/32|192\.0\.2\.2\/32[^]*192\.0\.2\.1\/32/,
    )
    assert.doesNotMatch(await (birds[0] as Bird).ask('show route'), /192\.0\.2\.2\/32/)
    speaker.setPeers([first, { ...second, holdSeconds: 30, keepaliveSeconds: 10 }], {})
    await until(() => speaker.status().some(({ negotiated }) => negotiated?.holdSeconds === 30), 'the changed session')
    speaker.setPeers([first], {})
    await logs(birds[1] as Bird, /Received: Peer de-configured/)
    assert.equal(speaker.status().length, 1)
    assert.equal(speaker.status()[0]?.counters.establishments, 1)
    assert.equal(stateOf('first'), 'established')
  } finally {
    await speaker.close()
  }
})

test('IPv6 routes go over the IPv6 session where there is one, and else over the other if the peer agrees', async () => {
  const host = addPeerHost()
  const bird = await startBird(host, { isDualStack: true, hasIpv6: true })
  const speaker = createBgpSpeaker({ nodeName: 'node-1', passwordOf: () => null })
  try {
    const [four, six] = [toPeer(host.v4, { name: 'four' }), toPeer(host.v6, { name: 'six' })]
    speaker.setRoutes(ROUTES)
    speaker.setPeers([four], {})
    await shows(bird, 'show route protocol four', /192\.0\.2\.10[^]*2001:db8::10/)
    speaker.setPeers([four, six], {})
    await shows(bird, 'show route protocol six', /2001:db8::10/)
    await shows(bird, 'show route protocol four', /^(?![^]*2001:db8::10)[^]*192\.0\.2\.10/)
    speaker.setPeers([four], {})
    await shows(bird, 'show route protocol four', /192\.0\.2\.10[^]*2001:db8::10/)
    assert.equal(speaker.status()[0]?.counters.establishments, 1)
  } finally {
    await speaker.close()
  }
})
