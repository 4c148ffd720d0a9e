import assert from 'node:assert/strict'
import { connect, type ConnectionOptions } from 'node:tls'
import { Duplex } from 'node:stream'
import { test } from 'node:test'
import fc from 'fast-check'
import { LONGEST_HELLO, readServerName } from './client-hello.ts'

/** What OpenSSL sends first. */
function captureHello(options: ConnectionOptions): Promise<Buffer> {
  return new Promise((resolve) => {
    const wire = new Duplex({
      read: () => undefined,
      write(chunk: Buffer, _encoding, done) {
        resolve(chunk)
        done()
      },
    })
    connect({ socket: wire, rejectUnauthorized: false, ...options }).on('error', () => undefined)
  })
}

const HELLO = await captureHello({ servername: 'Shop.Example.com', ALPNProtocols: ['h2', 'http/1.1'] })

/** The same handshake bytes in records of other sizes. */
function splitRecords(hello: Buffer, sizes: readonly number[]): Buffer {
  const message = hello.subarray(5)
  const records: Buffer[] = []
  for (let at = 0, turn = 0; at < message.length; turn++) {
    const part = message.subarray(at, at + (sizes[turn % sizes.length] ?? 1))
    const header = Buffer.from([22, 3, 1, 0, 0])
    header.writeUInt16BE(part.length, 3)
    records.push(header, part)
    at += part.length
  }
  return Buffer.concat(records)
}

test('the name of a real ClientHello is read, in lower case', async () => {
  assert.deepEqual(readServerName(HELLO), { kind: 'complete', serverName: 'shop.example.com' })
  const old = await captureHello({ servername: 'old.example', maxVersion: 'TLSv1.2' })
  assert.deepEqual(readServerName(old), { kind: 'complete', serverName: 'old.example' })
})

test('a ClientHello without server name has none', async () => {
  const hello = await captureHello({ servername: '' })
  assert.deepEqual(readServerName(hello), { kind: 'complete', serverName: '' })
})

test('every cut of it is incomplete, and bytes behind it do no harm', () => {
  for (let cut = 0; cut < HELLO.length; cut++) {
    assert.equal(readServerName(HELLO.subarray(0, cut)).kind, 'incomplete', String(cut))
  }
  assert.deepEqual(readServerName(Buffer.concat([HELLO, Buffer.alloc(100, 255)])), readServerName(HELLO))
})

test('records of any size carry the same name', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 4 })
  const property = fc.property(sizes, (list) => {
    assert.deepEqual(readServerName(splitRecords(HELLO, list)), { kind: 'complete', serverName: 'shop.example.com' })
  })
  fc.assert(property, { numRuns: 100 })
})

test('what is no ClientHello has no name, at once', () => {
  const others = [
    'GET / HTTP/1.1\r\n',
    '\u0015\u0003\u0003\0\u0002\u0002(',
    '\u0016\u0002',
    '\u0016\u0003\u0001\0\0',
    '\u0016\u0003\u0001\0\u0004\u0002\0\0\0',
  ]
  for (const text of others) {
    assert.deepEqual(
      readServerName(Buffer.from(text, 'latin1')),
      { kind: 'complete', serverName: '' },
      JSON.stringify(text),
    )
  }
})

test('a ClientHello that never ends is let go at its bound', () => {
  const endless = Buffer.alloc(LONGEST_HELLO, 0)
  Buffer.from([22, 3, 1, 0x40, 0, 1, 0, 0x40, 0]).copy(endless)
  assert.equal(readServerName(endless.subarray(0, LONGEST_HELLO - 1)).kind, 'incomplete')
  assert.deepEqual(readServerName(endless), { kind: 'complete', serverName: '' })
})

test('names that are no host names are none', () => {
  const at = HELLO.indexOf('Shop.Example.com', 0, 'latin1')
  for (const name of [
    'Shop.Example..om',
    'Shop Example.com',
    'Shop.Example.co\0',
    '.hop.Example.com',
    'Sh/p.Example.com',
  ]) {
    const hello = Buffer.from(HELLO)
    hello.write(name, at, 'latin1')
    assert.deepEqual(readServerName(hello), { kind: 'complete', serverName: '' }, name)
  }
  const dotted = Buffer.from(HELLO)
  dotted.write('Shop.Example.co.', at, 'latin1')
  assert.deepEqual(readServerName(dotted), { kind: 'complete', serverName: 'shop.example.co' })
})

test('damaged ClientHellos never throw and never give another name than bytes of theirs', () => {
  const damage = fc.array(fc.tuple(fc.nat(HELLO.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
  const property = fc.property(damage, fc.nat(HELLO.length), (bytes, length) => {
    const hello = Buffer.from(HELLO)
    for (const [at, value] of bytes) hello[at] = value
    const reading = readServerName(hello.subarray(0, length))
    if (reading.kind === 'complete' && reading.serverName !== '') {
      assert.ok(hello.toString('latin1').toLowerCase().includes(reading.serverName))
    }
  })
  fc.assert(property, { numRuns: 1000 })
})
