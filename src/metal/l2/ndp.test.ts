import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ALL_NODES, groupMac, solicitedNodeGroup, toAddressKey } from './address-key.ts'
import { BROADCAST_MAC, isStationMac } from './ethernet.ts'
import { decodeNdp, encodeNdp, ndpReply, ndpSolicitation, unsolicitedAdvertisement } from './ndp.ts'
import type { NdpPacket } from './ndp.ts'

const OWN = { mac: 0x0200_0000_000a, address: toAddressKey('fe80::a')! }
const ASKER = { mac: 0x0200_0000_000b, address: toAddressKey('2001:db8::1')! }
const VIP = toAddressKey('2001:db8::1:2:64')!
/** Sent by a Linux kernel that looks whether fe80::ff:fe00:2 is free; with a nonce (RFC 7527). */
const CAPTURED =
  '3333ff00000202000000000286dd6000000000203aff00000000000000000000000000000000ff0200000000000000000001ff0000028700df0b00000000fe80000000000000000000fffe0000020e011abe470f2e41'

test('a probe for a duplicate address, as a kernel sends it, is read', () => {
  assert.deepEqual(decodeNdp(Buffer.from(CAPTURED, 'hex')), {
    destination: 0x3333_ff00_0002,
    source: 0x0200_0000_0002,
    kind: 'solicitation',
    sourceAddress: toAddressKey('::'),
    destinationAddress: toAddressKey('ff02::1:ff00:2'),
    target: toAddressKey('fe80::ff:fe00:2'),
    linkAddress: null,
    isRouter: false,
    isSolicited: false,
    isOverride: false,
  })
})

test('a solicitation goes to the solicited-node group with the address of who asks', () => {
  const packet = ndpSolicitation(ASKER, VIP)
  assert.equal(packet.destination, 0x3333_ff02_0064)
  assert.equal(packet.destinationAddress, toAddressKey('ff02::1:ff02:64'))
  assert.equal(packet.linkAddress, ASKER.mac)
  assert.deepEqual(decodeNdp(encodeNdp(packet)), packet)
})

test('an answer goes to who asked, solicited and overriding, from the own address', () => {
  const reply = ndpReply(ndpSolicitation(ASKER, VIP), OWN)
  assert.deepEqual(reply, {
    destination: ASKER.mac,
    source: OWN.mac,
    kind: 'advertisement',
    sourceAddress: OWN.address,
    destinationAddress: ASKER.address,
    target: VIP,
    linkAddress: OWN.mac,
    isRouter: false,
    isSolicited: true,
    isOverride: true,
  })
  assert.deepEqual(decodeNdp(encodeNdp(reply)), reply)
})

test('an unsolicited advertisement goes to all nodes', () => {
  const packet = unsolicitedAdvertisement(OWN, VIP)
  assert.equal(packet.destination, 0x3333_0000_0001)
  assert.equal(packet.destinationAddress, ALL_NODES)
  assert.deepEqual([packet.isSolicited, packet.isOverride], [false, true])
  assert.deepEqual(decodeNdp(encodeNdp(packet)), packet)
})

/** Each with its checksum made right again where that is not the point. */
const HOSTILE: readonly (readonly [string, Partial<NdpPacket> | ((frame: Buffer) => Buffer)])[] = [
  ['nothing', () => Buffer.alloc(0)],
  ['a frame cut in its target', (frame) => frame.subarray(0, 77)],
  ['a frame cut in its option', (frame) => frame.subarray(0, 80)],
  ['another EtherType', (frame) => edit(frame, 12, 0x08, 0x06)],
  ['another IP version', (frame) => edit(frame, 14, 0x40)],
  ['a length beyond the frame', (frame) => edit(frame, 18, 0xff, 0xff)],
  ['a length too short for a target', (frame) => edit(frame, 18, 0, 8)],
  ['UDP', (frame) => edit(frame, 20, 17)],
  ['a hop limit below 255', (frame) => edit(frame, 21, 254)],
  ['an echo request', (frame) => edit(frame, 54, 128)],
  ['a code', (frame) => edit(frame, 55, 1)],
  ['a wrong checksum', (frame) => edit(frame, 57, frame[57]! ^ 1)],
  ['an option of length zero', (frame) => resum(edit(frame, 79, 0))],
  ['an option longer than the message', (frame) => resum(edit(frame, 79, 2))],
  ['a link-layer address that is a group', { linkAddress: 0x3333_0000_0001 }],
  ['a link-layer address of zero', { linkAddress: 0 }],
  ['an Ethernet source that is a group', { source: 0x3333_0000_0001 }],
  ['a target that is a group', { target: toAddressKey('ff02::1')! }],
  ['a source that is a group', { sourceAddress: toAddressKey('ff02::1')! }],
  ['a solicitation from nowhere with a link-layer address', { sourceAddress: toAddressKey('::')! }],
  [
    'a solicitation from nowhere to all nodes',
    { sourceAddress: toAddressKey('::')!, linkAddress: null, destinationAddress: ALL_NODES },
  ],
  ['an advertisement from nowhere', { kind: 'advertisement', sourceAddress: toAddressKey('::')!, linkAddress: null }],
  ['a solicited advertisement to a group', { kind: 'advertisement', isSolicited: true, destinationAddress: ALL_NODES }],
]
for (const [name, change] of HOSTILE) {
  test(`${name} is not read`, () => {
    const packet = ndpSolicitation(ASKER, VIP)
    const frame = typeof change === 'function' ? change(encodeNdp(packet)) : encodeNdp({ ...packet, ...change })
    assert.equal(decodeNdp(frame), null)
  })
}

test('unknown options are passed over', () => {
  const frame = Buffer.concat([encodeNdp(ndpSolicitation(ASKER, VIP)), Buffer.from('0e01000102030405', 'hex')])
  frame.writeUInt16BE(40, 18)
  assert.equal(decodeNdp(resum(frame))?.linkAddress, ASKER.mac)
})

test('what is encoded is decoded', () => {
  const station = fc.integer({ min: 1, max: BROADCAST_MAC }).filter(isStationMac)
  const address = fc.ipV6().map((text) => toAddressKey(text)!)
  const unicast = address.filter((key) => key.charCodeAt(0) !== 0xff && key !== toAddressKey('::'))
  const packets: fc.Arbitrary<NdpPacket> = fc.record(
    {
      destination: station,
      source: station,
      kind: fc.constant('advertisement'),
      sourceAddress: unicast,
      destinationAddress: unicast,
      target: unicast,
      linkAddress: fc.option(station),
      isRouter: fc.boolean(),
      isSolicited: fc.boolean(),
      isOverride: fc.boolean(),
    },
    { noNullPrototype: true },
  )
  fc.assert(fc.property(packets, (packet) => assert.deepEqual(decodeNdp(encodeNdp(packet)), packet)))
  const solicitations = fc.tuple(station, unicast, unicast)
  fc.assert(
    fc.property(solicitations, ([mac, own, target]) => {
      const packet = ndpSolicitation({ mac, address: own }, target)
      assert.deepEqual(decodeNdp(encodeNdp(packet)), packet)
      assert.equal(packet.destination, groupMac(solicitedNodeGroup(target)))
    }),
  )
})

test('no bytes make the decoder throw', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void decodeNdp(Buffer.from(bytes))))
  const damage = fc.array(fc.tuple(fc.nat(85), fc.nat(255)), { maxLength: 4 })
  fc.assert(
    fc.property(damage, fc.nat(86), fc.boolean(), (edits, length, isResummed) => {
      const frame = encodeNdp(ndpSolicitation(ASKER, VIP))
      for (const [at, byte] of edits) frame[at] = byte
      const packet = decodeNdp((isResummed ? resum(frame) : frame).subarray(0, length))
      if (packet !== null) assert.ok(isStationMac(ndpReply(packet, OWN).destination))
    }),
  )
})

function edit(frame: Buffer, at: number, ...bytes: readonly number[]): Buffer {
  frame.set(bytes, at)
  return frame
}

/** Another way to the checksum: big numbers and one remainder. */
function resum(frame: Buffer): Buffer {
  frame.writeUInt16BE(0, 56)
  let sum = 58n + BigInt(frame.length - 54)
  for (let at = 22; at < frame.length; at += 2) sum += BigInt(frame.readUInt16BE(at))
  frame.writeUInt16BE(Number(0xffffn - (sum % 0xffffn)), 56)
  return frame
}
