import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAuthority } from '../base/certificate.ts'
import { Secret } from '../base/secret.ts'
import { readAuthorities } from './ca-secret.ts'
import type { KubeSecret } from './objects.ts'

const [one, two] = await Promise.all([createAuthority('One'), createAuthority('Two')])

function secretOf(data: Readonly<Record<string, string>>): KubeSecret {
  return {
    kind: 'Secret',
    type: 'Opaque',
    order: 0,
    data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, new Secret(Buffer.from(text))])),
    meta: {
      name: 'clients',
      namespace: 'shop',
      uid: '',
      resourceVersion: '',
      creationTimestamp: '',
      labels: {},
      annotations: {},
    },
  }
}

test('all certificates of ca.crt are trusted, and what stands between them is dropped', () => {
  const reading = readAuthorities(secretOf({ 'ca.crt': `# staff\r\n${one.certPem}\n# guests\n${two.certPem}` }))
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
    const reading = readAuthorities(secretOf(data))
    assert.ok(!reading.ok)
    assert.match(reading.state, state)
    assert.ok(!/BEGIN|junk/.test(reading.state))
  }
})

test('a Secret is read once', () => {
  const secret = secretOf({ 'ca.crt': one.certPem })
  assert.equal(readAuthorities(secret), readAuthorities(secret))
})
