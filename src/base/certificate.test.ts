import assert from 'node:assert/strict'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import tls from 'node:tls'
import { type CertificatePair, createAuthority, createSelfSigned, createSignedBy } from './certificate.ts'

/** Handshakes with a real server; resolves with the server name the client verified, rejects as the client does. */
async function verify(pair: CertificatePair, ca: string, servername: string): Promise<string> {
  const server = tls.createServer({ cert: pair.certPem, key: pair.keyPem }, (socket) => socket.end())
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  try {
    const socket = tls.connect({
      host: '127.0.0.1',
      port,
      ca,
      servername: /^[\d.]+$/.test(servername) ? '' : servername,
      checkServerIdentity: (_, certificate) => tls.checkServerIdentity(servername, certificate),
    })
    await once(socket, 'secureConnect')
    socket.destroy()
    return servername
  } finally {
    server.close()
  }
}

test('a client that trusts a self-signed certificate reaches its names, wildcard hosts and addresses', async () => {
  const pair = await createSelfSigned(['shop.example.com', '*.example.org', '127.0.0.1', '::1'])
  for (const name of ['shop.example.com', 'any.example.org', '127.0.0.1']) {
    assert.equal(await verify(pair, pair.certPem, name), name)
  }
  assert.equal(new X509Certificate(pair.certPem).checkIP('::1'), '::1')
  await assert.rejects(verify(pair, pair.certPem, 'other.example.com'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  await assert.rejects(verify(pair, pair.certPem, 'a.b.example.org'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
})

test('a client that trusts the authority reaches a host signed by it', async () => {
  const authority = await createAuthority('Test authority')
  const pair = await createSignedBy(authority, ['shop.example.com'])
  assert.equal(await verify(pair, authority.certPem, 'shop.example.com'), 'shop.example.com')
})

test('a client that trusts another authority of the same name refuses the host', async () => {
  const pair = await createSignedBy(await createAuthority('Test authority'), ['shop.example.com'])
  const other = await createAuthority('Test authority')
  await assert.rejects(verify(pair, other.certPem, 'shop.example.com'))
})

test('the subject names the first host, and every certificate has its own positive serial', async () => {
  const [a, b] = await Promise.all([createSelfSigned(['a.example.com']), createSelfSigned(['a.example.com'])])
  const first = new X509Certificate(a.certPem)
  assert.equal(first.subject, 'CN=a.example.com')
  assert.notEqual(first.serialNumber, new X509Certificate(b.certPem).serialNumber)
  assert.match(first.serialNumber, /^[4-7][0-9A-F]{31}$/)
})

test('validity is counted from the given time, a little backdated', async () => {
  const nowMs = Date.UTC(2030, 0, 1)
  const { certPem } = await createSelfSigned(['a.example.com'], { days: 30, nowMs })
  const certificate = new X509Certificate(certPem)
  assert.equal(certificate.validToDate.getTime(), Date.UTC(2030, 0, 31))
  assert.equal(certificate.validFromDate.getTime(), nowMs - 300_000)
})

test('validity may pass the year 2050, where the date encoding changes', async () => {
  const { certPem } = await createSelfSigned(['a.example.com'], { days: 3650, nowMs: Date.UTC(2045, 0, 1) })
  assert.equal(new X509Certificate(certPem).validToDate.toISOString(), '2054-12-30T00:00:00.000Z')
})

test('a signed certificate does not outlive its authority', async () => {
  const nowMs = Date.UTC(2030, 0, 1)
  const authority = await createAuthority('Short', { days: 10, nowMs })
  const pair = await createSignedBy(authority, ['a.example.com'], { days: 365, nowMs })
  assert.equal(new X509Certificate(pair.certPem).validTo, new X509Certificate(authority.certPem).validTo)
})

test('a common name may be given, and a host too long for it is left to the alternative names', async () => {
  const long = `${'a'.repeat(60)}.example.com`
  const named = await createSelfSigned([long], { commonName: 'Genkan “default”' })
  assert.equal(new X509Certificate(named.certPem).subject, 'CN=Genkan “default”')
  const unnamed = new X509Certificate((await createSelfSigned([long])).certPem)
  assert.equal(unnamed.subject, 'CN=genkan')
  assert.equal(unnamed.checkHost(long), long)
})

for (const [name, keys] of [
  ['RSA', generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ['EC P-384', generateKeyPairSync('ec', { namedCurve: 'P-384' })],
  ['Ed25519', generateKeyPairSync('ed25519')],
] as const) {
  test(`an authority with an ${name} key signs a chain that clients accept`, async () => {
    const authority = await authorityWithKey(keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
    const pair = await createSignedBy(authority, ['shop.example.com'])
    assert.equal(await verify(pair, authority.root, 'shop.example.com'), 'shop.example.com')
  })
}

/** An authority with a key of another type, certified by our own root: an intermediate, so the chain must carry it. */
async function authorityWithKey(keyPem: string): Promise<CertificatePair & { root: string }> {
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  const { createPrivateKey, createPublicKey, webcrypto } = await import('node:crypto')
  const root = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
  const rootCertificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Root',
    keys: root,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  })
  const spki = createPublicKey(createPrivateKey(keyPem)).export({ type: 'spki', format: 'der' })
  const certificate = await x509.X509CertificateGenerator.create({
    subject: 'CN=Intermediate',
    issuer: 'CN=Root',
    publicKey: new x509.PublicKey(spki),
    signingKey: root.privateKey,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
  })
  return { certPem: `${certificate.toString('pem')}\n`, keyPem, root: rootCertificate.toString('pem') }
}

test('options and authorities that cannot be used are refused in words', async () => {
  const authority = await createAuthority('Test authority')
  const leaf = await createSelfSigned(['a.example.com'])
  const refusals: readonly (readonly [() => Promise<unknown>, RegExp])[] = [
    [() => createSelfSigned([]), /no host is given/],
    [() => createSelfSigned(['a b']), /Cannot make a certificate for "a b"/],
    [() => createSelfSigned(['a.example.com'], { days: 0 }), /valid for 0 days: accepted are whole numbers/],
    [
      () => createSelfSigned(['a.example.com'], { commonName: 'x'.repeat(65) }),
      /it has 65 characters; accepted are 1 to 64/,
    ],
    [() => createAuthority(''), /it has 0 characters/],
    [() => createSignedBy({ ...authority, keyPem: leaf.keyPem }, ['a.example.com']), /private key belongs to another/],
    [() => createSignedBy(leaf, ['a.example.com']), /Cannot sign with CN=a\.example\.com: it is not an authority/],
    [
      () => createSignedBy({ ...authority, keyPem: 'x' }, ['a.example.com']),
      /Cannot read the private key .* unencrypted PEM/,
    ],
    [
      () => createSignedBy({ ...authority, certPem: 'x' }, ['a.example.com']),
      /Cannot read the certificate of the authority/,
    ],
    [() => createSignedBy(authority, ['a.example.com'], { nowMs: Date.UTC(2200, 0) }), /it expired at/],
  ]
  for (const [attempt, message] of refusals) await assert.rejects(attempt, { name: 'RangeError', message })
})
