import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { createTestAuthority, issueCertificate } from '../testing/client-pki.ts'
import { toRfc2253 } from './distinguished-name.ts'

test('parts come in the order of RFC 2253, joined values stay together', () => {
  assert.equal(toRfc2253('C=JP\nO=Shop\nCN=ann'), 'CN=ann,O=Shop,C=JP')
  assert.equal(toRfc2253('O=Shop\nCN=ann + UID=7'), 'UID=7+CN=ann,O=Shop')
  assert.equal(toRfc2253('CN=a \\+ b'), 'CN=a \\+ b')
  assert.equal(toRfc2253('O=Caf\u00e9 \u{1f980}'), 'O=Caf\\C3\\A9 \\F0\\9F\\A6\\80')
  assert.equal(toRfc2253(''), '')
})

test('whatever a subject holds, it becomes one line of printable ASCII', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => assert.match(toRfc2253(text), /^[\x20-\x7e]*$/)))
})

test('subjects of real certificates cannot forge a part or a line', async () => {
  const authority = await createTestAuthority('CN=Names')
  const { certPem } = await issueCertificate(authority, 'O=a\\, CN\\=root, CN=x\\0d\\0ay')
  const name = toRfc2253(new X509Certificate(certPem).subject ?? '')
  assert.equal(name, 'CN=x\\0D\\0Ay,O=a\\, CN=root')
})
