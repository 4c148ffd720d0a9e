import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  listenerAttributes,
  loadBalancerAttributes,
  targetGroupAttributes,
} from '../../../../test/aws/double/elbv2/attribute-lists.ts'
import { defaultOfListener, defaultOfLoadBalancer, defaultOfTargetGroup } from './attribute-defaults.ts'

test('every attribute of a new load balancer has the default that is written when a wish is gone', () => {
  for (const type of ['application', 'network']) {
    for (const scheme of ['internal', 'internet-facing']) {
      for (const [key, value] of loadBalancerAttributes(type, scheme)) {
        const known = defaultOfLoadBalancer(key, { type, scheme })
        assert.ok(known === value || known === null, `${type} ${key}: ${String(known)}`)
      }
    }
  }
})

test('so has every attribute of a new target group', () => {
  for (const protocol of ['HTTP', 'HTTPS', 'TCP', 'UDP', 'TLS', 'TCP_UDP']) {
    for (const targetType of ['instance', 'ip']) {
      for (const [key, value] of targetGroupAttributes(protocol, targetType)) {
        const known = defaultOfTargetGroup(key, { protocol, targetType })
        assert.ok(known === value || known === null, `${protocol} ${targetType} ${key}: ${String(known)}`)
      }
    }
  }
})

test('so has every attribute of a new listener, and what its protocol lacks is left', () => {
  for (const protocol of ['HTTP', 'HTTPS', 'TCP']) {
    for (const [key, value] of listenerAttributes(protocol)) assert.equal(defaultOfListener(key, protocol), value, key)
  }
  assert.equal(defaultOfListener('tcp.idle_timeout.seconds', 'TLS'), null)
  assert.equal(defaultOfListener('of.tomorrow', 'TCP'), undefined)
})
