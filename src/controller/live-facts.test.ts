import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAuthority, createSignedBy } from '../base/certificate.ts'
import { fixtureModel } from '../proxy/testing/proxy-fixture.ts'
import { readCertificateFacts } from './live-facts.ts'

test('a certificate is known by its host, Secret, issuer, serial number, algorithm and end', async () => {
  const pair = await createSignedBy(await createAuthority('Test authority'), ['shop.example'])
  const origin = { object: 'Secret shop/tls', path: '' }
  const model = {
    ...fixtureModel({ upstreams: [] }),
    certificates: {
      certificates: [{ id: 'shop/tls', ...pair, origin }],
      bySni: [{ name: 'shop.example', certificateId: 'shop/tls' }],
      defaultCertificateId: 'shop/tls',
    },
  }
  const [facts, ...others] = readCertificateFacts(model)
  assert.ok(facts)
  assert.deepEqual(others, [])
  const { host, namespace, secretName, issuerCommonName, serialNumber, publicKeyAlgorithm } = facts
  assert.deepEqual(
    { host, namespace, secretName, issuerCommonName, publicKeyAlgorithm },
    {
      host: 'shop.example',
      namespace: 'shop',
      secretName: 'tls',
      issuerCommonName: 'Test authority',
      publicKeyAlgorithm: 'ECDSA',
    },
  )
  assert.match(serialNumber, /^[1-9]\d+$/)
  assert.ok(facts.notAfterMs > Date.now())
  assert.equal(facts.identifier, `${serialNumber}-${new Date(facts.notAfterMs).toISOString()}`)
})
