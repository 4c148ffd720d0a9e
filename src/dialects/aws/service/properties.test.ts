/** Whatever people write: no exception, stable names, and nobody's mistake is another's. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EMPTY_INVENTORY } from '../../../aws/stack/inventory.ts'
import type { Service, ServicePort } from '../../../kube/objects.ts'
import { createSnapshot } from '../../../kube/snapshot.ts'
import { AWS_SERVICE } from '../../annotations/aws-service.ts'
import { createFindingLog } from '../../report.ts'
import { AWS_DEFAULTS } from '../options.ts'
import { buildServiceStacks, type ServiceStacks } from './build-services.ts'
import { TWO_SUBNETS } from './testing/build-service.ts'

/** Values that are right for some annotation, so that wrong ones meet right ones. */
const VALUES = [
  'true',
  'false',
  'on',
  'off',
  '*',
  '80',
  '443,53',
  'http',
  'https',
  'ssl',
  'tcp',
  'nlb',
  'external',
  'nlb-ip',
  'ip',
  'instance',
  'dualstack',
  'internal',
  'internet-facing',
  '10.0.0.0/8',
  '0.0.0.0/0,::/0',
  'arn:aws:acm:ap-northeast-1:1:certificate/a',
  'sg-1,sg-2',
  'subnet-a,subnet-b',
  'eipalloc-1,eipalloc-2',
  '10.0.1.5,10.0.2.5',
  'a=b,c=d',
  'preserve_client_ip.enabled=false',
  'CapacityUnits=10',
  'traffic-port',
  '{"type":"forward","forwardConfig":{"baseServiceWeight":1,"targetGroups":[{"serviceName":"good","servicePort":80,"weight":2}]}}',
  '[]',
  'null',
  '{"type":"forward","forwardConfig":null}',
  '{"type":"forward","forwardConfig":{"targetGroups":[null,1,"a",{}]}}',
] as const

const NAMES = AWS_SERVICE.rows.map(
  ({ name }) =>
    AWS_SERVICE.prefix +
    (name.endsWith('.*')
      ? name.replace('*', name.startsWith('actions') || name.includes('listener') ? 'TCP-80' : '80')
      : name),
)

const annotations = fc.dictionary(
  fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...NAMES) },
    { weight: 1, arbitrary: fc.string().map((name) => AWS_SERVICE.prefix + name) },
  ),
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...VALUES) },
    { weight: 1, arbitrary: fc.string() },
    { weight: 1, arbitrary: fc.integer().map(String) },
  ),
  { maxKeys: 10 },
)

const port: fc.Arbitrary<ServicePort> = fc.record({
  name: fc.constantFrom('', 'http', 'https', '__proto__', 'dns'),
  port: fc.constantFrom(80, 443, 53, 1, 65_535),
  targetPort: fc.oneof(fc.integer({ min: 1, max: 65_535 }), fc.constantFrom('web', 'http')),
  nodePort: fc.constantFrom(0, 30_080, 30_443),
  protocol: fc.constantFrom('TCP', 'UDP', 'SCTP'),
})

function maybe<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(arbitrary, { nil: undefined })
}

const spec = fc.record({
  ports: fc.array(port, { maxLength: 4 }),
  loadBalancerClass: maybe(fc.constantFrom('service.k8s.aws/nlb', 'other')),
  externalTrafficPolicy: maybe(fc.constantFrom('Cluster', 'Local')),
  loadBalancerSourceRanges: maybe(
    fc.array(fc.oneof(fc.constantFrom('10.0.0.0/8', '::/0', '1.2.3.4'), fc.string()), { maxLength: 3 }),
  ),
  loadBalancerIP: maybe(fc.constantFrom('192.0.2.1')),
  healthCheckNodePort: maybe(fc.constantFrom(32_000)),
  allocateLoadBalancerNodePorts: maybe(fc.boolean()),
  sessionAffinity: maybe(fc.constantFrom('None', 'ClientIP')),
  ipFamilies: maybe(fc.subarray(['IPv4', 'IPv6'] as const)),
})

function serviceOf(name: string, written: object, notes: Readonly<Record<string, string>>): Service {
  const rest = Object.fromEntries(Object.entries(written).filter(([, value]) => value !== undefined))
  return {
    kind: 'Service',
    order: 0,
    meta: {
      name,
      namespace: 'shop',
      uid: `uid-${name}`,
      resourceVersion: '1',
      creationTimestamp: '',
      labels: {},
      annotations: notes,
    },
    spec: { type: 'LoadBalancer', clusterIp: '', externalName: '', selector: {}, ports: [], ...rest },
  }
}

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

function build(services: readonly Service[], inventory = TWO_SUBNETS): ServiceStacks {
  const options = { ...AWS_DEFAULTS, clusterName: 'demo', inventory, nowMs: 0 }
  return buildServiceStacks(createSnapshot(services), options, createFindingLog().report)
}

test('nothing that is written throws, and the same objects give the same stacks', () => {
  fc.assert(
    fc.property(spec, annotations, fc.boolean(), (written, notes, isKnown) => {
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
    fc.property(spec, annotations, (written, notes) => {
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
    fc.property(spec, annotations, (written, notes) => {
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
    fc.property(spec, annotations, (written, notes) => {
      const services = [...GOOD, serviceOf('any', written, notes)]
      assert.deepEqual(build([...services].reverse()), build(services))
    }),
    { numRuns: 300 },
  )
})
