import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BROADCAST_MAC, decodeEthernet, formatMac, isStationMac, parseMac, writeEthernet } from './ethernet.ts'

test('hardware addresses are read and written', () => {
  assert.equal(parseMac('02:00:00:00:00:0a'), 0x0200_0000_000a)
  assert.equal(formatMac(0x0200_0000_000a), '02:00:00:00:00:0a')
  for (const text of ['', '02:00:00:00:00', '02-00-00-00-00-0a', '02:00:00:00:00:0g'])
    assert.equal(parseMac(text), null)
})

test('groups, broadcast and zero are no address of a station', () => {
  for (const text of ['00:00:00:00:00:00', '33:33:00:00:00:01', '01:00:5e:00:00:01'])
    assert.equal(isStationMac(parseMac(text)!), false, text)
  assert.equal(isStationMac(BROADCAST_MAC), false)
  for (const text of ['02:00:00:00:00:01', 'fe:ff:ff:ff:ff:ff']) assert.equal(isStationMac(parseMac(text)!), true, text)
})

test('a header survives being written and read', () => {
  const mac = fc.integer({ min: 0, max: BROADCAST_MAC })
  fc.assert(
    fc.property(mac, mac, fc.integer({ min: 0, max: 0xffff }), (destination, source, etherType) => {
      const frame = Buffer.alloc(14)
      writeEthernet(frame, { destination, source, etherType })
      assert.deepEqual(decodeEthernet(frame), { destination, source, etherType })
      assert.equal(parseMac(formatMac(source)), source)
    }),
  )
  assert.equal(decodeEthernet(Buffer.alloc(13)), null)
})
