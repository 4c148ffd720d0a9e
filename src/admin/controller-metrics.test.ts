import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseExposition } from '../../test/support/exposition-parser.ts'
import { type ControllerFacts, formatControllerMetrics } from './controller-metrics.ts'

const CONST = { controller_class: 'k8s.io/ingress-nginx', controller_namespace: 'n', controller_pod: 'p' }
const FACTS: ControllerFacts = {
  applied: 4,
  failed: 1,
  configHash: 12_345,
  isLastApplySuccessful: false,
  lastSuccessMs: 1_700_000_000_500,
  orphans: [{ namespace: 'shop', ingress: 'web', type: 'no-endpoint' }],
  certificates: [
    {
      host: 'a.example',
      namespace: 'shop',
      secretName: 'tls',
      identifier: 'x-1',
      notAfterMs: 1_800_000_000_900,
      issuerOrganization: 'Acme',
      issuerCommonName: 'Acme CA',
      serialNumber: '4711',
      publicKeyAlgorithm: 'ECDSA',
    },
  ],
  checks: [
    { namespace: 'shop', ingress: 'web', successes: 3, errors: 0 },
    { namespace: 'shop', ingress: 'bad', successes: 1, errors: 2 },
  ],
  build: { release: '0.1.0', build: 'abc', repository: 'genkan' },
}

test('the controller is measured under the names of ingress-nginx', () => {
  const families = parseExposition(formatControllerMetrics(FACTS, CONST))
  const values = Object.fromEntries(
    [...families].map(([name, family]) => [name.replace('nginx_ingress_controller_', ''), family.samples[0]?.value]),
  )
  assert.deepEqual(values, {
    success: 4,
    errors: 1,
    config_hash: 12_345,
    config_last_reload_successful: 0,
    config_last_reload_successful_timestamp_seconds: 1_700_000_000.5,
    build_info: 1,
    orphan_ingress: 1,
    ssl_expire_time_seconds: 1_800_000_000,
    ssl_certificate_info: 1,
    check_success: 3,
    check_errors: 2,
  })
  assert.deepEqual(families.get('nginx_ingress_controller_check_errors')?.samples[0]?.labels, {
    ...CONST,
    namespace: 'shop',
    ingress: 'bad',
  })
  assert.deepEqual(families.get('nginx_ingress_controller_ssl_certificate_info')?.samples[0]?.labels, {
    class: 'k8s.io/ingress-nginx',
    host: 'a.example',
    identifier: 'x-1',
    issuer_common_name: 'Acme CA',
    issuer_organization: 'Acme',
    namespace: 'shop',
    public_key_algorithm: 'ECDSA',
    secret_name: 'tls',
    serial_number: '4711',
  })
  assert.deepEqual(families.get('nginx_ingress_controller_ssl_expire_time_seconds')?.samples[0]?.labels, {
    class: 'k8s.io/ingress-nginx',
    host: 'a.example',
    identifier: 'x-1',
    namespace: 'shop',
    secret_name: 'tls',
  })
  assert.equal(families.get('nginx_ingress_controller_orphan_ingress')?.samples[0]?.labels['type'], 'no-endpoint')
})

test('families without anything to say are left out', () => {
  const families = parseExposition(formatControllerMetrics({ ...FACTS, orphans: [], certificates: [] }, CONST))
  assert.equal(families.has('nginx_ingress_controller_orphan_ingress'), false)
  assert.equal(families.has('nginx_ingress_controller_ssl_expire_time_seconds'), false)
})
