import assert from 'node:assert/strict'
import test from 'node:test'
import { DEFAULT_TIMING, FAST_TIMING } from './heartbeat-model.ts'
import { VirtualNetwork } from './testing/virtual-network.ts'

const ALL = ['a', 'b', 'c']

function settled(names: readonly string[] = ALL, timing = DEFAULT_TIMING): VirtualNetwork {
  const network = new VirtualNetwork(timing, names)
  network.run(3000)
  for (const name of names) assert.equal(network.seenBy(name), names.join(' '))
  return network
}

test('speakers that start together see each other at once, and one of them need not wait for the others', () => {
  const network = new VirtualNetwork(DEFAULT_TIMING, ALL)
  network.run(450)
  const [seen] = ALL.map((name) => network.seenBy(name))
  assert.match(seen ?? '', /^\(?a\)? \(?b\)? \(?c\)?$/)
  assert.notEqual(seen, '(a) (b) (c)')
  for (const name of ALL) assert.equal(network.seenBy(name), seen)
  network.run(2000)
  for (const name of ALL) assert.equal(network.seenBy(name), 'a b c')
})

test('a speaker without peers takes part at once; one whose peers are silent listens first', () => {
  assert.equal(new VirtualNetwork(DEFAULT_TIMING, ['a']).seenBy('a'), 'a')
  const network = new VirtualNetwork(DEFAULT_TIMING, ['a', 'b'])
  network.stop('b')
  network.run(950)
  assert.equal(network.seenBy('a'), '')
  network.run(100)
  assert.equal(network.seenBy('a'), 'a')
})

for (const [name, timing, least, most] of [
  ['default', DEFAULT_TIMING, 450, 700],
  ['fast', FAST_TIMING, 100, 200],
] as const) {
  test(`a speaker that is killed is missed in ${most} ms, ${name} timers`, () => {
    for (let phase = 0; phase < 10; phase++) {
      const network = settled(ALL, timing)
      network.run((timing.intervalMs * phase) / 10)
      network.stop('b')
      const atMs = network.nowMs
      network.run(least - 1)
      assert.equal(network.seenBy('a'), 'a b c')
      network.run(most - least + 1)
      assert.equal(network.seenBy('a'), 'a c')
      assert.equal(network.seenBy('c'), 'a c')
      assert.deepEqual(
        network.departures.map(({ name, how }) => `${name} ${how}`),
        ['b silent', 'b silent'],
      )
      for (const departure of network.departures) assert.ok(departure.atMs - atMs < most)
    }
  })
}

test('a speaker that leaves is gone at once, and stays gone although it still sends', () => {
  const network = settled()
  network.at('b').leave(network.nowMs)
  network.run(5)
  assert.equal(network.seenBy('a'), 'a c')
  network.run(1000)
  assert.equal(network.seenBy('a'), 'a c')
  assert.deepEqual(new Set(network.departures.map(({ name, how }) => `${name} ${how}`)), new Set(['b left']))
  network.start('b')
  network.run(250)
  assert.equal(network.seenBy('a'), 'a (b) c')
})

test('a speaker that starts anew gets nothing back before it was there for a while', () => {
  const network = settled()
  network.stop('b')
  network.run(1000)
  network.start('b')
  const atMs = network.nowMs
  network.run(450)
  assert.equal(network.seenBy('a'), 'a (b) c')
  while (network.seenBy('a') !== 'a b c') network.run(10)
  assert.ok(network.nowMs - atMs >= 1500 && network.nowMs - atMs <= 2200, `${network.nowMs - atMs} ms`)
  assert.equal(network.seenBy('b'), 'a b c')
})

test('a restart within the time of silence is seen as such', () => {
  const network = settled()
  network.start('b')
  network.run(250)
  assert.equal(network.seenBy('a'), 'a (b) c')
})

test('loss, delay and disorder below the bounds kill nobody', () => {
  const network = settled()
  let seed = 1
  network.route = () => {
    seed = (seed * 48_271) % 0x7fffffff
    return seed % 10 === 0 ? null : (seed >> 8) % 60
  }
  network.run(60_000)
  assert.deepEqual(network.departures, [])
  assert.equal(network.seenBy('a'), 'a b c')
  const lost = network
    .at('a')
    .stats()
    .peers.map(({ lost }) => lost)
  assert.ok(
    lost.every((count) => count > 15 && count < 90),
    lost.join(),
  )
})

test('a peer that only a third node hears is alive, in one direction or both', () => {
  for (const isCut of [
    (from: string, to: string) => from === 'b' && to === 'a',
    (from: string, to: string) => from !== 'c' && to !== 'c',
  ]) {
    const network = settled()
    network.route = ({ from, to }) => (isCut(from, to) ? null : 1)
    network.run(30_000)
    assert.deepEqual(network.departures, [])
    for (const name of ALL) assert.equal(network.seenBy(name), 'a b c')
    assert.ok(network.at('a').stats().counters.relayed > 50)
    network.stop('b')
    network.run(800)
    assert.equal(network.seenBy('a'), 'a c')
  }
})

test('of two of whom one does not hear the other, the one that is not heard gives way', () => {
  const network = settled(['a', 'b'])
  network.route = ({ from }) => (from === 'a' ? null : 1)
  network.run(2000)
  assert.equal(network.seenBy('a'), '(a) b')
  assert.equal(network.seenBy('b'), 'b')
  // Whoever receives nothing cannot serve either: the other does not wait for it for ever.
  network.run(10_000)
  assert.equal(network.seenBy('a'), 'a')
  assert.equal(network.seenBy('b'), 'b')
})

test('after a partition the smaller part leaves everything to the larger one at first', () => {
  const network = settled()
  network.cut(['a'], ['b', 'c'])
  network.run(5000)
  assert.equal(network.seenBy('a'), 'a')
  assert.equal(network.seenBy('b'), 'b c')
  network.route = () => 1
  const atMs = network.nowMs
  network.run(420)
  for (const name of ALL) assert.equal(network.seenBy(name), '(a) b c')
  while (network.seenBy('b') !== 'a b c') network.run(10)
  assert.ok(network.nowMs - atMs >= 1500 && network.nowMs - atMs < 2200)
})

test('who was cut off and there all the time is known as such by all, who was away is not', () => {
  const network = settled()
  const everybody = ['a with b', 'a with c', 'b with a', 'c with a']
  for (const away of [1500, 20_000]) {
    network.cut(['a'], ['b', 'c'])
    network.run(away)
    network.route = () => 1
    network.run(3000)
    assert.deepEqual(network.reunions.splice(0).sort(), everybody)
  }
  network.stop('a')
  network.run(2000)
  network.start('a')
  network.run(3000)
  network.at('a').setLink(false, network.nowMs)
  network.cut(['a'], ['b', 'c'])
  network.run(3000)
  network.route = () => 1
  network.at('a').setLink(true, network.nowMs)
  network.run(3000)
  for (const name of ALL) assert.equal(network.seenBy(name), 'a b c')
  assert.deepEqual(network.reunions, [])
})

test('after a partition into equal parts all are as before', () => {
  const network = settled(['a', 'b'])
  network.cut(['a'], ['b'])
  network.run(5000)
  network.route = () => 1
  network.run(420)
  assert.equal(network.seenBy('a'), 'a b')
  assert.equal(network.seenBy('b'), 'a b')
})

test('who lost its link announces nothing until others are heard, and leaves them what they took', () => {
  const network = settled(['a', 'b'])
  network.cut(['a'], ['b'])
  network.at('a').setLink(false, network.nowMs)
  network.run(2000)
  assert.equal(network.seenBy('a'), '')
  assert.equal(network.seenBy('b'), 'b')
  network.route = () => 1
  network.at('a').setLink(true, network.nowMs)
  network.run(420)
  assert.equal(network.seenBy('a'), '(a) b')
  assert.equal(network.seenBy('b'), '(a) b')
  network.run(2000)
  assert.equal(network.seenBy('b'), 'a b')
})

test('a link that is away for a moment changes nothing', () => {
  const network = settled()
  network.cut(['a'], ['b', 'c'])
  network.at('a').setLink(false, network.nowMs)
  network.run(300)
  network.route = () => 1
  network.at('a').setLink(true, network.nowMs)
  network.run(500)
  assert.deepEqual(network.departures, [])
  for (const name of ALL) assert.equal(network.seenBy(name), 'a b c')
})

test('who cannot hear takes no part until it can, and then listens first', () => {
  const network = new VirtualNetwork(DEFAULT_TIMING, ['a', 'b'])
  network.cut(['a'], ['b'])
  network.at('a').setHearing(false, network.nowMs)
  network.run(60_000)
  assert.equal(network.seenBy('a'), '')
  assert.equal(network.seenBy('b'), 'b')
  network.route = () => 1
  network.at('a').setHearing(true, network.nowMs)
  network.run(420)
  assert.equal(network.seenBy('a'), '(a) b')
  assert.equal(network.seenBy('b'), '(a) b')
  network.run(2000)
  assert.equal(network.seenBy('a'), 'a b')
})

test('who cannot hear and has nobody to hear takes part all the same', () => {
  const network = new VirtualNetwork(DEFAULT_TIMING, ['a'])
  network.at('a').setHearing(false, network.nowMs)
  network.run(3000)
  assert.equal(network.seenBy('a'), 'a')
})

test('a process that did not run for a while declares nobody dead before it has read what came', () => {
  const network = settled(['a', 'b'])
  const { recorded } = network
  network.route = ({ to }) => (to === 'a' ? null : 1)
  const from = recorded.length
  network.stop('a')
  network.run(500)
  const membership = network.at('a')
  const waiting = recorded.slice(from).filter(({ to }) => to === 'a')
  network.nowMs += 300
  membership.advance(network.nowMs)
  for (const { datagram } of waiting) membership.receive(datagram, 'b', network.nowMs)
  membership.advance(network.nowMs + 120)
  assert.deepEqual(
    network.departures.filter(({ at }) => at === 'a'),
    [],
  )
})

test('a process that did not run for long knows its peers still when it reads what came', () => {
  const network = settled(['a', 'b'])
  network.stop('a')
  const from = network.recorded.length
  network.run(60_000)
  const membership = network.at('a')
  const waiting = network.recorded.slice(from).filter(({ to }) => to === 'a')
  assert.ok(waiting.length > 100)
  for (const { datagram } of waiting) {
    membership.receive(datagram, 'b', network.nowMs)
    membership.advance(network.nowMs)
    assert.match(network.seenBy('a'), /b/)
  }
})

test('who was not heard for a while, and heard the others all the time, learns it', () => {
  const network = settled(['a', 'b'])
  assert.deepEqual(network.heardAgain.splice(0), [])
  network.route = ({ from }) => (from === 'b' ? null : 1)
  network.run(900)
  assert.equal(network.seenBy('a'), 'a')
  assert.equal(network.seenBy('b'), 'a b')
  network.route = () => 1
  network.run(2000)
  assert.deepEqual(network.heardAgain, ['b by a'])
  network.start('a')
  network.run(3000)
  assert.deepEqual(network.heardAgain, ['b by a'])
})

test('who knows nothing new of the cluster for long leaves everything to those who do, and only to them', () => {
  const network = settled()
  const all = (expected: string): void => {
    network.run(250)
    for (const name of ALL) assert.equal(network.seenBy(name), expected)
  }
  network.at('b').setStale(130)
  all('a b c')
  network.at('a').setStale(0)
  network.at('b').setStale(100)
  all('a b c')
  network.at('b').setStale(130)
  all('a (b) c')
  network.at('b').setStale(0)
  all('a b c')
  // Nobody can read the cluster: some notice it later than others, and one has started lately.
  for (const [at, name] of ALL.entries()) network.at(name).setStale(at === 2 ? null : 500 + at * 50)
  all('a b c')
})

test('two dozen speakers find each other', () => {
  const names = Array.from({ length: 24 }, (_, index) => `node-${String(index).padStart(3, '0')}`)
  const network = new VirtualNetwork(DEFAULT_TIMING, names)
  network.run(2000)
  for (const name of names) assert.equal(network.seenBy(name), names.join(' '))
})
