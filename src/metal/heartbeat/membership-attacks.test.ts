import assert from 'node:assert/strict'
import test from 'node:test'
import * as fc from 'fast-check'
import { DEFAULT_TIMING } from './heartbeat-model.ts'
import { decodePacket, encodePacket, type Packet } from './packet.ts'
import { VirtualNetwork } from './testing/virtual-network.ts'

function settled(names = ['a', 'b', 'c']): VirtualNetwork {
  const network = new VirtualNetwork(DEFAULT_TIMING, names)
  network.run(3000)
  return network
}

const KEY = Buffer.from('the key of the cluster')

const packetArbitrary: fc.Arbitrary<Packet> = fc
  .record(
    {
      from: fc.stringMatching(/^[a-z0-9.-]{0,253}$/),
      to: fc.stringMatching(/^[a-z0-9.-]{0,253}$/),
      boot: fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }),
      sequence: fc.nat({ max: 2 ** 31 - 1 }).map((low) => low * 3),
      round: fc.nat(),
      echo: fc.record(
        { boot: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), sequence: fc.nat() },
        { noNullPrototype: true },
      ),
      unprovenEcho: fc.record(
        { boot: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), sequence: fc.nat() },
        { noNullPrototype: true },
      ),
      isSettled: fc.boolean(),
      isListening: fc.boolean(),
      isLeaving: fc.boolean(),
      hasNewLink: fc.boolean(),
      hearsReceiver: fc.boolean(),
      liveOthers: fc.nat({ max: 0xffff }),
      staleSeconds: fc.option(fc.nat({ max: 0xfffe })),
    },
    { noNullPrototype: true },
  )
  .chain((header) =>
    fc.oneof(
      fc
        .constantFrom(
          null,
          [],
          [
            { name: 'eth0', mac: '02:00:00:00:00:0a', prefixes: ['192.0.2.7/24', '2001:db8::7/64', '192.0.2.8/32'] },
            { name: 'wlan0', mac: '02:00:00:00:00:0b', prefixes: [] },
          ],
        )
        .map((interfaces): Packet => ({ ...header, kind: 'heartbeat', interfaces })),
      fc.stringMatching(/^[a-z]{0,100}$/).map((about): Packet => ({ ...header, kind: 'ask', about })),
      fc
        .uint8Array({ maxLength: 600 })
        .map((bytes): Packet => ({ ...header, kind: 'relay', ageMs: bytes.length, datagram: Buffer.from(bytes) })),
    ),
  )

test('every packet comes back as it was', () => {
  fc.assert(
    fc.property(packetArbitrary, (packet) => {
      assert.deepEqual(decodePacket(encodePacket(packet, KEY), KEY), packet)
    }),
  )
})

test('more interfaces than a datagram holds are not known', () => {
  const interfaces = Array.from({ length: 60 }, (_, index) => ({
    name: `interface${index}`,
    mac: '02:00:00:00:00:01',
    prefixes: ['2001:db8::1/64'],
  }))
  const network = settled(['a', 'b'])
  network.at('a').setInterfaces(interfaces)
  network.run(500)
  assert.equal(network.at('b').view(network.nowMs).members[0]?.interfaces, null)
  network.at('a').setInterfaces(interfaces.slice(0, 20))
  network.run(500)
  assert.deepEqual(network.at('b').view(network.nowMs).members[0]?.interfaces, interfaces.slice(0, 20))
})

test('whatever arrives that was not made with the key is counted and changes nothing', () => {
  const network = settled()
  const sample = network.recorded.at(-1)?.datagram ?? Buffer.alloc(0)
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 1600 }).map((bytes) => Buffer.from(bytes)),
    fc.uint8Array({ maxLength: 1600 }).map((bytes) => Buffer.concat([Buffer.from('GKHB\x01'), bytes])),
    fc.tuple(fc.nat(sample.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, bits]) => {
      const changed = Buffer.from(sample)
      changed[at] = (changed[at] ?? 0) ^ bits
      return changed
    }),
    fc.nat(sample.length - 1).map((length) => sample.subarray(0, length)),
    packetArbitrary.map((packet) => encodePacket({ ...packet, from: 'b', to: 'a' }, Buffer.from('another key'))),
  )
  const before = { view: network.at('a').view(network.nowMs), peers: network.at('a').stats().peers }
  let count = 0
  fc.assert(
    fc.property(hostile, (datagram) => {
      network.inject({ from: 'b', to: 'a', datagram })
      count++
    }),
    { numRuns: 2000 },
  )
  const { counters, peers } = network.at('a').stats()
  assert.deepEqual({ view: network.at('a').view(network.nowMs), peers }, before)
  assert.equal(counters.forged + counters.malformed, count)
  assert.ok(counters.forged > 100 && counters.malformed > 100)
})

test('whatever one with the key sends, nothing throws and unknown names are counted', () => {
  const network = settled()
  fc.assert(
    fc.property(packetArbitrary, fc.boolean(), (packet, isKnown) => {
      const datagram = encodePacket(isKnown ? { ...packet, from: 'b', to: 'a' } : packet, network.key)
      network.inject({ from: 'b', to: 'a', datagram })
    }),
  )
  assert.ok(network.at('a').stats().counters.foreign > 0)
  assert.equal(network.at('a').stats().peers.length, 2)
})

test('a recording is counted as such and keeps nobody alive', () => {
  const network = settled()
  const recording = network.recorded.filter(({ from, to }) => from === 'b' && to === 'a')
  network.stop('b')
  for (let index = 0; index < 100; index++) {
    for (const sent of recording) network.inject(sent)
    network.run(20)
  }
  assert.equal(network.seenBy('a'), 'a c')
  const { replayed } = network.at('a').stats().counters
  assert.ok(replayed >= 99 * recording.length, String(replayed))
})

test('who delays what a node says, more and more, does not keep it alive for long', () => {
  const network = settled(['a', 'b'])
  const held: typeof network.recorded = []
  network.route = (sent) => {
    if (sent.from !== 'b') return 1
    held.push(sent)
    return null
  }
  let lives = 0
  // Three are sent for each that is passed on.
  while (network.seenBy('a') === 'a b' && lives < 200) {
    network.run(600)
    const next = held.shift()
    assert.ok(next !== undefined)
    network.inject(next)
    lives++
  }
  assert.ok(lives < 30, String(lives))
})

test('a recording of an earlier boot brings nobody back, not even to one that has just started', () => {
  const network = settled(['a', 'b'])
  const recording = network.recorded.filter(({ from }) => from === 'b')
  network.stop('b')
  network.run(2000)
  network.start('a')
  for (let index = 0; index < 50; index++) {
    for (const sent of recording) network.inject(sent)
    network.run(40)
  }
  assert.equal(network.seenBy('a'), 'a')
})

test('a recording of an earlier boot does not disturb the present one', () => {
  const network = settled(['a', 'b'])
  const recording = network.recorded.filter(({ from }) => from === 'b')
  network.start('b')
  network.run(2000)
  const atStart = network.departures.length
  for (let index = 0; index < 100; index++) {
    for (const sent of recording) network.inject(sent)
    network.run(20)
  }
  assert.equal(network.departures.length, atStart)
  assert.equal(network.seenBy('a'), 'a b')
  assert.equal(network.seenBy('b'), 'a b')
})

test('a recorded good-bye of an earlier boot sends nobody away', () => {
  const network = settled(['a', 'b'])
  network.at('b').leave(network.nowMs)
  network.run(10)
  const goodbye = network.recorded.findLast(({ from }) => from === 'b')
  assert.ok(goodbye !== undefined)
  network.start('b')
  network.run(3000)
  network.inject(goodbye)
  network.run(50)
  assert.equal(network.seenBy('a'), 'a b')
})

test('what is recorded on the way to another node, or passed on long after, does not count', () => {
  const network = settled()
  const toC = network.recorded.filter(({ from, to }) => from === 'b' && to === 'c').slice(-3)
  network.stop('b')
  network.run(2000)
  for (const { datagram } of toC) network.inject({ from: 'b', to: 'a', datagram })
  assert.equal(network.seenBy('a'), 'a c')
  const { foreign } = network.at('a').stats().counters
  assert.equal(foreign, 3)
})

test('a flood of a thousand senders that are no nodes leaves no trace but a count', () => {
  const network = settled(['a', 'b'])
  const packet = decodePacket(network.recorded.at(-1)?.datagram ?? Buffer.alloc(0), network.key)
  assert.ok(typeof packet !== 'string')
  for (let index = 0; index < 1000; index++) {
    const datagram = encodePacket({ ...packet, from: `x${index}`, to: 'a' }, network.key)
    network.inject({ from: 'x', to: 'a', datagram })
  }
  const { counters, peers } = network.at('a').stats()
  assert.equal(counters.foreign, 1000)
  assert.equal(peers.length, 1)
})
