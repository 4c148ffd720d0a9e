/** Services as people may write them, for property tests. */
import fc from 'fast-check'
import type { Service, ServicePort } from '../../../../kube/objects.ts'
import { AWS_SERVICE } from '../../../annotations/aws-service.ts'

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

/** Annotations of the vocabulary and others, with values of any kind. */
export const arbitraryAnnotations: fc.Arbitrary<Record<string, string>> = fc.dictionary(
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

/** Fields of the spec beside the type; absent where `undefined`. */
export const arbitrarySpec: fc.Arbitrary<object> = fc.record({
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

/** A Service of type LoadBalancer in namespace `shop`. */
export function serviceOf(name: string, written: object, notes: Readonly<Record<string, string>>): Service {
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
