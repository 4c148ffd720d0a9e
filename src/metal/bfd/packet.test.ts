import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { STATES, decodeBfd, encodeBfd, type BfdPacket } from './packet.ts'

const u32 = fc.integer({ min: 1, max: 0xffffffff })
const SOUND: BfdPacket = {
  diagnostic: 1,
  state: 'Up',
  isPoll: true,
  isFinal: false,
  isDemand: false,
  detectMultiplier: 3,
  myDiscriminator: 0xdeadbeef,
  yourDiscriminator: 7,
  desiredTxUs: 300_000,
  requiredRxUs: 300_000,
  requiredEchoUs: 0,
}

test('a control packet is byte for byte that of RFC 5880 4.1', () => {
  assert.equal(Buffer.from(encodeBfd(SOUND)).toString('hex'), '21e00318deadbeef00000007000493e0000493e000000000')
})

test('a control packet means the same after the wire', () => {
  const packet = fc.record(
    {
      diagnostic: fc.nat(31),
      state: fc.constantFrom(...STATES),
      isPoll: fc.boolean(),
      isFinal: fc.constant(false),
      isDemand: fc.boolean(),
      detectMultiplier: fc.integer({ min: 1, max: 255 }),
      myDiscriminator: u32,
      yourDiscriminator: u32,
      desiredTxUs: u32,
      requiredRxUs: u32,
      requiredEchoUs: u32,
    },
    { noNullPrototype: true },
  )
  fc.assert(fc.property(packet, (sent) => assert.deepEqual(decodeBfd(encodeBfd(sent)), sent)))
})

test('packets that RFC 5880 6.8.6 discards are discarded', () => {
  const changed = (at: number, value: number): Uint8Array => {
    const bytes = encodeBfd(SOUND)
    bytes[at] = value
    return bytes
  }
  const cases: [string, Uint8Array][] = [
    ['too short', encodeBfd(SOUND).subarray(0, 23)],
    ['another version', changed(0, 0x41)],
    ['length below 24', changed(3, 23)],
    ['length beyond the datagram', changed(3, 25)],
    ['multiplier zero', changed(2, 0)],
    ['multipoint', changed(1, 0xc1)],
    ['authenticated', changed(1, 0xc4)],
    ['poll and final', changed(1, 0xf0)],
    ['my discriminator zero', encodeBfd({ ...SOUND, myDiscriminator: 0 })],
    ['your discriminator zero while Up', encodeBfd({ ...SOUND, yourDiscriminator: 0 })],
  ]
  for (const [name, bytes] of cases) assert.equal(decodeBfd(bytes), null, name)
  assert.notEqual(decodeBfd(encodeBfd({ ...SOUND, yourDiscriminator: 0, state: 'Down' })), null)
})

test('hostile bytes never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void decodeBfd(bytes)),
    { numRuns: 3000 },
  )
})
