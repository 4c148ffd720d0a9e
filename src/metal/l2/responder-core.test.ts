import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatAddressKey, toAddressKey } from './address-key.ts'
import { arpProbe, decodeArp, encodeArp, gratuitousArp } from './arp.ts'
import { BROADCAST_MAC } from './ethernet.ts'
import type { UsedLink } from './held-address.ts'
import { GRATUITOUS_AT_MS } from './held-address.ts'
import { decodeNdp, encodeNdp, ndpSolicitation, unsolicitedAdvertisement } from './ndp.ts'
import { createResponderCore } from './responder-core.ts'
import type { ResponderCore } from './responder-core.ts'
import type { L2Event, L2Settings } from './responder-model.ts'
import { DEFAULT_PROBE } from './responder-model.ts'

const VIP = '192.0.2.100'
const VIP6 = '2001:db8::100'
const OTHER_MAC = 0x0200_0000_0009
const ASKER = { mac: OTHER_MAC, address: toAddressKey('fe80::9')! }
const ETH0: UsedLink = {
  name: 'eth0',
  index: 2,
  mac: 0x0200_0000_0005,
  linkLocal: toAddressKey('fe80::5')!,
  hasIPv6: true,
}
const ETH1: UsedLink = { ...ETH0, name: 'eth1', index: 3, mac: 0x0200_0000_0006 }
const NO_PROBE: L2Settings = { excludedInterfaces: [], probe: null, periodicMs: 0, isPromiscuous: false }

test('gratuitous announcements of both kinds go out at their times and then no more', () => {
  const bench = createBench(NO_PROBE)
  bench.wish(VIP)
  bench.runUntil(60_000)
  const requests = bench.sent.filter(({ frame }) => decodeArp(frame)?.operation === 'request')
  assert.deepEqual(
    requests.map(({ atMs }) => atMs),
    GRATUITOUS_AT_MS,
  )
  assert.equal(bench.sent.length, 2 * GRATUITOUS_AT_MS.length)
  assert.deepEqual(bench.events, [{ kind: 'announced', address: VIP, interfaces: ['eth0'] }])
  assert.equal(bench.core.counters.read().addresses[0]?.gratuitousSent, 14)
})

test('periodic announcements go on after the first seconds', () => {
  const bench = createBench({ ...NO_PROBE, periodicMs: 10_000 })
  bench.wish(VIP6)
  bench.runUntil(30_000)
  assert.deepEqual(
    bench.sent.map(({ atMs }) => atMs),
    [...GRATUITOUS_AT_MS, 14_600, 24_600],
  )
  assert.ok(bench.sent.every(({ frame }) => decodeNdp(frame)?.isSolicited === false))
})

test('periodic announcements can be wished, changed and ended later', () => {
  const bench = createBench(NO_PROBE)
  bench.wish(VIP6)
  for (const [atMs, periodicMs] of [
    [10_000, 10_000],
    [35_000, 20_000],
    [80_000, 0],
  ] as const) {
    bench.runUntil(atMs)
    bench.core.configure({ ...NO_PROBE, periodicMs })
  }
  bench.runUntil(200_000)
  assert.deepEqual(
    bench.sent.map(({ atMs }) => atMs),
    [...GRATUITOUS_AT_MS, 20_000, 30_000, 55_000, 75_000],
  )
})

test('a set that is wished again changes nothing, and one without the address ends it', () => {
  const bench = createBench(NO_PROBE)
  bench.wish(VIP)
  bench.runUntil(100)
  const before = bench.sent.length
  bench.wish(VIP)
  bench.runUntil(150)
  assert.equal(bench.sent.length, before)
  bench.wish()
  bench.runUntil(10_000)
  assert.equal(bench.sent.length, before)
  assert.equal(bench.ask(VIP), false)
  assert.deepEqual(bench.core.counters.read().addresses, [])
})

test('requests for announced addresses are answered on their interfaces only', () => {
  const bench = createBench(NO_PROBE, [ETH0, ETH1])
  bench.core.announce([{ address: VIP, interfaces: ['eth1'], services: [] }], [])
  bench.runUntil(10_000)
  assert.equal(bench.ask(VIP, ETH0), false)
  assert.equal(bench.ask(VIP, ETH1), true)
  assert.equal(bench.ask('192.0.2.101', ETH1), false)
  const reply = decodeArp(bench.sent.at(-1)!.frame)!
  assert.deepEqual([reply.destination, reply.senderMac, reply.senderAddress], [OTHER_MAC, ETH1.mac, toAddressKey(VIP)])
})

test('a frame for another station is not answered, one for the own MAC is', () => {
  const bench = createBench(NO_PROBE)
  bench.wish(VIP, VIP6)
  bench.runUntil(0)
  for (const [destination, isAnswered] of [
    [BROADCAST_MAC, true],
    [ETH0.mac, true],
    [ETH1.mac, false],
  ] as const) {
    const request = {
      ...arpProbe(OTHER_MAC, toAddressKey(VIP)!),
      senderAddress: toAddressKey('192.0.2.9')!,
      destination,
    }
    assert.equal(bench.core.receive(2, 4, encodeArp(request)), isAnswered)
  }
  const solicitation = ndpSolicitation(ASKER, toAddressKey(VIP6)!)
  for (const [destination, isAnswered] of [
    [solicitation.destination, true],
    [ETH0.mac, true],
    [ETH1.mac, false],
  ] as const)
    assert.equal(bench.core.receive(2, 6, encodeNdp({ ...solicitation, destination })), isAnswered)
})

test('a probe for duplicates of an IPv6 address is passed over', () => {
  const bench = createBench(NO_PROBE)
  bench.wish(VIP6)
  bench.runUntil(0)
  const solicitation = { ...ndpSolicitation(ASKER, toAddressKey(VIP6)!), linkAddress: null }
  assert.equal(bench.core.receive(2, 6, encodeNdp({ ...solicitation, sourceAddress: toAddressKey('::')! })), false)
  assert.equal(bench.core.receive(2, 6, encodeNdp(solicitation)), true)
})

test('an address that nobody has is announced after the probes', () => {
  const bench = createBench({ ...NO_PROBE, probe: DEFAULT_PROBE })
  bench.wish(VIP, VIP6)
  bench.runUntil(399)
  assert.deepEqual(
    bench.sent.map(({ atMs }) => atMs),
    [0, 0, 100, 100, 200, 200],
  )
  assert.ok(
    bench.sent.every(
      ({ frame }) => decodeArp(frame)?.senderAddress === '\0\0\0\0' || decodeNdp(frame)?.kind === 'solicitation',
    ),
  )
  assert.equal(bench.ask(VIP), false)
  assert.deepEqual(bench.events, [])
  bench.runUntil(400)
  assert.deepEqual(
    bench.events.map(({ kind }) => kind),
    ['announced', 'announced'],
  )
  assert.equal(bench.ask(VIP), true)
})

test('an address taken over from another speaker is announced at once', () => {
  const bench = createBench({ ...NO_PROBE, probe: DEFAULT_PROBE })
  bench.core.announce([{ address: VIP, interfaces: [], services: [] }], [VIP])
  bench.runUntil(0)
  assert.deepEqual(
    bench.events.map(({ kind }) => kind),
    ['announced'],
  )
})

test('an address that turns out to be taken over, while it is looked for or held up, is announced at once', () => {
  const bench = createBench({ ...NO_PROBE, probe: DEFAULT_PROBE })
  bench.wish(VIP)
  bench.runUntil(50)
  bench.core.receive(2, 4, encodeArp(gratuitousArp('request', OTHER_MAC, toAddressKey(VIP)!)))
  bench.core.announce([{ address: VIP, interfaces: [], services: [] }], [VIP])
  bench.runUntil(60)
  assert.deepEqual(
    bench.events.map(({ kind }) => kind),
    ['conflict', 'announced'],
  )
  const before = bench.sent.length
  bench.core.announce([{ address: VIP, interfaces: [], services: [] }], [VIP])
  bench.runUntil(70)
  assert.equal(bench.sent.length, before)
})

for (const [text, claim] of [
  [VIP, encodeArp({ ...gratuitousArp('reply', OTHER_MAC, toAddressKey(VIP)!), destination: ETH0.mac })],
  [VIP6, encodeNdp(unsolicitedAdvertisement(ASKER, toAddressKey(VIP6)!))],
] as const) {
  const family = text === VIP ? 4 : 6

  test(`${text}: somebody who has it holds it up, is told once, and is asked again later`, () => {
    const bench = createBench({ ...NO_PROBE, probe: DEFAULT_PROBE })
    bench.wish(text)
    bench.runUntil(50)
    bench.core.receive(2, family, claim)
    const event = { kind: 'conflict', address: text, interface: 'eth0', mac: '02:00:00:00:00:09' }
    assert.deepEqual(bench.events, [event])
    bench.runUntil(30_060)
    assert.equal(bench.sent.length, 2)
    bench.core.receive(2, family, claim)
    assert.deepEqual(bench.events, [event])
    bench.runUntil(61_000)
    assert.deepEqual(bench.events.slice(1), [{ kind: 'announced', address: text, interfaces: ['eth0'] }])
  })

  test(`${text}: an address that somebody was found to have is announced at once when that is insisted on`, () => {
    const bench = createBench({ ...NO_PROBE, probe: DEFAULT_PROBE })
    bench.wish(text)
    bench.core.insist(text === VIP ? '192.0.2.99' : VIP)
    bench.runUntil(50)
    bench.core.receive(2, family, claim)
    bench.core.insist(text)
    bench.runUntil(60)
    assert.deepEqual(bench.events.slice(1), [{ kind: 'announced', address: text, interfaces: ['eth0'] }])
    const sent = bench.sent.length
    bench.core.insist(text)
    bench.runUntil(61)
    assert.equal(bench.sent.length, sent)
  })

  test(`${text}: somebody else who claims it is told of, at most once a second`, () => {
    const bench = createBench(NO_PROBE)
    bench.wish(text)
    bench.runUntil(5000)
    bench.events.length = 0
    for (let count = 0; count < 50; count += 1) bench.core.receive(2, family, claim)
    bench.runUntil(6000)
    bench.core.receive(2, family, claim)
    const event = {
      kind: 'foreign',
      address: text,
      interface: 'eth0',
      mac: '02:00:00:00:00:09',
      ownMac: '02:00:00:00:00:05',
    }
    assert.deepEqual(bench.events, [
      { ...event, count: 1 },
      { ...event, count: 50 },
    ])
    assert.equal(bench.core.counters.read().addresses[0]?.foreignSeen, 51)
    const before = bench.sent.length
    bench.core.defend([text])
    bench.runUntil(6000)
    assert.ok(bench.sent.length > before)
  })
}

test('own frames that come back by another interface are no conflict', () => {
  const bench = createBench({ ...NO_PROBE, probe: DEFAULT_PROBE }, [ETH0, ETH1])
  bench.wish(VIP)
  bench.runUntil(0)
  bench.core.receive(2, 4, encodeArp(arpProbe(ETH1.mac, toAddressKey(VIP)!)))
  bench.core.receive(3, 4, encodeArp(gratuitousArp('reply', ETH0.mac, toAddressKey(VIP)!)))
  bench.runUntil(1000)
  assert.deepEqual(
    bench.events.map(({ kind }) => kind),
    ['announced'],
  )
})

for (const [mac, goesOn] of [
  [0x0200_0000_0009, true],
  [0x0200_0000_0001, false],
] as const) {
  test(`of two that look for one address at the same time the ${goesOn ? 'lower' : 'higher'} MAC ${goesOn ? 'goes on' : 'waits'}`, () => {
    const bench = createBench({ ...NO_PROBE, probe: DEFAULT_PROBE })
    bench.wish(VIP)
    bench.runUntil(10)
    bench.core.receive(2, 4, encodeArp(arpProbe(mac, toAddressKey(VIP)!)))
    bench.runUntil(1000)
    assert.deepEqual(
      bench.events.map(({ kind }) => kind),
      [goesOn ? 'announced' : 'conflict'],
    )
  })
}

test('addresses wait for an interface, are announced again when it comes back, and say so once', () => {
  const bench = createBench(NO_PROBE, [])
  bench.wish(VIP)
  assert.deepEqual(bench.events, [{ kind: 'no-interface', address: VIP, wished: [] }])
  bench.setLinks([ETH0])
  bench.runUntil(5000)
  assert.equal(bench.sent.length, 14)
  bench.setLinks([])
  bench.setLinks([ETH0])
  bench.runUntil(10_000)
  assert.equal(bench.sent.length, 28)
  // Down and up between two looks.
  bench.setLinks([ETH0], [ETH0.index])
  bench.runUntil(15_000)
  assert.equal(bench.sent.length, 42)
  assert.deepEqual(
    bench.events.map(({ kind }) => kind),
    ['no-interface', 'announced', 'no-interface', 'announced'],
  )
})

test('what the kernel does not take is sent again soon', () => {
  const bench = createBench(NO_PROBE)
  bench.refuses = true
  bench.wish(VIP)
  bench.runUntil(35)
  assert.equal(bench.core.counters.sendFailures, 4)
  bench.refuses = false
  bench.runUntil(40)
  assert.equal(bench.sent.length, 2)
})

test('ten thousand addresses are taken over in parts, with frames answered in between', () => {
  const bench = createBench(NO_PROBE)
  const texts = Array.from({ length: 10_000 }, (_, index) => formatAddressKey(numbered(index)))
  bench.wish(...texts)
  for (let wait = 0; wait === 0;) {
    const before = bench.sent.length
    wait = bench.core.advance()
    assert.ok(bench.sent.length - before <= 128, `${bench.sent.length - before} frames at once`)
  }
  assert.equal(bench.sent.length, 20_000)
})

test('no frame makes the responder throw or changes what is announced', () => {
  const bench = createBench(NO_PROBE)
  bench.wish(VIP, VIP6)
  bench.runUntil(5000)
  const seeds = [
    encodeArp(gratuitousArp('request', OTHER_MAC, toAddressKey(VIP)!)),
    encodeNdp(ndpSolicitation(ASKER, toAddressKey(VIP6)!)),
    encodeNdp(unsolicitedAdvertisement(ASKER, toAddressKey(VIP6)!)),
  ]
  const frames = fc.oneof(
    fc.uint8Array({ maxLength: 120 }).map((bytes) => Buffer.from(bytes)),
    fc
      .tuple(fc.constantFrom(...seeds), fc.array(fc.tuple(fc.nat(90), fc.nat(255)), { maxLength: 3 }))
      .map(([seed, edits]) => {
        const frame = Buffer.from(seed)
        for (const [at, byte] of edits) if (at < frame.length) frame[at] = byte
        return frame
      }),
  )
  fc.assert(
    fc.property(frames, fc.constantFrom<4 | 6>(4, 6), (frame, family) => void bench.core.receive(2, family, frame)),
    { numRuns: 2000 },
  )
  bench.runUntil(20_000)
  assert.ok(bench.events.every(({ kind }) => kind === 'announced' || kind === 'foreign'))
  assert.equal(bench.ask(VIP), true)
  assert.deepEqual(
    bench.core.counters.read().addresses.map(({ address }) => address),
    [VIP, VIP6],
  )
})

interface Bench {
  readonly core: ResponderCore
  readonly sent: { readonly atMs: number; readonly index: number; readonly frame: Buffer }[]
  readonly events: L2Event[]
  refuses: boolean
  wish(...addresses: readonly string[]): void
  setLinks(links: readonly UsedLink[], renewed?: readonly number[]): void
  /** Does all that is due until then. */
  runUntil(ms: number): void
  /** Asks by ARP; true when it is answered. */
  ask(address: string, link?: UsedLink): boolean
}

function createBench(settings: L2Settings, links: readonly UsedLink[] = [ETH0]): Bench {
  let now = 0
  const bench: Bench = {
    sent: [],
    events: [],
    refuses: false,
    core: createResponderCore(settings, {
      nowMs: () => now,
      send(index, _family, frame) {
        if (!bench.refuses) bench.sent.push({ atMs: now, index, frame })
        return !bench.refuses
      },
      emit: (event) => void bench.events.push(event),
    }),
    wish: (...addresses) =>
      bench.core.announce(
        addresses.map((address) => ({ address, interfaces: [], services: [] })),
        [],
      ),
    setLinks: (next, renewed = []) => bench.core.setLinks(next, new Set([ETH0.mac, ETH1.mac]), new Set(renewed)),
    runUntil(ms) {
      for (;;) {
        const wait = bench.core.advance()
        if (now + wait > ms) break
        now += wait
      }
      now = ms
    },
    ask(address, link = ETH0) {
      const request = { ...arpProbe(OTHER_MAC, toAddressKey(address)!), senderAddress: toAddressKey('192.0.2.9')! }
      return bench.core.receive(link.index, 4, encodeArp(request))
    },
  }
  bench.setLinks(links)
  return bench
}

function numbered(index: number): string {
  return String.fromCharCode(198, 18, index >> 8, index & 0xff)
}
