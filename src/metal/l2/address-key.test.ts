import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatAddressKey, formatAddressKey as format, solicitedNodeGroup, toAddressKey } from './address-key.ts'

const TEXTS = [
  ['192.0.2.10', '192.0.2.10'],
  ['0.0.0.0', '0.0.0.0'],
  ['::', '::'],
  ['::1', '::1'],
  ['2001:DB8::', '2001:db8::'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
  ['10:0:0:0:100:0:0:1', '10::100:0:0:1'],
  ['::ffff:192.0.2.1', '::ffff:c000:201'],
  ['fe80::192.0.2.33', 'fe80::c000:221'],
] as const

for (const [text, canonical] of TEXTS) {
  test(`${text} is written ${canonical}`, () => {
    const key = toAddressKey(text)
    assert.ok(key !== null)
    assert.equal(format(key), canonical)
  })
}

for (const text of ['', '192.0.2', '192.0.2.256', '2001:db8::/64', 'fe80::1%eth0', 'localhost', '1::2::3']) {
  test(`"${text}" is no address`, () => assert.equal(toAddressKey(text), null))
}

test('every IPv6 address survives being written and read', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      const key = Buffer.from(bytes).toString('latin1')
      assert.equal(toAddressKey(formatAddressKey(key)), key)
    }),
  )
  fc.assert(fc.property(fc.ipV4(), (text) => assert.equal(format(toAddressKey(text)!), text)))
})

test('the solicited-node group has the last three bytes of the address', () => {
  assert.equal(format(solicitedNodeGroup(toAddressKey('2001:db8::12:3456')!)), 'ff02::1:ff12:3456')
})
