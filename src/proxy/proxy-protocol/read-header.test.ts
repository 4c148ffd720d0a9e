import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { addressOfBytes } from './address-text.ts'
import { LONGEST_HEADER, type ProxiedAddresses } from './header-reading.ts'
import { readProxyHeader } from './read-header.ts'
import { writeBinaryHeader, writeTextHeader } from './write-header.ts'

const SIGNATURE = '0d0a0d0a000d0a515549540a'

function readText(text: string): ReturnType<typeof readProxyHeader> {
  return readProxyHeader(Buffer.from(text, 'latin1'))
}

function readHex(...parts: readonly string[]): ReturnType<typeof readProxyHeader> {
  return readProxyHeader(Buffer.from(parts.join('').replaceAll(' ', ''), 'hex'))
}

function addresses(source: string, sourcePort: number, destination: string, destinationPort: number): ProxiedAddresses {
  return { sourceAddress: source, sourcePort, destinationAddress: destination, destinationPort }
}

test('a text header names client and destination, and ends at its line break', () => {
  const line = 'PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n'
  assert.deepEqual(readText(`${line}GET / HTTP/1.1\r\n`), {
    kind: 'complete',
    byteLength: line.length,
    addresses: addresses('192.0.2.1', 56_324, '198.51.100.7', 443),
  })
})

test('a text header of IPv6 gets the canonical form', () => {
  const reading = readText('PROXY TCP6 2001:DB8:0:0::1 ::FFFF:192.0.2.9 1 80\r\n')
  assert.equal(reading.kind, 'complete')
  assert.deepEqual(reading.kind === 'complete' && reading.addresses, addresses('2001:db8::1', 1, '192.0.2.9', 80))
})

test('UNKNOWN names nobody, whatever follows it', () => {
  for (const line of ['PROXY UNKNOWN\r\n', 'PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n']) {
    assert.deepEqual(readText(`${line}x`), { kind: 'complete', byteLength: line.length, addresses: null })
  }
})

test('the longest text header has 107 bytes', () => {
  const line = `PROXY UNKNOWN ${'f'.repeat(91)}\r\n`
  assert.equal(line.length, 107)
  assert.equal(readText(line).kind, 'complete')
  assert.equal(readText(`PROXY UNKNOWN ${'f'.repeat(92)}\r\n`).kind, 'refused')
  assert.equal(readText('PROXY UNKNOWN '.padEnd(106, 'f')).kind, 'incomplete')
  assert.equal(readText('PROXY UNKNOWN '.padEnd(107, 'f')).kind, 'refused')
})

test('text that is not exactly a header is refused', () => {
  const lines = [
    'GET / HTTP/1.1\r\n',
    'proxy TCP4 192.0.2.1 192.0.2.2 1 2\r\n',
    'PROXY TCP5 192.0.2.1 192.0.2.2 1 2\r\n',
    'PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n',
    'PROXY UNKNOWNS\r\n',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\rX',
    'PROXY UNKNOWN x\ry\r\n',
    'PROXY UNKNOWN x\ny\r\n',
    'PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n',
    'PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n',
    'PROXY TCP4 192.0.2.1 192.0.2.2 +1 2\r\n',
    'PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n',
    'PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n',
    'PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n',
    'PROXY TCP6 fe80::1%eth0 2001:db8::2 1 2\r\n',
    '\u0016\u0003\u0001\u0002\u0000\u0001',
  ]
  for (const line of lines) assert.equal(readText(line).kind, 'refused', JSON.stringify(line))
})

test('a binary header of IPv4 is read, its extension fields are stepped over', () => {
  const reading = readHex(SIGNATURE, '21 11 0014', 'c0000201 c6336407 dc04 01bb', '03 0004 12345678 0000', 'ffff')
  assert.deepEqual(reading, {
    kind: 'complete',
    byteLength: 16 + 20,
    addresses: addresses('192.0.2.1', 56_324, '198.51.100.7', 443),
  })
})

test('a binary header of IPv6 is read', () => {
  const source = '20010db8000000000000000000000001'
  const destination = '00000000000000000000ffffc0000209'
  const reading = readHex(SIGNATURE, '21 21 0024', source, destination, '0001 0050')
  assert.deepEqual(reading.kind === 'complete' && reading.addresses, addresses('2001:db8::1', 1, '192.0.2.9', 80))
})

test('LOCAL, UNSPEC, Unix sockets and datagrams keep the addresses of the socket', () => {
  const none = [
    [SIGNATURE, '20 00 0000'],
    [SIGNATURE, '20 11 000c', '00'.repeat(12)],
    [SIGNATURE, '20 ff 0001 00'],
    [SIGNATURE, '21 00 0000'],
    [SIGNATURE, '21 12 000c', '01'.repeat(12)],
    [SIGNATURE, '21 31 00d8', '01'.repeat(216)],
  ]
  for (const parts of none) {
    const reading = readHex(...parts)
    assert.equal(reading.kind === 'complete' && reading.addresses, null, parts.join(' '))
  }
})

test('a binary header that is too short, too long or unknown is refused as soon as that is known', () => {
  const refused = [
    [SIGNATURE, '11'],
    [SIGNATURE, '22'],
    [SIGNATURE, '21 11 000b'],
    [SIGNATURE, '21 21 000c'],
    [SIGNATURE, '21 13 000c'],
    [SIGNATURE, '21 11', (LONGEST_HEADER - 15).toString(16).padStart(4, '0')],
    [SIGNATURE, '21 11 ffff'],
    ['0d0a0d0a000d0a515549540b'],
  ]
  for (const parts of refused) assert.equal(readHex(...parts).kind, 'refused', parts.join(' '))
})

test('the longest binary header has 4096 bytes, most of them extension fields', () => {
  const fields = Buffer.concat([Buffer.from([0x04, 0x0f, 0xe1]), Buffer.alloc(0x0fe1)])
  const start = Buffer.from(`${SIGNATURE}2111`, 'hex')
  const length = Buffer.alloc(2)
  length.writeUInt16BE(12 + fields.length)
  const header = Buffer.concat([start, length, Buffer.alloc(12, 1), fields])
  assert.equal(header.length, LONGEST_HEADER)
  const reading = readProxyHeader(header)
  assert.equal(reading.kind === 'complete' && reading.byteLength, LONGEST_HEADER)
  assert.equal(readProxyHeader(header.subarray(0, -1)).kind, 'incomplete')
})

const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => addressOfBytes(Buffer.from(bytes)))
const ipv6 = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .filter((bytes) => bytes.some((byte, index) => index < 10 && byte !== 0))
  .map((bytes) => addressOfBytes(Buffer.from(bytes)))
const port = fc.integer({ min: 0, max: 65_535 })
const pair = fc.oneof(fc.tuple(ipv4, ipv4), fc.tuple(ipv6, ipv6), fc.tuple(ipv4, ipv6))
const proxied = fc
  .tuple(pair, port, port)
  .map(([[source, destination], from, to]) => addresses(source, from, destination, to))

test('what is written is read back, whatever follows, and every cut of it is incomplete', () => {
  const property = fc.property(fc.option(proxied), fc.uint8Array({ maxLength: 40 }), (written, rest) => {
    for (const header of [writeTextHeader(written), writeBinaryHeader(written)]) {
      const reading = readProxyHeader(Buffer.concat([header, rest]))
      assert.deepEqual(reading, { kind: 'complete', byteLength: header.length, addresses: written })
      for (let cut = 0; cut < header.length; cut++) {
        assert.equal(readProxyHeader(header.subarray(0, cut)).kind, 'incomplete')
      }
    }
  })
  fc.assert(property, { numRuns: 200 })
})

test('arbitrary bytes never throw, and a refusal stays one when more bytes come', () => {
  const start = fc.constantFrom('', 'PROXY ', 'PROXY TCP4 ', '\r\n\r\n\0\r\nQUIT\n', '\r\n\r\n\0\r\nQUIT\n!\u0011')
  const property = fc.property(start, fc.uint8Array({ maxLength: 200 }), (text, tail) => {
    const bytes = Buffer.concat([Buffer.from(text, 'latin1'), tail])
    let isRefused = false
    for (let length = 0; length <= bytes.length; length++) {
      const { kind } = readProxyHeader(bytes.subarray(0, length))
      if (isRefused) assert.equal(kind, 'refused')
      isRefused = kind === 'refused'
    }
  })
  fc.assert(property, { numRuns: 500 })
})
