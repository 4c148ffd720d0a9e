import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { createAuthority, createSelfSigned } from '../../base/certificate.ts'
import { createTestAuthority } from '../testing/client-pki.ts'
import { fingerprintsOf, limitChains } from './path-length.ts'

const root = await createTestAuthority('CN=Root')
const middle = await createTestAuthority('CN=Middle', root)

test('a root keeps its name, key and serial number, and is an authority', () => {
  const [limited = ''] = limitChains(root.certPem, 3)
  const before = new X509Certificate(root.certPem)
  const after = new X509Certificate(limited)
  assert.notEqual(after.fingerprint256, before.fingerprint256)
  assert.equal(after.ca, true)
  for (const field of ['subject', 'issuer', 'serialNumber', 'validTo'] as const)
    assert.equal(after[field], before[field])
  assert.ok(after.publicKey.equals(before.publicKey))
})

test('certificates that somebody else signed stay as they are', () => {
  const [, second] = limitChains(root.certPem + middle.certPem, 0)
  assert.equal(second, new X509Certificate(middle.certPem).toString())
})

test('a stricter constraint of the root itself holds', async () => {
  const strict = await createAuthority('Strict')
  const [wide = ''] = limitChains(strict.certPem, 5)
  const [narrow = ''] = limitChains(strict.certPem, 0)
  // What it says itself: no authority below.
  assert.equal(new X509Certificate(wide).raw.includes(Buffer.from('30060101ff020100', 'hex')), true)
  assert.equal(wide, narrow)
})

test('any depth gives a certificate that can be read', () => {
  for (const depth of [0, 1, 99, 100, 1_000_000]) {
    const [limited = ''] = limitChains(root.certPem, depth)
    assert.equal(new X509Certificate(limited).ca, true)
  }
})

test('text that holds no certificate gives none', () => {
  assert.deepEqual(limitChains('nothing', 1), [])
  assert.equal(fingerprintsOf('nothing').size, 0)
})

test('fingerprints are of the certificates as they are shown', async () => {
  const own = await createSelfSigned(['a.test'])
  assert.deepEqual(
    [...fingerprintsOf(own.certPem + root.certPem)],
    [own, root].map(({ certPem }) => new X509Certificate(certPem).fingerprint256),
  )
})
