import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lastWord, toAddressKey } from './address-key.ts'
import { arpProbe, encodeArp, gratuitousArp } from './arp.ts'
import { encodeNdp, ndpReply, ndpSolicitation, unsolicitedAdvertisement } from './ndp.ts'
import { MAX_FILTERED_WORDS, arpFilter, ndpFilter } from './packet-filter.ts'

const MAC = 0x0200_0000_000a
const [VIP4, OTHER4] = [toAddressKey('192.0.2.100')!, toAddressKey('192.0.2.101')!]
const [VIP6, OTHER6] = [toAddressKey('2001:db8::64')!, toAddressKey('2001:db8::65')!]
const SENDER = { mac: MAC, address: toAddressKey('fe80::a')! }
const ASK6 = ndpSolicitation(SENDER, VIP6)

const ARP_CASES: readonly (readonly [string, Buffer, boolean])[] = [
  ['a request for an announced address', encodeArp(arpProbe(MAC, VIP4)), true],
  ['a reply of an announced address', encodeArp(gratuitousArp('reply', MAC, VIP4)), true],
  ['a request for another address', encodeArp(arpProbe(MAC, OTHER4)), false],
  ['RARP', edit(encodeArp(arpProbe(MAC, VIP4)), 20, 0, 3), false],
  ['another EtherType', edit(encodeArp(arpProbe(MAC, VIP4)), 12, 0x08, 0), false],
  ['a frame cut short', encodeArp(arpProbe(MAC, VIP4)).subarray(0, 40), false],
]
for (const [name, frame, isPassed] of ARP_CASES) {
  test(`the kernel ${isPassed ? 'passes' : 'drops'} ${name}`, () => {
    assert.equal(run(arpFilter([lastWord(VIP4)]), frame, false), isPassed)
    assert.equal(run(arpFilter([lastWord(VIP4)]), frame, true), false, 'with a VLAN tag')
    assert.equal(run(arpFilter([]), frame, false), false, 'with nothing announced')
  })
}

const NDP_CASES: readonly (readonly [string, Buffer, boolean])[] = [
  ['a solicitation for an announced address', encodeNdp(ASK6), true],
  ['an advertisement of an announced address', encodeNdp(unsolicitedAdvertisement(SENDER, VIP6)), true],
  ['an answer for an announced address', encodeNdp(ndpReply(ASK6, SENDER)), true],
  ['a solicitation for another address', encodeNdp(ndpSolicitation(SENDER, OTHER6)), false],
  ['an echo request', edit(encodeNdp(ASK6), 54, 128), false],
  ['UDP', edit(encodeNdp(ASK6), 20, 17), false],
  ['what a router forwarded', edit(encodeNdp(ASK6), 21, 64), false],
  ['IPv4', edit(encodeNdp(ASK6), 12, 0x08, 0), false],
]
for (const [name, frame, isPassed] of NDP_CASES) {
  test(`the kernel ${isPassed ? 'passes' : 'drops'} ${name}`, () => {
    assert.equal(run(ndpFilter([lastWord(VIP6)]), frame, false), isPassed)
    assert.equal(run(ndpFilter([lastWord(VIP6)]), frame, true), false, 'with a VLAN tag')
  })
}

test('every one of many addresses passes, and with too many the kind alone decides', () => {
  const addresses = Array.from({ length: MAX_FILTERED_WORDS }, (_, index) => toAddressKey(`198.51.100.${index}`)!)
  const filter = arpFilter(addresses.map(lastWord))
  for (const key of addresses) assert.ok(run(filter, encodeArp(arpProbe(MAC, key)), false))
  assert.equal(run(filter, encodeArp(arpProbe(MAC, VIP4)), false), false)
  assert.ok(filter.length / 8 < 4096)
  const open = arpFilter([...addresses.map(lastWord), 1])
  for (const filter of [open, arpFilter(null)]) assert.ok(run(filter, encodeArp(arpProbe(MAC, VIP4)), false))
  assert.ok(run(ndpFilter(null), encodeNdp(ASK6), false))
})

/** What the kernel does with such a program; a load beyond the frame drops it. */
function run(program: Buffer, frame: Buffer, hasTag: boolean): boolean {
  let accumulator = 0
  for (let at = 0; ; at += 1) {
    const [code, operand] = [program.readUInt16LE(at * 8), program.readUInt32LE(at * 8 + 4)]
    const jump = (isTrue: boolean): void => void (at += program[at * 8 + (isTrue ? 2 : 3)]!)
    if (code === 0x06) return operand !== 0
    if (code === 0x15) jump(accumulator === operand)
    else if (code === 0x25) jump(accumulator > operand)
    else if (operand >= 0xffff_f000) accumulator = hasTag ? 1 : 0
    else {
      const size = code === 0x20 ? 4 : code === 0x28 ? 2 : 1
      if (operand + size > frame.length) return false
      accumulator = frame.readUIntBE(operand, size)
    }
  }
}

function edit(frame: Buffer, at: number, ...bytes: readonly number[]): Buffer {
  frame.set(bytes, at)
  return frame
}
