/** Whatever people write: no exception, stable names, and nobody's mistake is another's. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EMPTY_INVENTORY } from '../../../aws/stack/inventory.ts'
import type { Service } from '../../../kube/objects.ts'
import { createSnapshot } from '../../../kube/snapshot.ts'
import { AWS_SERVICE } from '../../annotations/aws-service.ts'
import { createFindingLog } from '../../report.ts'
import { AWS_DEFAULTS } from '../options.ts'
import type { BuiltStacks } from '../options.ts'
import { buildServiceStacks } from './build-services.ts'
import { arbitraryAnnotations, arbitrarySpec, serviceOf } from './testing/arbitrary-service.ts'
import { TWO_SUBNETS } from './testing/build-service.ts'

const GOOD = [
  serviceOf('good', { ports: [{ name: 'http', port: 80, targetPort: 8080, nodePort: 30_080, protocol: 'TCP' }] }, {}),
  serviceOf(
    'better',
    {
      loadBalancerClass: 'service.k8s.aws/nlb',
      ports: [{ name: '', port: 80, targetPort: 'web', nodePort: 30_081, protocol: 'TCP' }],
    },
    { [`${AWS_SERVICE.prefix}aws-load-balancer-nlb-target-type`]: 'ip' },
  ),
]

function build(services: readonly Service[], inventory = TWO_SUBNETS): BuiltStacks {
  const options = { ...AWS_DEFAULTS, clusterName: 'demo', inventory, nowMs: 0 }
  return buildServiceStacks(createSnapshot(services), options, createFindingLog().report)
}

test('nothing that is written throws, and the same objects give the same stacks', () => {
  fc.assert(
    fc.property(arbitrarySpec, arbitraryAnnotations, fc.boolean(), (written, notes, isKnown) => {
      const inventory = isKnown ? TWO_SUBNETS : EMPTY_INVENTORY
      const service = serviceOf('any', written, notes)
      const built = build([service], inventory)
      assert.deepEqual(build([service], inventory), built)
      assert.deepEqual(JSON.parse(JSON.stringify(built.stacks)), built.stacks, 'stacks are plain data')
      assert.ok(built.stacks.length + built.unbuilt.length <= 1)
      assert.equal(built.stackOf.size, built.stacks.length + built.unbuilt.length)
    }),
    { numRuns: 2000 },
  )
})

test('a stack has what AWS takes: one listener per port, names that fit, references that lead somewhere', () => {
  fc.assert(
    fc.property(arbitrarySpec, arbitraryAnnotations, (written, notes) => {
      for (const stack of build([...GOOD, serviceOf('any', written, notes)]).stacks) {
        const ports = [...stack.listeners, ...stack.classicLoadBalancers.flatMap(({ listeners }) => listeners)].map(
          (one) => one.port,
        )
        if (stack.id === 'service:shop/any') {
          assert.ok(ports.length > 0)
          assert.equal(new Set(ports).size, ports.length)
        }
        for (const { name } of [...stack.loadBalancers, ...stack.classicLoadBalancers, ...stack.targetGroups]) {
          assert.match(name, /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?$/)
        }
        const groups = new Set(stack.targetGroups.map(({ id }) => `TargetGroup/${id}`))
        assert.equal(groups.size, stack.targetGroups.length)
        assert.equal(new Set(stack.targetGroups.map(({ name }) => name)).size, stack.targetGroups.length)
        for (const { defaultActions } of stack.listeners) {
          for (const action of defaultActions) {
            if (action.type !== 'forward') continue
            for (const { targetGroup } of action.targetGroups) {
              if (typeof targetGroup !== 'string') assert.ok(groups.has(targetGroup.ref))
            }
          }
        }
      }
    }),
    { numRuns: 2000 },
  )
})

test('whatever one Service says, the stacks of the others stay the same', () => {
  const alone = build(GOOD)
  fc.assert(
    fc.property(arbitrarySpec, arbitraryAnnotations, (written, notes) => {
      const { stacks } = build([...GOOD, serviceOf('bad', written, notes)])
      assert.deepEqual(
        stacks.filter(({ id }) => id !== 'service:shop/bad'),
        alone.stacks,
      )
    }),
    { numRuns: 1000 },
  )
})

test('the order of Services makes no difference', () => {
  fc.assert(
    fc.property(arbitrarySpec, arbitraryAnnotations, (written, notes) => {
      const services = [...GOOD, serviceOf('any', written, notes)]
      assert.deepEqual(build([...services].reverse()), build(services))
    }),
    { numRuns: 300 },
  )
})
