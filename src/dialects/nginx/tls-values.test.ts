import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSecureContext } from 'node:tls'
import fc from 'fast-check'
import {
  decodeCiphers,
  decodeCurves,
  decodeErrorPage,
  decodeHostName,
  decodeMatchCn,
  decodeSessionTimeout,
  decodeTicketKey,
  decodeVersions,
  unknownCiphers,
} from './tls-values.ts'
import type { Decoder } from './values.ts'

test('values of TLS annotations and keys are read, or refused', () => {
  const table: readonly (readonly [Decoder<unknown>, readonly string[], readonly string[]])[] = [
    [decodeVersions, ['TLSv1.2', 'TLSv1.3 TLSv1.2', 'SSLv3 TLSv1.2'], ['', 'TLSv1', 'TLSv1.2,TLSv1.3', 'TLSv1.2 x']],
    [
      decodeCiphers,
      ['HIGH:!aNULL', 'ECDHE+AESGCM', 'ALL:@SECLEVEL=0', 'ECDHE-RSA-AES128-GCM-SHA256, NONSENSE'],
      ['', 'NONSENSE', '!ALL', 'TLS_AES_128_GCM_SHA256', 'HIGH;x', 'HIGH\u0000', `HIGH:${'a:'.repeat(300)}`],
    ],
    [decodeCurves, ['auto', 'prime256v1', 'X25519:secp384r1'], ['', 'round', 'X25519,P-256', 'x'.repeat(300)]],
    [
      decodeTicketKey,
      [Buffer.alloc(48, 1).toString('base64'), Buffer.alloc(80, 1).toString('base64')],
      ['', 'c2hvcnQ=', 'x'.repeat(64) + '\n', Buffer.alloc(64).toString('base64')],
    ],
    [decodeSessionTimeout, ['10m', '1s', '86400', '7d'], ['', '0', '8d', '10 m', '1w', '-1m']],
    [decodeMatchCn, ['CN=ann', 'CN=(ann|bob),'], ['', 'ann', 'O=x', 'CN=(', 'CN=(?=a)', '^CN=a']],
    [decodeErrorPage, ['https://a.test/x?y=z', 'http://a'], ['', '/x', 'ftp://a', 'https://a b', 'https://a\r\nX: y']],
    [decodeHostName, ['web', 'a.b-c', '10.0.0.1'], ['', '-a', 'a..b', 'a b', '*.a', 'a'.repeat(254)]],
  ]
  for (const [index, [decode, accepted, refused]] of table.entries()) {
    for (const text of accepted) assert.equal(decode(text).ok, true, `${index} ${text}`)
    for (const text of refused) assert.equal(decode(text).ok, false, `${index} ${text}`)
  }
})

test('what is read is in its normal form', () => {
  assert.deepEqual(decodeCiphers('HIGH, NONSENSE  !aNULL:TLS_AES_128_GCM_SHA256'), { ok: true, value: 'HIGH:!aNULL' })
  assert.deepEqual(unknownCiphers('HIGH, NONSENSE !MORE TLS_X'), ['NONSENSE'])
  assert.deepEqual(decodeVersions('TLSv1.3 TLSv1.1'), {
    ok: true,
    value: { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' },
  })
  assert.deepEqual(decodeSessionTimeout('10m'), { ok: true, value: 600 })
  assert.deepEqual(decodeCurves('auto'), { ok: true, value: '' })
  assert.deepEqual(decodeHostName('Web.Internal'), { ok: true, value: 'web.internal' })
})

test('whatever list of ciphers is read, OpenSSL can use it', () => {
  const word = fc.oneof(
    fc.constantFrom(
      'HIGH',
      '!aNULL',
      'ECDHE+AESGCM',
      '-SHA',
      'ECDHE-RSA-AES128-GCM-SHA256',
      '@STRENGTH',
      'LOW',
      'NULL',
    ),
    fc.string({ maxLength: 12 }),
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), fc.constantFrom(':', ',', ' '), (words, separator) => {
      const read = decodeCiphers(words.join(separator))
      if (!read.ok) return
      assert.notEqual(read.value, '')
      createSecureContext({ ciphers: read.value })
    }),
  )
})
