import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { createAuthority, createSelfSigned, createSignedBy } from '../base/certificate.ts'
import { coversHost, readTlsSecret } from './tls-secret.ts'
import { secretOf } from './testing/plain-objects.ts'

function stateOf(data: Readonly<Record<string, string>>): string {
  const result = readTlsSecret(secretOf('cert', data))
  assert.ok(!result.ok)
  assert.deepEqual(
    result.findings.map((finding) => finding.code),
    ['SECRET_INVALID'],
  )
  return result.findings[0]?.message ?? ''
}

test('a certificate gives its names in lower case and its dates', async () => {
  const nowMs = Date.parse('2026-01-01T00:00:00Z')
  const pair = await createSelfSigned(['Shop.Example.com', '*.example.org', '192.0.2.1'], { days: 10, nowMs })
  const secret = secretOf('cert', { 'tls.crt': pair.certPem, 'tls.key': pair.keyPem })
  const result = readTlsSecret(secret)
  assert.ok(result.ok)
  assert.deepEqual(result.value.names, ['shop.example.com', '*.example.org', '192.0.2.1'])
  assert.equal(result.value.notAfter, nowMs + 10 * 86_400_000)
  assert.ok(result.value.notBefore < nowMs)
  assert.equal(readTlsSecret(secret), result, 'the same object is read once')
})

test('a chain is kept as it is, and the leaf comes first', async () => {
  const authority = await createAuthority('Test Authority')
  const leaf = await createSignedBy(authority, ['shop.example.com'])
  const result = readTlsSecret(
    secretOf('cert', { 'tls.crt': leaf.certPem + authority.certPem, 'tls.key': leaf.keyPem }),
  )
  assert.ok(result.ok)
  assert.deepEqual(result.value.names, ['shop.example.com'])
  assert.equal(result.value.certPem, leaf.certPem + authority.certPem)
})

test('what cannot be served is refused with the reason, without key material', async () => {
  const one = await createSelfSigned(['a.example.com'])
  const two = await createSelfSigned(['b.example.com'])
  const encrypted = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey
  const messages = [
    stateOf({}),
    stateOf({ 'tls.crt': one.certPem }),
    stateOf({ 'tls.crt': 'hello', 'tls.key': one.keyPem }),
    stateOf({ 'tls.crt': one.certPem, 'tls.key': 'hello' }),
    stateOf({ 'tls.crt': one.certPem, 'tls.key': encrypted }),
    stateOf({ 'tls.crt': one.certPem, 'tls.key': two.keyPem }),
    stateOf({ 'tls.crt': one.keyPem, 'tls.key': one.certPem }),
  ]
  assert.deepEqual(
    messages.map((message) => /shop\/cert: ([^;]*);/.exec(message)?.[1]),
    [
      'it has no key tls.crt (keys: none)',
      'it has no key tls.key (keys: tls.crt)',
      'tls.crt is not a PEM certificate',
      'tls.key is not a PEM private key',
      'tls.key is encrypted',
      'tls.key does not belong to tls.crt',
      'tls.crt is not a PEM certificate',
    ],
  )
  const keyLine = one.keyPem.split('\n')[1] ?? 'none'
  assert.ok(!inspect(messages).includes(keyLine))
})

test('a name covers itself, and a wildcard exactly one label', () => {
  assert.ok(coversHost(['a.example.com'], 'a.example.com'))
  assert.ok(coversHost(['*.example.com'], 'a.example.com'))
  assert.ok(coversHost(['*.example.com'], '*.example.com'))
  for (const host of ['example.com', 'a.b.example.com', 'aexample.com', '']) {
    assert.ok(!coversHost(['*.example.com'], host), host)
  }
})
