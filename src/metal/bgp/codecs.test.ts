import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeAttribute, encodeReach, encodeUnreach, joinBytes } from './attributes.ts'
import { createFramer } from './framing.ts'
import { formatIp, parseIp } from './ip-bytes.ts'
import { MOST_BYTES, TYPE_NOTIFICATION, encodeKeepalive } from './message.ts'
import { decodeNotification, encodeNotification, formatFault, toCease, toFault, type BgpFault } from './notification.ts'
import { decodeOpen, encodeOpen, judgeOpen, type Open } from './open.ts'
import { formatPrefix, parsePrefix, type Prefix } from './prefix.ts'
import { decodeRouteRefresh, encodeRouteRefresh } from './route-refresh.ts'
import { decodeUpdate } from './update-decoding.ts'
import { encodeAnnouncements, encodeEndOfRib, encodeWithdrawals } from './update.ts'

const HEADER = 19
const asn = fc.integer({ min: 1, max: 0xffffffff })
const family = fc.constantFrom(4 as const, 6 as const)
const routerId = fc
  .tuple(fc.integer({ min: 1, max: 223 }), fc.nat(255), fc.nat(255), fc.nat(255))
  .map((octets) => octets.join('.'))
const open: fc.Arbitrary<Open> = fc.record({
  asn,
  holdSeconds: fc.oneof(fc.constant(0), fc.integer({ min: 3, max: 65535 })),
  routerId,
  capabilities: fc.record({
    families: fc.uniqueArray(family, { maxLength: 2 }),
    hasRouteRefresh: fc.boolean(),
    hasExtendedNextHop: fc.boolean(),
    gracefulRestart: fc.option(
      fc.record(
        {
          isRestarting: fc.boolean(),
          restartSeconds: fc.nat(4095),
          preserved: fc.uniqueArray(family, { maxLength: 2 }),
        },
        { noNullPrototype: true },
      ),
    ),
    asn: fc.constant(null),
  }),
})
const community = fc.oneof(
  asn.map((value) => ({ kind: 'standard' as const, value })),
  fc.tuple(asn, asn, asn).map((values) => ({ kind: 'large' as const, values })),
)

/** Messages of `bytes` however they are cut, and the fault at the end. */
function readStream(
  bytes: Uint8Array,
  cuts: readonly number[],
): { messages: [number, Uint8Array][]; fault: BgpFault | null } {
  const messages: [number, Uint8Array][] = []
  let fault: BgpFault | null = null
  const framer = createFramer({
    onMessage: (type, body) => messages.push([type, body.slice()]),
    onFault: (found) => (fault = found),
    isDone: () => false,
  })
  let at = 0
  for (const cut of [...cuts, bytes.length]) {
    const end = Math.max(at, Math.min(bytes.length, at + cut))
    framer.push(bytes.subarray(at, end))
    at = end
  }
  return { messages, fault }
}

test('addresses keep their value over bytes and text, in the form of RFC 5952', () => {
  const cases = ['192.0.2.1', '::', '::1', '2001:db8::1', '2001:db8:0:1:1:1:1:1', '1:0:0:2::', '1::2:0:0:3']
  for (const text of cases) assert.equal(formatIp(parseIp(text) ?? new Uint8Array()), text)
  assert.equal(formatIp(parseIp('::ffff:192.0.2.1') ?? new Uint8Array()), '::ffff:c000:201')
  for (const wrong of ['', '1.2.3', 'fe80::1%eth0', 'x']) assert.equal(parseIp(wrong), null)
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      assert.deepEqual(parseIp(formatIp(bytes)), bytes)
    }),
  )
})

test('prefixes lose their host bits, and what is none is refused', () => {
  assert.equal(formatPrefix(parsePrefix('192.0.2.130/25') as Prefix), '192.0.2.128/25')
  assert.equal(formatPrefix(parsePrefix('2001:DB8::1/32') as Prefix), '2001:db8::/32')
  assert.equal(formatPrefix(parsePrefix('1.2.3.4/0') as Prefix), '0.0.0.0/0')
  for (const wrong of ['192.0.2.1', '192.0.2.1/33', '192.0.2.1/', '::/129', '/24', '1.2.3.4/-1', '1.2.3.4/ 8'])
    assert.equal(parsePrefix(wrong), null, wrong)
})

test('an OPEN means the same after the wire, also with an AS number of four octets', () => {
  fc.assert(
    fc.property(open, (sent) => {
      const given = { ...sent, capabilities: { ...sent.capabilities, asn: sent.asn } }
      const read = decodeOpen(encodeOpen(given).subarray(HEADER))
      assert.ok(read.ok)
      assert.deepEqual(read.value, given)
    }),
  )
})

test('an OPEN is byte for byte what RFC 4271, 5492, 4760, 2918, 4724 and 6793 say', () => {
  const bytes = encodeOpen({
    asn: 4200000001,
    holdSeconds: 90,
    routerId: '192.0.2.1',
    capabilities: {
      families: [4, 6],
      hasRouteRefresh: true,
      hasExtendedNextHop: false,
      gracefulRestart: { isRestarting: true, restartSeconds: 120, preserved: [4] },
      asn: 4200000001,
    },
  })
  const wanted =
    'ffffffffffffffffffffffffffffffff003b01' +
    '045ba0005ac00002011e021c' +
    '010400010001010400020001' +
    '02004006807800010180' +
    '4104fa56ea01'
  assert.equal(Buffer.from(bytes).toString('hex'), wanted)
})

test('what is wrong in an OPEN gives the code that RFC 4271 6.2 names', () => {
  const sound = Buffer.from('04fde8005ac00002010000', 'hex').subarray(0, 10)
  const cases: [string, string, number][] = [
    ['another version', '03fde8005ac000020100', 1],
    ['an unknown optional parameter', '04fde8005ac0000201030101ff', 4],
    ['a parameter list longer than the message', '04fde8005ac000020105', 0],
    ['a parameter longer than its list', '04fde8005ac0000201020205', 0],
    ['a capability longer than its parameter', '04fde8005ac000020104020241ff', 0],
    ['a capability of a wrong length', '04fde8005ac000020105020341 01ff'.replaceAll(' ', ''), 0],
  ]
  assert.ok(decodeOpen(sound).ok)
  for (const [name, bytes, subcode] of cases) {
    const read = decodeOpen(Buffer.from(bytes, 'hex'))
    assert.equal(read.ok, false, name)
    if (!read.ok) assert.deepEqual([read.fault.code, read.fault.subcode], [2, subcode], name)
  }
  const capabilities = {
    families: [],
    hasRouteRefresh: false,
    hasExtendedNextHop: false,
    gracefulRestart: null,
    asn: null,
  }
  const good: Open = { asn: 65001, holdSeconds: 90, routerId: '192.0.2.2', capabilities }
  const expected = { myAsn: 65000, peerAsn: 65001, routerId: '192.0.2.1' }
  assert.equal(judgeOpen(good, expected), null)
  const judged: [Open, typeof expected, number][] = [
    [{ ...good, asn: 65002 }, expected, 2],
    [{ ...good, routerId: '0.0.0.0' }, expected, 3],
    [{ ...good, holdSeconds: 2 }, expected, 6],
    [good, { ...expected, myAsn: 4200000001 }, 7],
    [{ ...good, routerId: '192.0.2.1' }, { ...expected, myAsn: 65001 }, 3],
  ]
  for (const [said, wanted, subcode] of judged) assert.equal(judgeOpen(said, wanted)?.subcode, subcode)
})

test('extended optional parameters (RFC 9072) are read', () => {
  const read = decodeOpen(Buffer.from('045ba0005ac0000201ffff00090200064104fa56ea01', 'hex'))
  assert.ok(read.ok)
  assert.equal(read.value.asn, 4200000001)
})

test('announcements share attributes, fit into 4096 bytes each and lose nothing', () => {
  const prefixes = fc.array(fc.tuple(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.integer({ min: 0, max: 32 })), {
    maxLength: 3000,
  })
  fc.assert(
    fc.property(
      prefixes,
      fc.array(community, { maxLength: 30 }),
      fc.boolean(),
      fc.boolean(),
      (list, communities, isInternal, isWide) => {
        const given = list.map(([bytes, length]) => parsePrefix(`${formatIp(bytes)}/${length}`) as Prefix)
        const context = { myAsn: 65000, isInternal, hasAs4: isWide }
        const nextHop = Uint8Array.of(192, 0, 2, 1)
        const messages = encodeAnnouncements(4, given, nextHop, context, { localPref: 150, communities }) ?? []
        const read = messages.flatMap((message) => {
          assert.ok(message.length <= MOST_BYTES)
          const update = decodeUpdate(message.subarray(HEADER), context)
          assert.ok(update.ok)
          assert.equal(update.value.malformed, null)
          const { origin, asPath, nextHop, localPref } = update.value.attributes
          assert.deepEqual([origin, asPath, nextHop], [0, isInternal ? [] : [65000], '192.0.2.1'])
          assert.equal(localPref, isInternal ? 150 : null)
          const ordered = ['standard', 'large'].flatMap((kind) => communities.filter((each) => each.kind === kind))
          assert.deepEqual(update.value.attributes.communities, ordered)
          return update.value.announced
        })
        assert.deepEqual(read, given)
        if (given.length > 0) assert.ok(messages.length <= Math.ceil((given.length * 5) / 3000) + 1)
      },
    ),
    { numRuns: 50 },
  )
})

test('IPv6 goes into MP_REACH and MP_UNREACH, with one next hop or two', () => {
  const prefix = parsePrefix('2001:db8::10/128') as Prefix
  const context = { myAsn: 4200000001, isInternal: false, hasAs4: true }
  for (const hop of [
    parseIp('2001:db8::1'),
    joinBytes([parseIp('2001:db8::1') as Uint8Array, parseIp('fe80::1') as Uint8Array]),
  ]) {
    const [message] =
      encodeAnnouncements(6, [prefix], hop as Uint8Array, context, { localPref: 0, communities: [] }) ?? []
    const read = decodeUpdate((message as Uint8Array).subarray(HEADER), context)
    assert.ok(read.ok)
    assert.deepEqual(read.value.announced, [prefix])
    assert.equal(read.value.malformed, null)
  }
  const [gone] = encodeWithdrawals(6, [prefix], false)
  const read = decodeUpdate((gone as Uint8Array).subarray(HEADER), context)
  assert.ok(read.ok)
  assert.deepEqual(read.value.withdrawn, [prefix])
})

test('an AS number of four octets reaches a peer of two as AS_TRANS with AS4_PATH', () => {
  const context = { myAsn: 4200000001, isInternal: false, hasAs4: false }
  const prefix = parsePrefix('192.0.2.1/32') as Prefix
  const [message] =
    encodeAnnouncements(4, [prefix], Uint8Array.of(192, 0, 2, 1), context, { localPref: 0, communities: [] }) ?? []
  const text = Buffer.from(message as Uint8Array).toString('hex')
  assert.match(text, /40020402015ba0/)
  assert.match(text, /c011060201fa56ea01/)
})

test('End-of-RIB is recognised for both families', () => {
  for (const each of [4, 6] as const) {
    const read = decodeUpdate(encodeEndOfRib(each).subarray(HEADER), { hasAs4: true, isInternal: false })
    assert.ok(read.ok)
    assert.equal(read.value.endOfRib, each)
  }
})

test('communities that leave no room for a prefix are not cut', () => {
  const communities = Array.from({ length: 340 }, (_, at) => ({ kind: 'large' as const, values: [at, 1, 2] as const }))
  const prefix = parsePrefix('192.0.2.1/32') as Prefix
  const context = { myAsn: 1, isInternal: false, hasAs4: true }
  assert.equal(encodeAnnouncements(4, [prefix], new Uint8Array(4), context, { localPref: 0, communities }), null)
})

test('mistakes in an UPDATE give the codes of RFC 4271 6.3, and end the session only where RFC 7606 does', () => {
  const origin = encodeAttribute(0x40, 1, Uint8Array.of(0))
  const path = encodeAttribute(0x40, 2, Uint8Array.of(2, 1, 0, 0, 0xfd, 0xe9))
  const hop = encodeAttribute(0x40, 3, Uint8Array.of(192, 0, 2, 1))
  const net = Uint8Array.of(24, 198, 51, 100)
  const update = (
    attributes: readonly Uint8Array[],
    prefixes: Uint8Array = net,
    withdrawn = new Uint8Array(0),
  ): Uint8Array => {
    const list = joinBytes(attributes)
    return joinBytes([
      Uint8Array.of(withdrawn.length >> 8, withdrawn.length & 255),
      withdrawn,
      Uint8Array.of(list.length >> 8, list.length & 255),
      list,
      prefixes,
    ])
  }
  const soft: [string, Uint8Array, number][] = [
    ['ORIGIN missing', update([path, hop]), 3],
    ['NEXT_HOP missing', update([origin, path]), 3],
    ['ORIGIN of two bytes', update([encodeAttribute(0x40, 1, Uint8Array.of(0, 0)), path, hop]), 5],
    ['ORIGIN 7', update([encodeAttribute(0x40, 1, Uint8Array.of(7)), path, hop]), 6],
    ['ORIGIN optional', update([encodeAttribute(0xc0, 1, Uint8Array.of(0)), path, hop]), 4],
    ['NEXT_HOP multicast', update([origin, path, encodeAttribute(0x40, 3, Uint8Array.of(224, 0, 0, 1))]), 8],
    ['AS_PATH cut off', update([origin, encodeAttribute(0x40, 2, Uint8Array.of(2, 2, 0, 0, 0, 1)), hop]), 11],
    [
      'AS_PATH of an unknown kind',
      update([origin, encodeAttribute(0x40, 2, Uint8Array.of(9, 1, 0, 0, 0, 1)), hop]),
      11,
    ],
    ['unknown well-known', update([origin, path, hop, encodeAttribute(0x40, 99, Uint8Array.of(1))]), 2],
    ['COMMUNITIES of five bytes', update([origin, path, hop, encodeAttribute(0xc0, 8, new Uint8Array(5))]), 5],
    ['an attribute longer than the list', update([origin, path, hop, Uint8Array.of(0x40, 5, 200)]), 1],
  ]
  for (const [name, body, subcode] of soft) {
    const read = decodeUpdate(body, { hasAs4: true, isInternal: false })
    assert.ok(read.ok, name)
    assert.deepEqual([read.value.malformed?.code, read.value.malformed?.subcode], [3, subcode], name)
  }
  const hard: [string, Uint8Array, number][] = [
    ['nothing', new Uint8Array(0), 1],
    ['withdrawn routes longer than the message', Uint8Array.of(0, 9, 0, 0), 1],
    ['attributes longer than the message', Uint8Array.of(0, 0, 0, 9), 1],
    ['a prefix of 33 bits', update([origin, path, hop], Uint8Array.of(33, 1, 2, 3, 4, 5)), 10],
    ['a prefix cut off', update([origin, path, hop], Uint8Array.of(24, 1)), 10],
    ['a withdrawn prefix cut off', update([], new Uint8Array(0), Uint8Array.of(32, 1)), 10],
    [
      'MP_REACH twice',
      update([
        encodeReach(6, new Uint8Array(16), new Uint8Array(0)),
        encodeReach(6, new Uint8Array(16), new Uint8Array(0)),
      ]),
      1,
    ],
    ['MP_REACH with a prefix of 129 bits', update([encodeReach(6, new Uint8Array(16), Uint8Array.of(129))]), 9],
    ['MP_REACH with a next hop of 5 bytes', update([encodeReach(6, new Uint8Array(5), new Uint8Array(0))]), 9],
    ['MP_UNREACH cut off', update([encodeUnreach(6, Uint8Array.of(64))]), 9],
  ]
  for (const [name, body, subcode] of hard) {
    const read = decodeUpdate(body, { hasAs4: true, isInternal: false })
    assert.equal(read.ok, false, name)
    if (!read.ok) assert.deepEqual([read.fault.code, read.fault.subcode], [3, subcode], name)
  }
})

test('a Cease carries its text to the peer, whole characters only', () => {
  const read = (text: string): string => decodeNotification(encodeNotification(toCease(2, text)).subarray(HEADER)).text
  assert.equal(read('maintenance until 6'), 'maintenance until 6')
  assert.equal(read('玄'.repeat(100)), '玄'.repeat(85))
  assert.equal(formatFault(toCease(2, 'bye')), 'cease: administrative shutdown (6/2) "bye"')
  assert.equal(decodeNotification(Uint8Array.of(6, 2, 200, 65)).text, '')
  assert.equal(decodeNotification(Uint8Array.of(6, 2, 3, 65, 10, 66)).text, 'A B')
  assert.equal(encodeNotification(toFault(1, 1, '', new Uint8Array(9000))).length, MOST_BYTES)
})

test('a route refresh names its family', () => {
  for (const each of [4, 6] as const) {
    assert.deepEqual(decodeRouteRefresh(encodeRouteRefresh(each).subarray(HEADER)), { ok: true, value: each })
  }
  assert.deepEqual(decodeRouteRefresh(Uint8Array.of(0, 1, 1, 1)), { ok: true, value: null })
  assert.equal(decodeRouteRefresh(new Uint8Array(3)).ok, false)
})

test('messages are found however the stream is cut', () => {
  const messages = [
    encodeKeepalive(),
    encodeNotification(toCease(2, 'x')),
    encodeEndOfRib(6),
    encodeKeepalive(),
    encodeEndOfRib(4),
  ]
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 60 }), (cuts) => {
      const { messages: read, fault } = readStream(joinBytes(messages), cuts)
      assert.equal(fault, null)
      assert.deepEqual(
        read,
        messages.map((message) => [message[18], message.slice(HEADER)]),
      )
    }),
  )
})

test('a broken header gives the codes of RFC 4271 6.1 before its body is waited for', () => {
  const header = (length: number, type: number): Uint8Array =>
    Uint8Array.of(...new Uint8Array(16).fill(255), length >> 8, length & 255, type)
  const cases: [Uint8Array, number, number[]][] = [
    [new Uint8Array(19), 1, []],
    [header(18, 4), 2, [0, 18]],
    [header(4097, 2), 2, [16, 1]],
    [header(20, 4), 2, [0, 20]],
    [header(28, 1), 2, [0, 28]],
    [header(22, 2), 2, [0, 22]],
    [header(20, 3), 2, [0, 20]],
    [header(19, 9), 3, [9]],
  ]
  for (const [bytes, subcode, data] of cases) {
    const { fault } = readStream(bytes, [])
    assert.deepEqual([fault?.code, fault?.subcode, [...(fault?.data ?? [])]], [1, subcode, data])
  }
})

test('hostile bytes never throw, whichever decoder gets them', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.array(fc.nat(50), { maxLength: 10 }),
      fc.boolean(),
      (bytes, cuts, hasAs4) => {
        readStream(bytes, cuts)
        readStream(joinBytes([new Uint8Array(16).fill(255), bytes]), cuts)
        decodeOpen(bytes)
        decodeOpen(joinBytes([Uint8Array.of(4, 1, 1, 0, 90, 1, 1, 1, 1, bytes.length & 255), bytes]))
        decodeUpdate(bytes, { hasAs4, isInternal: !hasAs4 })
        decodeUpdate(joinBytes([Uint8Array.of(0, 0, bytes.length >> 8, bytes.length & 255), bytes]), {
          hasAs4,
          isInternal: false,
        })
        decodeRouteRefresh(bytes)
        decodeNotification(bytes)
      },
    ),
    { numRuns: 3000 },
  )
})

test('a sound message with one byte changed gives a message or a fault of its kind', () => {
  const context = { myAsn: 65000, isInternal: false, hasAs4: true }
  const list = ['192.0.2.1/32', '198.51.100.0/24'].map((text) => parsePrefix(text) as Prefix)
  const communities = [
    { kind: 'standard' as const, value: 1 },
    { kind: 'large' as const, values: [1, 2, 3] as const },
  ]
  const [sound = new Uint8Array()] =
    encodeAnnouncements(4, list, Uint8Array.of(1, 2, 3, 4), context, { localPref: 0, communities }) ?? []
  fc.assert(
    fc.property(fc.nat(sound.length - HEADER - 1), fc.nat(255), (at, value) => {
      const body = sound.slice(HEADER)
      body[at] = value
      const read = decodeUpdate(body, context)
      const fault = read.ok ? read.value.malformed : read.fault
      if (fault !== null) assert.ok(fault.code === 3 && fault.subcode >= 1 && fault.subcode <= 11)
    }),
    { numRuns: 2000 },
  )
})

test('a NOTIFICATION keeps code, subcode and data', () => {
  const fault = toFault(3, 5, 'x', Uint8Array.of(1, 2, 3))
  const { messages } = readStream(encodeNotification(fault), [])
  const [[type, body] = [0, new Uint8Array()]] = messages
  assert.equal(type, TYPE_NOTIFICATION)
  assert.deepEqual(decodeNotification(body), { ...fault, text: '' })
})
