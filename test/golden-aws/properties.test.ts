/** What holds for AWS stacks whatever people write in annotations. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { AwsStack } from '../../src/aws/stack/model.ts'
import { AWS_ALB } from '../../src/dialects/annotations/aws-alb.ts'
import { buildAws } from '../../src/dialects/aws/build-aws.ts'
import { albName } from '../../src/dialects/aws/names.ts'
import { AWS_DEFAULTS, type AwsOptions, type AwsTranslation } from '../../src/dialects/aws/options.ts'
import type { AnyObject, Ingress } from '../../src/kube/objects.ts'
import { createSnapshot } from '../../src/kube/snapshot.ts'
import { readContent } from '../../src/sources/files/file-content.ts'
import { STANDARD_INVENTORY } from './standard-inventory.ts'

const OPTIONS: AwsOptions = {
  ...AWS_DEFAULTS,
  clusterName: 'demo',
  nowMs: Date.parse('2026-11-21T00:00:00Z'),
  inventory: { ...STANDARD_INVENTORY, quotas: { 'rules-per-application-load-balancer': 8 } },
}

const MANIFESTS = `
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop, uid: 1}
spec: {type: NodePort, selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080, nodePort: 31509}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  ingressClassName: alb
  defaultBackend: {service: {name: web, port: {number: 80}}}
  tls: [{hosts: [shop.example.com], secretName: gone}]
  rules:
    - host: shop.example.com
      http:
        paths:
          - {path: /, pathType: Prefix, backend: {service: {name: web, port: {name: http}}}}
          - {path: /act, pathType: Exact, backend: {service: {name: act, port: {name: use-annotation}}}}
          - {path: /gone, pathType: Prefix, backend: {service: {name: gone, port: {number: 80}}}}
`

const BASE = readContent(MANIFESTS, 'properties.yaml', 0).objects
const SERVICES = BASE.filter(({ kind }) => kind === 'Service')
const TEMPLATE = BASE.find((object): object is Ingress => object.kind === 'Ingress')
assert.ok(TEMPLATE !== undefined)

/** No file position: the same object wherever it stands. */
function ingress(name: string, annotations: Readonly<Record<string, string>>, host = `${name}.example.com`): Ingress {
  const { source: _source, ...plain } = TEMPLATE as Ingress
  const rules = plain.spec.rules.map((rule) => ({ ...rule, host }))
  return { ...plain, meta: { ...plain.meta, name, annotations }, spec: { ...plain.spec, rules } }
}

function build(objects: readonly AnyObject[], options = OPTIONS): AwsTranslation {
  return buildAws(createSnapshot(objects.map((object, order) => ({ ...object, order }))), options)
}

const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  'actions.*': ['actions.act', 'actions.web'],
  'conditions.*': ['conditions.act', 'conditions.web'],
  'transforms.*': ['transforms.web'],
  'listener-attributes.*': ['listener-attributes.HTTP-80', 'listener-attributes.HTTPS-443'],
  'target-control-port.*': ['target-control-port.web.80'],
}
const NAMES = [
  ...AWS_ALB.rows.flatMap(({ name }) => FAMILIES[name] ?? [name]),
  ...Object.keys(AWS_ALB.aliases),
  ...Object.keys(AWS_ALB.removed),
].filter((name) => !name.startsWith('group.'))

/** Pieces of values that mean something somewhere, and things that mean nothing anywhere. */
const VALUE = fc.oneof(
  fc.constantFrom(
    '',
    'true',
    'false',
    '0',
    '443',
    '80',
    '-1',
    '65536',
    'none',
    'internal',
    'internet-facing',
    'dualstack',
    'ip',
    'instance',
    'HTTPS',
    'GRPC',
    'a=b',
    'a=b,c=d',
    '__proto__=x',
    'CapacityUnits=5',
    '443=443',
    'subnet-private-a,subnet-private-c',
    'subnet-private-a',
    'sg-office',
    'edge',
    '10.0.0.0/8',
    '::/0',
    '10.0.0.0/99',
    'arn:aws:acm:ap-northeast-1:123456789012:certificate/shop',
    'arn:aws:acm:us-east-1:123456789012:certificate/shop',
    '[]',
    '{}',
    'null',
    '[null]',
    '[{"HTTP":80},{"HTTPS":443}]',
    '[{"HTTPS":80}]',
    '[{"port":443,"mode":"verify","trustStore":"staff"}]',
    '{"type":"forward","forwardConfig":{"targetGroups":[{"serviceName":"web","servicePort":"http"}]}}',
    '{"Type":"redirect","RedirectConfig":{"Protocol":"HTTPS","StatusCode":"HTTP_301"}}',
    '{"type":"fixed-response","fixedResponseConfig":{"statusCode":"404"}}',
    '[{"field":"http-header","httpHeaderConfig":{"httpHeaderName":"X","values":["y"]}}]',
  ),
  fc.string({ maxLength: 40 }),
  fc.json({ maxDepth: 3 }),
)

const ANNOTATIONS = fc
  .dictionary(fc.constantFrom(...NAMES), VALUE, { maxKeys: 8 })
  .map((entries) =>
    Object.fromEntries(Object.entries(entries).map(([name, value]) => [`${AWS_ALB.prefix}${name}`, value])),
  )

function member(name: string, annotations: Readonly<Record<string, string>>, order = 0): Ingress {
  return ingress(name, {
    ...annotations,
    [`${AWS_ALB.prefix}group.name`]: 'edge',
    [`${AWS_ALB.prefix}group.order`]: String(order),
  })
}

/** Maps compare by their entries. */
function plain(translation: AwsTranslation): unknown {
  return {
    ...translation,
    stackOf: [...translation.stackOf],
    loadBalancersOf: [...translation.loadBalancersOf],
  }
}

/** Every reference within a stack leads to a resource of it, ids are unique, and priorities count from 1. */
function checkWhole(stack: AwsStack): void {
  const ids = new Set<string>()
  const lists = {
    SecurityGroup: stack.securityGroups,
    Certificate: stack.certificates,
    TargetGroup: stack.targetGroups,
    LoadBalancer: stack.loadBalancers,
    Listener: stack.listeners,
    ListenerRule: stack.rules,
  }
  for (const [kind, resources] of Object.entries(lists)) {
    for (const { id } of resources) {
      assert.ok(!ids.has(`${kind}/${id}`), `${kind}/${id} is there twice`)
      ids.add(`${kind}/${id}`)
    }
  }
  JSON.stringify(stack, (_key, value: unknown) => {
    if (typeof value === 'object' && value !== null && 'ref' in value && !('stack' in value)) {
      assert.ok(ids.has(String(value.ref)), `${String(value.ref)} is not in ${stack.id}`)
    }
    return value
  })
  const next = new Map<string, number>()
  for (const { listener, priority } of stack.rules) {
    const key = JSON.stringify(listener)
    assert.equal(priority, next.get(key) ?? 1)
    next.set(key, priority + 1)
  }
  for (const { name } of [...stack.loadBalancers, ...stack.targetGroups]) assert.ok(name.length <= 32, name)
}

test('whatever annotations say, stacks are whole and nothing throws', () => {
  fc.assert(
    fc.property(ANNOTATIONS, ANNOTATIONS, ANNOTATIONS, (first, second, ofService) => {
      const services = SERVICES.map((service) => ({ ...service, meta: { ...service.meta, annotations: ofService } }))
      const translation = build([...services, member('a', first), member('b', second), ingress('alone', first)])
      for (const stack of translation.stacks) checkWhole(stack)
      for (const { message, origin } of translation.findings) {
        assert.ok(message !== '' && origin.object !== '')
      }
    }),
    { numRuns: 400 },
  )
})

test('the order of objects does not matter', () => {
  fc.assert(
    fc.property(ANNOTATIONS, ANNOTATIONS, ANNOTATIONS, fc.integer(), (first, second, third, seed) => {
      const objects: readonly AnyObject[] = [
        ...SERVICES.map(({ source: _source, ...service }) => service as AnyObject),
        member('a', first),
        member('b', second),
        ingress('alone', third),
        ingress('other', third),
      ]
      const shuffled = objects
        .map((object, index) => ({ object, key: Math.imul(index + 1, seed | 1) }))
        .sort((a, b) => a.key - b.key)
        .map(({ object }) => object)
      assert.deepEqual(plain(build(shuffled)), plain(build(objects)))
    }),
    { numRuns: 150 },
  )
})

test('a member that comes last changes no rule of those before it', () => {
  // A redirect of all HTTP listeners is what the whole group asks for then, and a valid one is no fault.
  const withoutRedirect = ANNOTATIONS.map((annotations) =>
    Object.fromEntries(Object.entries(annotations).filter(([name]) => !name.endsWith('/ssl-redirect'))),
  )
  const rulesOf = (translation: AwsTranslation): readonly unknown[] =>
    translation.stacks
      .flatMap(({ rules }) => rules)
      .filter(({ origins }) => !origins.some(({ object }) => object === 'Ingress shop/z-last'))
      .map(({ conditions, actions, transforms, id }) => ({ id, conditions, actions, transforms }))
  fc.assert(
    fc.property(withoutRedirect, withoutRedirect, (good, bad) => {
      const others = [...SERVICES, member('a', good), member('b', {})]
      const before = build(others)
      const after = build([...others, member('z-last', bad, 10)])
      if (before.unbuilt.length > 0) return
      assert.deepEqual(after.unbuilt, [])
      assert.deepEqual(rulesOf(after), rulesOf(before))
    }),
    { numRuns: 300 },
  )
})

test('a member that comes first holds nobody back', () => {
  // What it may do: redirect to HTTPS, and take a port for another protocol.
  const peaceful = ANNOTATIONS.map((annotations) =>
    Object.fromEntries(
      Object.entries(annotations).filter(([name]) => !/\/(?:ssl-redirect|listen-ports|port)$/.test(name)),
    ),
  )
  const subnets = STANDARD_INVENTORY.subnets
    .filter(({ isPublic }) => isPublic === false)
    .map(({ ipv6Cidr: _ipv6Cidr, ...subnet }) => subnet)
  const [first, second] = subnets
  const name = albName('demo', { id: 'edge', isExplicit: true }, 'internal')
  const loadBalancerSubnets = { [name]: [first?.id ?? '', second?.id ?? ''] }
  const options = { ...OPTIONS, inventory: { ...STANDARD_INVENTORY, subnets, loadBalancerSubnets } }
  fc.assert(
    fc.property(peaceful, (bad) => {
      const translation = build([...SERVICES, member('a', {}), member('b', {}), member('z-first', bad, -10)], options)
      assert.deepEqual(translation.unbuilt, [])
      for (const other of ['Ingress shop/a', 'Ingress shop/b']) {
        const rules = translation.stacks.flatMap((stack) => stack.rules)
        assert.ok(
          rules.some(({ origins }) => origins.some(({ object }) => object === other)),
          other,
        )
      }
    }),
    { numRuns: 300 },
  )
})
