import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as assertProperty, property, uint8Array } from 'fast-check'
import { HPACK_EXAMPLES } from '../../testing/http2-hpack-examples.ts'
import { HpackDecoder } from './decoder.ts'

const UNBOUNDED = 1 << 30

function decode(decoder: HpackDecoder, hex: string, maxBytes = UNBOUNDED, maxFields = UNBOUNDED): string[] | null {
  const block = Buffer.from(hex.replaceAll(' ', ''), 'hex')
  // Neither the first nor the last byte of the buffer: positions count.
  const padded = Buffer.concat([Buffer.from([0xff]), block, Buffer.from([0xff])])
  if (!decoder.decode(padded, 1, padded.length - 1, maxBytes, maxFields)) return null
  return decoder.fields.map(({ name, value }) => `${name}: ${value}`)
}

/** A dynamic table size update (RFC 7541, 6.3). */
function sizeUpdate(bytes: number): string {
  if (bytes < 31) return (0x20 | bytes).toString(16)
  let hex = '3f'
  let rest = bytes - 31
  for (; rest >= 128; rest >>= 7) hex += ((rest & 127) | 128).toString(16)
  return hex + rest.toString(16).padStart(2, '0')
}

for (const { section, tableBytes, blocks } of HPACK_EXAMPLES) {
  test(`RFC 7541, ${section} is decoded as printed`, () => {
    const decoder = new HpackDecoder()
    let prefix = tableBytes === 0 ? '' : sizeUpdate(tableBytes)
    for (const { hex, fields } of blocks) {
      assert.deepEqual(decode(decoder, prefix + hex), fields)
      prefix = ''
    }
  })
}

for (const [what, hex] of [
  ['index 0', '80'],
  ['an index beyond both tables', 'be'],
  ['a name index beyond both tables', '7e0161'],
  ['an integer without end', 'ffffffffffff7f'],
  ['an integer that is cut off', 'ff'],
  ['an integer of many empty bytes', 'ff808080808000'],
  ['a string longer than the block', '400a6162'],
  ['a string without its length', '40'],
  ['a value that is missing', '400161'],
  ['a table above what was offered', '3fe21f'],
  ['a size update after a field', '8220'],
  ['Huffman padding of more than seven bits', '000161821fff'],
  ['Huffman padding with zeros', '0001618118'],
  ['the Huffman end of string', '00016184ffffffff'],
] as const) {
  test(`${what} is a compression error`, () => {
    assert.equal(decode(new HpackDecoder(), hex), null)
  })
}

test('the largest table offered may be asked for, and smaller ones twice in a block', () => {
  assert.deepEqual(decode(new HpackDecoder(), `${sizeUpdate(4096)}82`), [':method: GET'])
  assert.deepEqual(decode(new HpackDecoder(), `${sizeUpdate(0)}${sizeUpdate(4096)}82`), [':method: GET'])
})

test('a smaller table lets go of what no longer fits', () => {
  const decoder = new HpackDecoder()
  assert.deepEqual(decode(decoder, '400161 0162'), ['a: b'])
  assert.deepEqual(decode(decoder, 'be'), ['a: b'])
  assert.equal(decode(decoder, `${sizeUpdate(0)}be`), null)
})

test('an entry larger than the table empties it and is still a field', () => {
  const large = 'c'.repeat(5000)
  const length = Buffer.from([0x7f, ((5000 - 127) & 127) | 128, (5000 - 127) >> 7]).toString('hex')
  const decoder = new HpackDecoder()
  assert.deepEqual(decode(decoder, '4001610162'), ['a: b'])
  assert.deepEqual(decode(decoder, `400163${length}${Buffer.from(large).toString('hex')}`), [`c: ${large}`])
  assert.equal(decode(decoder, 'be'), null)
})

test('the oldest entries go first when the table is full, and the newest has index 62', () => {
  const decoder = new HpackDecoder()
  // 100 bytes each with the overhead of 32: 40 fit in 4096.
  const hexOf = (n: number): string =>
    `4004${Buffer.from(`n${String(n).padStart(3, '0')}`).toString('hex')}40${'61'.repeat(64)}`
  for (let n = 0; n < 100; n++) decode(decoder, hexOf(n))
  assert.match(decode(decoder, 'be')?.[0] ?? '', /^n099/)
  assert.match(decode(decoder, (0x80 | (62 + 39)).toString(16))?.[0] ?? '', /^n060/)
  assert.equal(decode(decoder, (0x80 | (62 + 40)).toString(16)), null)
})

test('a block of references to one large entry is counted, not gathered', () => {
  const decoder = new HpackDecoder()
  const length = Buffer.from([0x7f, ((4000 - 127) & 127) | 128, (4000 - 127) >> 7]).toString('hex')
  decode(decoder, `400161${length}${'61'.repeat(4000)}`)
  assert.notEqual(decode(decoder, 'be'.repeat(16_000), 32_768, 200), null)
  assert.equal(decoder.isTooLarge, true)
  assert.equal(decoder.fields.length, 8)
  assert.equal(decoder.listBytes, 16_000 * 4033)
})

test('more fields than allowed are counted, not gathered, and the next block is as good as any', () => {
  const decoder = new HpackDecoder()
  assert.equal(decode(decoder, '82'.repeat(300), UNBOUNDED, 200)?.length, 200)
  assert.equal(decoder.isTooLarge, true)
  assert.deepEqual(decode(decoder, '82', UNBOUNDED, 200), [':method: GET'])
  assert.equal(decoder.isTooLarge, false)
})

test('a field that is never to be indexed is not', () => {
  const decoder = new HpackDecoder()
  assert.deepEqual(decode(decoder, '1001610162'), ['a: b'])
  assert.equal(decode(decoder, 'be'), null)
})

test('repeated fields are one object, checked once', () => {
  const decoder = new HpackDecoder()
  decode(decoder, '4001610162')
  const [first] = decoder.fields
  decode(decoder, 'be')
  assert.equal(decoder.fields[0], first)
  assert.equal(first?.line, 'a: b\r\n')
})

test('no bytes whatever make the decoder throw or exceed its bounds', () => {
  assertProperty(
    property(uint8Array({ maxLength: 200 }), uint8Array({ maxLength: 200 }), (one, two) => {
      const decoder = new HpackDecoder()
      for (const bytes of [one, two]) {
        decoder.decode(Buffer.from(bytes), 0, bytes.length, 1000, 20)
        assert.ok(decoder.fields.length <= 20)
        assert.ok(decoder.fields.reduce((sum, { size }) => sum + size, 0) <= 1000)
      }
    }),
    { numRuns: 3000 },
  )
})
