import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatAddress, normalizeAddress, parseAddress } from './ip-address.ts'

test('addresses are written as RFC 5952 asks for', () => {
  const rows = [
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:0db8::0001', '2001:db8::1'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
    ['192.0.2.255', '192.0.2.255'],
  ] as const
  for (const [written, expected] of rows) assert.equal(normalizeAddress(written), expected)
})

test('what is no address is none', () => {
  for (const text of ['', '010.0.0.1', '1.2.3', '1.2.3.256', 'fe80::1%eth0', '::1::', '1.2.3.4/32', ' 1.2.3.4']) {
    assert.equal(parseAddress(text), null, text)
  }
})

test('every value is read back from its text, which agrees with that of the URL parser', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, (1n << 128n) - 1n), fc.nat(0xffff_ffff), (six, four) => {
      const text = formatAddress({ family: 6, value: six })
      assert.deepEqual(parseAddress(text), { family: 6, value: six })
      assert.equal(new URL(`http://[${text}]/`).hostname, `[${text}]`)
      const dotted = formatAddress({ family: 4, value: BigInt(four) })
      assert.deepEqual(parseAddress(dotted), { family: 4, value: BigInt(four) })
    }),
  )
})
