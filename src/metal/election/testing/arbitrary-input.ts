/** Clusters of all kinds for property tests: five nodes, four Services on a few addresses. */
import * as fc from 'fast-check'
import type { MetalNode } from '../../announcement.ts'
import type { LoadBalancerService } from '../../service.ts'
import { DEFAULT_ELECTION, type ElectionInput } from '../election-model.ts'

export const NAMES = ['a', 'b', 'c', 'd', 'e']
const ORIGIN = { object: 'test', path: '' }

const nodeArbitrary = (name: string): fc.Arbitrary<MetalNode> =>
  fc.record({
    name: fc.constant(name),
    labels: fc.constantFrom({}, { zone: '1' }, { 'node.kubernetes.io/exclude-from-external-load-balancers': '' }),
    addresses: fc.constant([]),
    isReady: fc.boolean(),
    isUnschedulable: fc.boolean(),
    isNetworkUnavailable: fc.constantFrom(false, false, true),
    taints: fc.constantFrom([], [], ['node.kubernetes.io/out-of-service']),
  })

const addressArbitrary = fc.nat({ max: 7 }).map((last) => `192.0.2.${last}`)

const serviceArbitrary = (key: string): fc.Arbitrary<LoadBalancerService> =>
  fc.record({
    key: fc.constant(key),
    namespace: fc.constant('n'),
    labels: fc.constantFrom({}, { app: 'x' }),
    namespaceLabels: fc.constant({}),
    resourceVersion: fc.constant('1'),
    families: fc.constant([4 as const]),
    familyPolicy: fc.constant('SingleStack' as const),
    ports: fc.constant([]),
    trafficPolicy: fc.constantFrom('Cluster', 'Local'),
    selector: fc.constant(''),
    addresses: fc.oneof(
      addressArbitrary.map((address) => [address]),
      fc.tuple(addressArbitrary, fc.nat({ max: 3 })).map(([v4, v6]) => [v4, `2001:db8::${v6}`]),
    ),
    requested: fc.constant([]),
    pool: fc.constant(''),
    sharingKey: fc.constant(''),
    hasSharingAnnotation: fc.boolean(),
  })

export const inputArbitrary: fc.Arbitrary<ElectionInput> = fc
  .record({
    nodes: fc.tuple(...NAMES.map(nodeArbitrary)),
    services: fc.tuple(...['n/p', 'n/q', 'n/r', 'n/s'].map(serviceArbitrary)),
    hosts: fc.array(fc.array(fc.constantFrom(...NAMES), { maxLength: 3 }), { minLength: 4, maxLength: 4 }),
    members: fc.tuple(
      ...NAMES.map((name) =>
        fc.record({
          name: fc.constant(name),
          isSettled: fc.boolean(),
          interfaces: fc.constantFrom(
            null,
            [],
            [{ name: 'eth0', prefixes: ['192.0.2.200/24'] }],
            [{ name: 'eth1', prefixes: ['192.0.2.201/30', '2001:db8::9/64'] }],
          ),
        }),
      ),
    ),
    heard: fc.subarray(NAMES),
    nodeSelectors: fc.constantFrom([], [{ matchLabels: { zone: '1' }, matchExpressions: [] }]),
    interfaces: fc.constantFrom([], [], ['eth0'], ['eth1', 'eth2']),
    weight: fc.constantFrom(0, 5),
    spreads: fc.boolean(),
    ignoresSubnets: fc.boolean(),
  })
  .map(({ nodes, services, hosts, members, heard, nodeSelectors, interfaces, weight, spreads, ignoresSubnets }) => ({
    nodeName: 'a',
    nodes,
    services,
    endpoints: new Map(
      services.map(({ key }, index) => [key, (hosts[index] ?? []).map((nodeName) => ({ nodeName, isUsable: true }))]),
    ),
    members: members.filter(({ name }) => heard.includes(name)),
    config: {
      pools: [
        {
          name: 'pool',
          ranges: [
            { family: 4, first: 0xc0000200n, last: 0xc00002ffn },
            { family: 6, first: 0x20010db8n << 96n, last: (0x20010db8n << 96n) + 0xffffn },
          ],
          labels: {},
          isAutoAssigned: true,
          avoidsBuggyIPs: false,
          allocation: null,
          origin: ORIGIN,
        },
      ],
      l2Advertisements: [
        {
          name: 'l2',
          pools: ['pool'],
          nodes: nodeSelectors,
          interfaces,
          services: [],
          preferredNodes: [{ weight, preference: { matchLabels: { zone: '1' }, matchExpressions: [] } }],
          origin: ORIGIN,
        },
        {
          name: 'for-app',
          pools: ['pool'],
          nodes: [],
          interfaces: [],
          services: [{ matchLabels: { app: 'x' }, matchExpressions: [] }],
          preferredNodes: [],
          origin: ORIGIN,
        },
      ],
      bgpAdvertisements: [],
      peers: [],
      bfdProfiles: {},
      excludedInterfaces: [],
    },
    options: { ...DEFAULT_ELECTION, spreads, ignoresSubnets },
  }))
