import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { addressesOfFlag, addressesOfNodes, addressesOfService, isSameAddresses } from './status-addresses.ts'

suite('addresses of --publish-service', () => {
  const status = { loadBalancer: { ingress: [{ hostname: 'lb.example' }, { ip: '192.0.2.2' }] } }

  test('a LoadBalancer has those of its status and its external ones', () => {
    assert.deepEqual(addressesOfService({ spec: { type: 'LoadBalancer', externalIPs: ['192.0.2.1'] }, status }), [
      { ip: '192.0.2.1' },
      { ip: '192.0.2.2' },
      { hostname: 'lb.example' },
    ])
  })

  test('a NodePort has its external ones, or the cluster IP', () => {
    const spec = { type: 'NodePort', clusterIP: '192.0.2.7' }
    assert.deepEqual(addressesOfService({ spec: { ...spec, externalIPs: ['192.0.2.1'] } }), [{ ip: '192.0.2.1' }])
    assert.deepEqual(addressesOfService({ spec }), [{ ip: '192.0.2.7' }])
  })

  test('a ClusterIP has that, and nothing when it is headless', () => {
    assert.deepEqual(addressesOfService({ spec: { type: 'ClusterIP', clusterIP: '192.0.2.7' } }), [{ ip: '192.0.2.7' }])
    assert.deepEqual(addressesOfService({ spec: { clusterIP: 'None' } }), [])
  })

  test('an ExternalName has its name', () => {
    assert.deepEqual(addressesOfService({ spec: { type: 'ExternalName', externalName: 'front.example' } }), [
      { hostname: 'front.example' },
    ])
  })
})

test('nodes have external addresses, or internal ones where there are none or the flag says so', () => {
  const node = (name: string, ...addresses: readonly (readonly [string, string])[]) => ({
    metadata: { name },
    status: { addresses: addresses.map(([type, address]) => ({ type, address })) },
  })
  const nodes = [
    node('a', ['InternalIP', '192.0.2.1'], ['ExternalIP', '198.51.100.1']),
    node('b', ['InternalIP', '192.0.2.2'], ['Hostname', 'b']),
  ]
  assert.deepEqual(addressesOfNodes(nodes, false), [{ ip: '192.0.2.2' }, { ip: '198.51.100.1' }])
  assert.deepEqual(addressesOfNodes(nodes, true), [{ ip: '192.0.2.1' }, { ip: '192.0.2.2' }])
})

test('the flag takes addresses and names, each once and sorted', () => {
  assert.deepEqual(addressesOfFlag(['front.example,192.0.2.1', '2001:db8::1', '192.0.2.1']), [
    { ip: '192.0.2.1' },
    { ip: '2001:db8::1' },
    { hostname: 'front.example' },
  ])
})

test('order, and what the API server adds, make no difference', () => {
  const left = [{ ip: '192.0.2.1', ipMode: 'VIP' }, { hostname: 'a.example' }]
  assert.ok(isSameAddresses(left, [{ hostname: 'a.example' }, { ip: '192.0.2.1' }]))
  assert.ok(!isSameAddresses(left, [{ ip: '192.0.2.1' }]))
})
