import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAuthority } from '../base/certificate.ts'
import { readAuthorities } from './ca-secret.ts'
import { secretOf } from './testing/plain-objects.ts'

const [one, two] = await Promise.all([createAuthority('One'), createAuthority('Two')])

test('all certificates of ca.crt are trusted, and what stands between them is dropped', () => {
  const reading = readAuthorities(
    secretOf('clients', { 'ca.crt': `# staff\r\n${one.certPem}\n# guests\n${two.certPem}` }),
  )
  assert.ok(reading.ok)
  assert.equal(reading.value.caPem, `${one.certPem}${two.certPem}`)
  assert.equal(reading.value.crlPem, undefined)
})

test('a Secret without certificates to trust is refused, and says nothing of its content', () => {
  const table: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
    [{}, /no key ca\.crt/],
    [{ 'tls.crt': one.certPem }, /no key ca\.crt/],
    [{ 'ca.crt': '' }, /no list of PEM certificates/],
    [{ 'ca.crt': one.keyPem }, /no list of PEM certificates/],
    [{ 'ca.crt': `${one.certPem}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n` }, /no list of PEM/],
    [{ 'ca.crt': one.certPem, 'ca.crl': 'junk' }, /no PEM revocation list/],
    [{ 'ca.crt': one.certPem, 'ca.crl': one.certPem }, /no PEM revocation list/],
  ]
  for (const [data, state] of table) {
    const reading = readAuthorities(secretOf('clients', data))
    assert.ok(!reading.ok)
    assert.match(reading.state, state)
    assert.ok(!/BEGIN|junk/.test(reading.state))
  }
})

test('a Secret is read once', () => {
  const secret = secretOf('clients', { 'ca.crt': one.certPem })
  assert.equal(readAuthorities(secret), readAuthorities(secret))
})
