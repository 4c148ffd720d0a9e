/** Attributes that a manifest may have, those that have defaults to go back to, and those that AWS has, are the same. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  defaultOfListener,
  defaultOfLoadBalancer,
  defaultOfTargetGroup,
} from '../../../src/aws/deploy/plan/attribute-defaults.ts'
import {
  ALB_ATTRIBUTES,
  ALB_GROUP_ATTRIBUTES,
  ALB_LISTENER_ATTRIBUTES,
  type AttributeTable,
  NLB_ATTRIBUTES,
  NLB_GROUP_ATTRIBUTES,
  NLB_LISTENER_ATTRIBUTES,
} from '../../../src/dialects/aws/attribute-values.ts'
import { listenerAttributes, loadBalancerAttributes, targetGroupAttributes } from '../double/elbv2/attribute-lists.ts'

type Row = readonly [AttributeTable, ReadonlyMap<string, string>, (key: string) => string | null | undefined]

const group = (protocol: string) => (key: string) => defaultOfTargetGroup(key, { protocol, targetType: 'ip' })
const balancer = (type: string) => (key: string) => defaultOfLoadBalancer(key, { type, scheme: 'internal' })
const listener = (protocol: string) => (key: string) => defaultOfListener(key, protocol)

const ROWS: readonly Row[] = [
  [ALB_ATTRIBUTES, loadBalancerAttributes('application', 'internal'), balancer('application')],
  [NLB_ATTRIBUTES, loadBalancerAttributes('network', 'internal'), balancer('network')],
  [ALB_GROUP_ATTRIBUTES, targetGroupAttributes('HTTP', 'ip'), group('HTTP')],
  [NLB_GROUP_ATTRIBUTES, targetGroupAttributes('TCP', 'ip'), group('TCP')],
  [ALB_LISTENER_ATTRIBUTES.HTTP, listenerAttributes('HTTP'), listener('HTTP')],
  [ALB_LISTENER_ATTRIBUTES.HTTPS, listenerAttributes('HTTPS'), listener('HTTPS')],
  [NLB_LISTENER_ATTRIBUTES, listenerAttributes('TCP'), listener('TCP')],
]

for (const [table, existing, defaultOf] of ROWS) {
  test(`attributes of ${table.of} are known everywhere`, () => {
    const keys = Object.keys(table.values).sort()
    assert.deepEqual(keys, [...existing.keys()].sort())
    assert.deepEqual(
      keys.filter((key) => defaultOf(key) === undefined),
      [],
    )
  })
}
