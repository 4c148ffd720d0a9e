import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { containsCidr, mergeCidrs, normalizeCidr } from './cidr.ts'

test('ranges are written as AWS writes them', () => {
  assert.equal(normalizeCidr('10.1.2.3/8'), '10.0.0.0/8')
  assert.equal(normalizeCidr('10.1.2.3'), '10.1.2.3/32')
  assert.equal(normalizeCidr('1.2.3.4/0'), '0.0.0.0/0')
  assert.equal(normalizeCidr('2001:DB8:0:0::1/32'), '2001:db8::/32')
  assert.equal(normalizeCidr('::/0'), '::/0')
  assert.equal(normalizeCidr('::ffff:10.0.0.1'), '::ffff:a00:1/128')
  assert.equal(normalizeCidr('pl-1'), 'pl-1')
})

test('a range within another one is left out', () => {
  assert.deepEqual(mergeCidrs(['10.1.0.0/16', '10.0.0.0/8', '10.1.2.3', '2001:db8::/32', '192.0.2.1']), [
    '10.0.0.0/8',
    '192.0.2.1/32',
    '2001:db8::/32',
  ])
  assert.deepEqual(mergeCidrs(['0.0.0.0/0', '::/0', '10.0.0.0/8']), ['0.0.0.0/0', '::/0'])
})

test('families do not contain each other', () => {
  assert.equal(containsCidr('::/0', '10.0.0.0/8'), false)
  assert.equal(containsCidr('0.0.0.0/0', '2001:db8::/32'), false)
})

test('normalizing twice changes nothing, and a range contains itself', () => {
  const ipv4 = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }))
  const ipv6 = fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 }))
  fc.assert(
    fc.property(fc.oneof(ipv4, ipv6), ([address, length]) => {
      const once = normalizeCidr(`${address}/${length}`)
      assert.equal(normalizeCidr(once), once)
      assert.ok(containsCidr(once, once))
      assert.ok(containsCidr(once, normalizeCidr(address)))
    }),
  )
})
