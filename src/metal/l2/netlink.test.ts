import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compilePatterns, lostLinks, toInterfaces } from './interfaces.ts'
import { decodeNetlink, encodeDumpRequest } from './netlink.ts'
import type { NetlinkMessage } from './netlink.ts'
import { DEFAULT_EXCLUDED_INTERFACES } from './responder-model.ts'

test('requests are those of rtnetlink', () => {
  assert.equal(encodeDumpRequest('links', 7).toString('hex'), `2000000012000103${'07000000'.padEnd(48, '0')}`)
  assert.equal(encodeDumpRequest('addresses', 7).toString('hex'), `1800000016000103${'07000000'.padEnd(32, '0')}`)
})

test('links and addresses are read from the messages of a dump', () => {
  const info = attribute(18, attribute(4, Buffer.from('vrf\0')))
  const link = message(
    16,
    Buffer.concat([
      header(1, 3, 0x1043),
      attribute(3, Buffer.from('eth0\0')),
      attribute(1, Buffer.from('0200000000aa', 'hex')),
      attribute(10, word(9)),
      info,
    ]),
  )
  const v4 = message(
    20,
    Buffer.concat([
      Buffer.from([2, 24, 0, 0]),
      word(3),
      attribute(1, Buffer.from([192, 0, 2, 9])),
      attribute(2, Buffer.from([192, 0, 2, 1])),
    ]),
  )
  const v6 = message(
    20,
    Buffer.concat([
      Buffer.from([10, 64, 0x40, 253]),
      word(3),
      attribute(1, Buffer.from('fe800000000000000000000000000001', 'hex')),
    ]),
  )
  assert.deepEqual(decodeNetlink(Buffer.concat([link, v4, v6, message(3, word(0)), message(2, word(1))])), [
    {
      kind: 'link',
      index: 3,
      name: 'eth0',
      hardware: 1,
      flags: 0x1043,
      mac: '02:00:00:00:00:aa',
      master: 9,
      masterKind: 'vrf',
    },
    { kind: 'address', index: 3, address: '192.0.2.1', prefixLength: 24, isTentative: false },
    { kind: 'address', index: 3, address: 'fe80::1', prefixLength: 64, isTentative: true },
    { kind: 'done' },
    { kind: 'error', code: 1 },
  ])
})

test('no bytes make the reader throw or run on', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void decodeNetlink(Buffer.from(bytes))))
  const types = fc.constantFrom(2, 3, 16, 17, 20)
  fc.assert(
    fc.property(types, fc.uint8Array({ maxLength: 120 }), (type, body) => {
      assert.equal(decodeNetlink(message(type, Buffer.from(body))).length, 1)
    }),
  )
})

const LINK = {
  kind: 'link',
  index: 2,
  name: 'eth0',
  hardware: 1,
  flags: 0x1043,
  mac: '02:00:00:00:00:01',
  master: 0,
  masterKind: '',
} as const satisfies NetlinkMessage

const REASONS: readonly (readonly [string, Partial<typeof LINK | Record<string, unknown>>, string])[] = [
  ['a card that is up', {}, ''],
  ['a card that is set down', { flags: 0x1042 }, 'down'],
  ['a card without a cable', { flags: 0x1003 }, 'down'],
  ['a card that does not broadcast', { flags: 0x41 }, 'no broadcast'],
  ['a card without ARP', { flags: 0x10c3 }, 'no ARP'],
  ['a tunnel', { name: 'gre1', hardware: 778, mac: '' }, 'not Ethernet'],
  ['a port of a bridge', { master: 5, masterKind: 'bridge' }, 'part of another'],
  ['a card in a VRF', { master: 5, masterKind: 'vrf' }, ''],
  ['loopback', { name: 'lo', hardware: 772 }, 'excluded'],
  ['the host end of a pod', { name: 'veth12ab' }, 'excluded'],
]
for (const [name, change, reason] of REASONS) {
  test(`${name} is ${reason === '' ? 'used' : `not used: ${reason}`}`, () => {
    const { patterns, broken } = compilePatterns(DEFAULT_EXCLUDED_INTERFACES)
    assert.deepEqual(broken, [])
    const found = toInterfaces([{ ...LINK, ...change } as NetlinkMessage], patterns)
    assert.equal(found[0]?.unusedReason, reason)
  })
}

test('a pattern that is none is named and excludes nothing', () => {
  assert.deepEqual(compilePatterns(['^a', '(']), { patterns: [/^a/], broken: ['('] })
})

test('links that lost their connection in between are known', () => {
  const messages: readonly NetlinkMessage[] = [{ ...LINK, flags: 0x1003 }, LINK, { kind: 'link-gone', index: 7 }]
  assert.deepEqual(lostLinks(messages), [2, 7])
})

function message(type: number, body: Buffer): Buffer {
  const head = Buffer.alloc(16)
  head.writeUInt32LE(16 + body.length, 0)
  head.writeUInt16LE(type, 4)
  return Buffer.concat([head, body, Buffer.alloc((4 - (body.length % 4)) % 4)])
}

function header(hardware: number, index: number, flags: number): Buffer {
  return Buffer.concat([Buffer.from([0, 0, hardware, 0]), word(index), word(flags), word(0)])
}

function attribute(type: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt16LE(4 + value.length, 0)
  head.writeUInt16LE(type, 2)
  return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)])
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
