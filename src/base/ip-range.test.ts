import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { blocksOf, formatBlock, formatRange, parseRange } from './ip-range.ts'

/** Written, and the range as it is written back, or a part of the fault. */
const ROWS: readonly (readonly [string, string])[] = [
  ['10.20.0.0/16', '10.20.0.0/16'],
  ['10.20.1.2/16', '10.20.0.0/16'],
  ['192.0.2.1/32', '192.0.2.1/32'],
  ['0.0.0.0/0', '0.0.0.0/0'],
  ['192.0.2.10-192.0.2.20', '192.0.2.10-192.0.2.20'],
  ['192.0.2.10 - 192.0.2.20', '192.0.2.10-192.0.2.20'],
  ['192.0.2.0-192.0.2.255', '192.0.2.0/24'],
  ['192.0.2.7-192.0.2.7', '192.0.2.7/32'],
  ['fc00:f853:0ccd:e799::/124', 'fc00:f853:ccd:e799::/124'],
  ['1000::1-1000::FFFF', '1000::1-1000::ffff'],
  [' 192.0.2.0/24 ', '192.0.2.0/24'],
  ['192.0.2.20-192.0.2.10', 'runs backwards; write 192.0.2.10-192.0.2.20'],
  ['192.0.2.10-::1', 'one end is IPv4'],
  ['192.0.2.10', 'write 192.0.2.10/32'],
  ['192.0.2.0/33', 'from 0 to 32'],
  ['2001:db8::/129', 'from 0 to 128'],
  ['192.0.2.0/-1', 'no IP address'],
  ['100.200.300.400/24', 'neither a CIDR nor a range'],
  ['192.0.2.1-192.0.2', '"192.0.2" is no IP address'],
  ['192.0.2.1-192.0.2.3-192.0.2.9', 'is no IP address'],
  ['', 'neither a CIDR nor a range'],
]

for (const [written, expected] of ROWS) {
  test(`${JSON.stringify(written)} is ${expected}`, () => {
    const range = parseRange(written)
    if ('fault' in range) assert.ok(range.fault.includes(expected), range.fault)
    else assert.equal(formatRange(range), expected)
  })
}

test('a range is summed up in the fewest blocks', () => {
  const range = parseRange('192.0.2.1-192.0.2.14')
  assert.ok(!('fault' in range))
  assert.deepEqual(blocksOf(range).map(formatBlock), [
    '192.0.2.1/32',
    '192.0.2.2/31',
    '192.0.2.4/30',
    '192.0.2.8/30',
    '192.0.2.12/31',
    '192.0.2.14/32',
  ])
})

test('blocks cover a range without gaps, each at a multiple of its size', () => {
  const end = fc.bigInt(0n, (1n << 128n) - 1n)
  fc.assert(
    fc.property(end, end, (a, b) => {
      const [first, last] = a < b ? [a, b] : [b, a]
      let next = first
      for (const block of blocksOf({ family: 6, first, last })) {
        const size = 1n << BigInt(128 - block.length)
        assert.equal(block.first, next)
        assert.equal(block.first % size, 0n)
        next += size
      }
      assert.equal(next, last + 1n)
    }),
  )
})
