import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Finding } from '../../base/finding.ts'
import type { FindingCode } from '../../base/finding-codes.ts'
import { toConfigurationStatus } from './configuration-state.ts'

const NOW = '2026-11-21T12:00:00Z'
const EARLIER = '2026-11-21T08:00:00Z'
const BOTH = ['poolReconcilerValid', 'configReconcilerValid'] as const

function finding(
  object: string,
  message: string,
  code: FindingCode = 'METAL_RANGE_BACKWARDS',
  rest: Partial<Finding> & { readonly path?: string } = {},
): Finding {
  const { path = 'spec', ...more } = rest
  return { code, severity: 'error', message, origin: { object, path }, ...more }
}

const BACKWARDS = finding('IPAddressPool metallb-system/lab', 'Cannot use spec.addresses[0]: it runs backwards')

suite('the state of a configuration', () => {
  test('is valid where nothing is wrong; warnings do not count', () => {
    const warning = finding('L2Advertisement metallb-system/x', 'no pool', 'METAL_REFERENCE', { severity: 'warning' })
    const status = toConfigurationStatus({ findings: [warning], unread: [] }, BOTH, [], NOW)
    assert.equal(status.result, 'Valid')
    assert.equal(status.errorSummary, '')
    assert.deepEqual(
      status.conditions.map(({ type, status: is, reason }) => `${type} ${is} ${reason}`),
      ['poolReconcilerValid True Reconciled', 'configReconcilerValid True Reconciled'],
    )
  })

  test('has a condition for each mistake, named after object and reason, and says which part is wrong', () => {
    const peer = finding('BGPPeer metallb-system/tor', 'Cannot use spec.myASN: it is missing', 'METAL_PEER')
    const status = toConfigurationStatus({ findings: [BACKWARDS, peer], unread: [] }, BOTH, [], NOW)
    assert.equal(status.result, 'Invalid')
    assert.equal(
      status.errorSummary,
      'IPAddressPool metallb-system/lab: Cannot use spec.addresses[0]: it runs backwards; BGPPeer metallb-system/tor: Cannot use spec.myASN: it is missing',
    )
    assert.deepEqual(
      status.conditions.map(({ type, status: is, reason, message }) => `${type} ${is} ${reason}: ${message}`),
      [
        'poolReconcilerValid False ConfigurationError: IPAddressPool metallb-system/lab: Cannot use spec.addresses[0]: it runs backwards',
        'configReconcilerValid False ConfigurationError: BGPPeer metallb-system/tor: Cannot use spec.myASN: it is missing',
        'IPAddressPool.lab.MetalRangeBackwards False ConfigurationError: Cannot use spec.addresses[0]: it runs backwards',
        'BGPPeer.tor.MetalPeer False ConfigurationError: Cannot use spec.myASN: it is missing',
      ],
    )
  })

  test('of a speaker is one condition for everything', () => {
    const { conditions } = toConfigurationStatus(
      { findings: [BACKWARDS], unread: [] },
      ['configReconcilerValid'],
      [],
      NOW,
    )
    assert.deepEqual(
      conditions.map(({ type, status }) => `${type} ${status}`),
      ['configReconcilerValid False', 'IPAddressPool.lab.MetalRangeBackwards False'],
    )
  })

  for (const [path, expected] of [
    ['data.config: address-pools[0].addresses[0]', ['False', 'True']],
    ['data.config: peers[0].my-asn', ['True', 'False']],
    ['data.config', ['False', 'False']],
  ] as const) {
    test(`a mistake of the older ConfigMap at ${path} is told of the right part`, () => {
      const one = finding('ConfigMap metallb-system/config', 'wrong', 'METAL_CONFIG_MAP', { path })
      const { conditions } = toConfigurationStatus({ findings: [one], unread: [] }, BOTH, [], NOW)
      assert.deepEqual(
        conditions.slice(0, 2).map(({ status }) => status),
        expected,
      )
      assert.equal(conditions[2]?.type, 'ConfigMap.config.MetalConfigMap')
    })
  }

  test('keeps the time of what stays as it was, whatever the text says now', () => {
    const first = toConfigurationStatus({ findings: [BACKWARDS], unread: [] }, BOTH, [], EARLIER)
    const other = { ...BACKWARDS, message: 'Cannot use spec.addresses[1]: it runs backwards' }
    const second = toConfigurationStatus({ findings: [other], unread: [] }, BOTH, first.conditions, NOW)
    assert.ok(second.conditions.every(({ lastTransitionTime }) => lastTransitionTime === EARLIER))
    const mended = toConfigurationStatus({ findings: [], unread: [] }, BOTH, second.conditions, NOW)
    assert.deepEqual(
      mended.conditions.map(({ type, lastTransitionTime }) => `${type} ${lastTransitionTime}`),
      [`poolReconcilerValid ${NOW}`, `configReconcilerValid ${EARLIER}`],
    )
    assert.deepEqual(toConfigurationStatus({ findings: [], unread: [] }, BOTH, mended.conditions, 'later'), mended)
  })

  test('is unknown where a kind cannot be read, but a mistake that is seen is one', () => {
    const unknown = toConfigurationStatus({ findings: [], unread: ['BGPPeer'] }, BOTH, [], NOW)
    assert.equal(unknown.result, 'Unknown')
    assert.equal(unknown.errorSummary, 'Cannot read BGPPeer: not allowed, or not defined')
    assert.deepEqual(
      unknown.conditions.map(({ status, reason }) => `${status} ${reason}`),
      ['True Reconciled', 'Unknown InfraError'],
    )
    const invalid = toConfigurationStatus({ findings: [BACKWARDS], unread: ['BGPPeer'] }, BOTH, [], NOW)
    assert.equal(invalid.result, 'Invalid')
  })

  test('has bounds, however much is wrong', () => {
    const findings = Array.from({ length: 10_000 }, (_, n) => finding(`IPAddressPool a/p${n}`, `wrong ${n}`))
    const { errorSummary, conditions } = toConfigurationStatus({ findings, unread: [] }, BOTH, [], NOW)
    assert.equal(errorSummary.length, 1024)
    assert.equal(conditions.length, 52)
    assert.ok(conditions.every(({ message }) => message.length <= 1024))
  })
})
