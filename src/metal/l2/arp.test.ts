import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { toAddressKey } from './address-key.ts'
import { arpProbe, arpReply, decodeArp, encodeArp, gratuitousArp } from './arp.ts'
import type { ArpPacket } from './arp.ts'
import { BROADCAST_MAC, isStationMac } from './ethernet.ts'

const OWN = 0x0200_0000_000a
const OTHER = 0x0200_0000_000b
const VIP = toAddressKey('192.0.2.100')!
const ASKER = toAddressKey('192.0.2.1')!
/** 192.0.2.1 asks who has 192.0.2.100. */
const REQUEST = unspaced('ffffffffffff 02000000000b 0806 0001080006040001 02000000000bc0000201 000000000000c0000264')

test('a request is read, and its answer goes to who asked', () => {
  const request = decodeArp(Buffer.from(REQUEST, 'hex'))
  assert.deepEqual(request, {
    destination: BROADCAST_MAC,
    source: OTHER,
    operation: 'request',
    senderMac: OTHER,
    senderAddress: ASKER,
    targetMac: 0,
    targetAddress: VIP,
  })
  assert.equal(
    encodeArp(arpReply(request, OWN)).toString('hex'),
    unspaced('02000000000b 02000000000a 0806 0001080006040002 02000000000ac0000264 02000000000bc0000201'),
  )
})

const FRAMES: readonly (readonly [string, ArpPacket, string])[] = [
  ['gratuitous request', gratuitousArp('request', OWN, VIP), '000102000000000ac0000264000000000000c0000264'],
  ['gratuitous reply', gratuitousArp('reply', OWN, VIP), '000202000000000ac0000264ffffffffffffc0000264'],
  ['probe', arpProbe(OWN, VIP), '000102000000000a00000000000000000000c0000264'],
]
for (const [name, packet, body] of FRAMES) {
  test(`a ${name} goes to everybody`, () => {
    assert.equal(encodeArp(packet).toString('hex'), `ffffffffffff02000000000a0806000108000604${body}`)
  })
}

const HOSTILE: readonly (readonly [string, (frame: Buffer) => Buffer])[] = [
  ['nothing', () => Buffer.alloc(0)],
  ['a frame one byte short', (frame) => frame.subarray(0, 41)],
  ['another EtherType', (frame) => edit(frame, 12, 0x08, 0x00)],
  ['a VLAN tag', (frame) => edit(frame, 12, 0x81, 0x00)],
  ['another hardware kind', (frame) => edit(frame, 14, 0, 6)],
  ['another protocol', (frame) => edit(frame, 16, 0x86, 0xdd)],
  ['addresses of another length', (frame) => edit(frame, 18, 8)],
  ['IPv4 addresses of another length', (frame) => edit(frame, 19, 16)],
  ['operation 0', (frame) => edit(frame, 20, 0, 0)],
  ['RARP', (frame) => edit(frame, 20, 0, 3)],
  ['a sender that is a group', (frame) => edit(frame, 22, 0x01)],
  ['a sender that is everybody', (frame) => edit(frame, 22, 255, 255, 255, 255, 255, 255)],
  ['a sender that is nobody', (frame) => edit(frame, 22, 0, 0, 0, 0, 0, 0)],
  ['a source that is a group', (frame) => edit(frame, 6, 0x33, 0x33)],
]
for (const [name, change] of HOSTILE) {
  test(`${name} is no ARP`, () => assert.equal(decodeArp(change(Buffer.from(REQUEST, 'hex'))), null))
}

test('padding behind a packet changes nothing', () => {
  const frame = Buffer.from(REQUEST, 'hex')
  assert.deepEqual(decodeArp(Buffer.concat([frame, Buffer.alloc(18, 0xaa)])), decodeArp(frame))
})

test('what is encoded is decoded', () => {
  const mac = fc.integer({ min: 0, max: BROADCAST_MAC })
  const station = mac.filter(isStationMac)
  const address = fc.ipV4().map((text) => toAddressKey(text)!)
  const packets: fc.Arbitrary<ArpPacket> = fc.record(
    {
      destination: mac,
      source: station,
      operation: fc.constantFrom('request', 'reply'),
      senderMac: station,
      senderAddress: address,
      targetMac: mac,
      targetAddress: address,
    },
    { noNullPrototype: true },
  )
  fc.assert(fc.property(packets, (packet) => assert.deepEqual(decodeArp(encodeArp(packet)), packet)))
})

test('no bytes make the decoder throw', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => void decodeArp(Buffer.from(bytes))))
  const damage = fc.array(fc.tuple(fc.nat(41), fc.nat(255)), { maxLength: 4 })
  fc.assert(
    fc.property(damage, fc.nat(42), (edits, length) => {
      const frame = Buffer.from(REQUEST, 'hex')
      for (const [at, byte] of edits) frame[at] = byte
      const packet = decodeArp(frame.subarray(0, length))
      // Whatever is read can be answered.
      if (packet !== null) assert.ok(isStationMac(arpReply(packet, OWN).destination))
    }),
  )
})

function edit(frame: Buffer, at: number, ...bytes: readonly number[]): Buffer {
  frame.set(bytes, at)
  return frame
}

function unspaced(digits: string): string {
  return digits.replaceAll(' ', '')
}
