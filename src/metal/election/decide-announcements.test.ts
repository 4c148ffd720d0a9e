import assert from 'node:assert/strict'
import test from 'node:test'
import { parseRange } from '../../base/ip-range.ts'
import type { MetalNode } from '../announcement.ts'
import type { BgpAdvertisement, BgpPeer, L2Advertisement, MetalConfig, Selector } from '../model.ts'
import type { LoadBalancerService, ServiceEndpoint } from '../service.ts'
import { decideAnnouncements } from './decide-announcements.ts'
import { DEFAULT_ELECTION, type ElectionInput, type Member } from './election-model.ts'

const ORIGIN = { object: 'test', path: '' }

function select(matchLabels: Record<string, string>): Selector {
  return { matchLabels, matchExpressions: [] }
}

function l2(more: Partial<L2Advertisement> = {}): L2Advertisement {
  const none = { nodes: [], interfaces: [], services: [], preferredNodes: [] }
  return { name: 'l2', pools: ['pool'], ...none, origin: ORIGIN, ...more }
}

function bgp(more: Partial<BgpAdvertisement> = {}): BgpAdvertisement {
  return {
    name: 'bgp',
    pools: ['pool'],
    nodes: [],
    services: [],
    aggregationLength: 32,
    aggregationLengthV6: 128,
    localPref: 0,
    communities: [],
    peers: [],
    origin: ORIGIN,
    ...more,
  }
}

function peer(name: string, nodes: readonly Selector[] = []): BgpPeer {
  return {
    name,
    myAsn: 64_512,
    peerAsn: 64_513,
    address: '192.0.2.254',
    port: 179,
    sourceAddress: '',
    holdSeconds: 90,
    keepaliveSeconds: 30,
    connectSeconds: 10,
    routerId: '',
    nodes,
    bfdProfile: '',
    hasGracefulRestart: false,
    isMultiHop: false,
    isDualStack: false,
    isPassive: false,
    password: { kind: 'none' },
    origin: ORIGIN,
  }
}

function config(more: Partial<MetalConfig>, ranges = ['192.0.2.0/24', '2001:db8::/64']): MetalConfig {
  const parsed = ranges.map((text) => {
    const range = parseRange(text)
    assert.ok('first' in range)
    return range
  })
  const pool = { name: 'pool', ranges: parsed, labels: {}, isAutoAssigned: true, avoidsBuggyIPs: false }
  return {
    pools: [{ ...pool, allocation: null, origin: ORIGIN }],
    l2Advertisements: [],
    bgpAdvertisements: [],
    peers: [],
    bfdProfiles: {},
    excludedInterfaces: [],
    ...more,
  }
}

function node(name: string, more: Partial<MetalNode> = {}): MetalNode {
  return {
    name,
    labels: { 'kubernetes.io/hostname': name },
    addresses: [],
    isReady: true,
    isUnschedulable: false,
    isNetworkUnavailable: false,
    taints: [],
    ...more,
  }
}

function service(
  name: string,
  addresses: readonly string[],
  more: Partial<LoadBalancerService> = {},
): LoadBalancerService {
  return {
    key: `shop/${name}`,
    namespace: 'shop',
    labels: {},
    namespaceLabels: {},
    resourceVersion: '1',
    families: [4],
    familyPolicy: 'SingleStack',
    ports: [{ protocol: 'TCP', port: 80 }],
    trafficPolicy: 'Cluster',
    selector: '',
    addresses,
    requested: [],
    pool: '',
    sharingKey: '',
    hasSharingAnnotation: false,
    ...more,
  }
}

function member(name: string, more: Partial<Member> = {}): Member {
  return { name, isSettled: true, interfaces: null, ...more }
}

function on(...names: readonly string[]): readonly ServiceEndpoint[] {
  return names.map((nodeName) => ({ nodeName, isUsable: true }))
}

type Given = Partial<Omit<ElectionInput, 'options' | 'config'>> & {
  readonly config?: Partial<MetalConfig>
  readonly options?: Partial<ElectionInput['options']>
}

/** Two nodes, one Service with one endpoint on each, announced on the local network. */
function input(given: Given): ElectionInput {
  const services = given.services ?? [service('web', ['192.0.2.7'])]
  const nodes = given.nodes ?? [node('a'), node('b')]
  return {
    nodeName: 'a',
    nodes,
    services,
    endpoints: new Map(services.map(({ key }) => [key, on('a', 'b')])),
    members: nodes.map(({ name }) => member(name)),
    ...given,
    config: config({ l2Advertisements: [l2()], ...given.config }),
    options: { ...DEFAULT_ELECTION, ...given.options },
  }
}

/** Names of the nodes that answer for the first Service's first address, each asked for itself. */
function announcersOf(given: Given): string {
  const base = input(given)
  const names = base.nodes.map(({ name }) => name)
  const address = base.services[0]?.addresses[0] ?? ''
  return names
    .filter((nodeName) => decideAnnouncements({ ...base, nodeName }).l2.some((each) => each.address === address))
    .join()
}

function reasonsOf(given: Given): string {
  const base = input(given)
  const { reasons } = decideAnnouncements(base)
  const { l2, bgp } = reasons.get(base.services[0]?.key ?? '') ?? { l2: '?', bgp: '?' }
  return `${l2 || '-'} ${bgp || '-'}`
}

const local = (addresses = ['192.0.2.7'], more = {}) => service('web', addresses, { trafficPolicy: 'Local', ...more })
const endpointsOf = (...endpoints: readonly ServiceEndpoint[]) => new Map([['shop/web', endpoints]])
const usable = (nodeName: string) => ({ nodeName, isUsable: true })
const unusable = (nodeName: string) => ({ nodeName, isUsable: false })

/** 'b' is before 'a' for 192.0.2.7. */
const WHO: readonly (readonly [what: string, given: Given, announcers: string])[] = [
  ['two nodes, Cluster', {}, 'b'],
  ['one node', { nodes: [node('a')] }, 'a'],
  ['another address', { services: [service('web', ['192.0.2.2'])] }, 'a'],
  ['no address', { services: [service('web', [])] }, ''],
  ['an address of no pool', { services: [service('web', ['198.51.100.1'])] }, ''],
  ['no endpoint', { endpoints: new Map() }, ''],
  ['Cluster, one endpoint elsewhere', { endpoints: endpointsOf(usable('a')) }, 'b'],
  ['Cluster, an endpoint without a node', { endpoints: endpointsOf(usable('')) }, 'b'],
  ['Cluster, one of two endpoints unusable', { endpoints: endpointsOf(usable('a'), unusable('b')) }, 'b'],
  ['Cluster, all unusable', { endpoints: endpointsOf(unusable('a'), unusable('b')) }, ''],
  ['Local, both nodes', { services: [local()] }, 'b'],
  ['Local, endpoint on the other node', { services: [local()], endpoints: endpointsOf(usable('a')) }, 'a'],
  ['Local, one unusable', { services: [local()], endpoints: endpointsOf(usable('a'), unusable('b')) }, 'a'],
  [
    'Local, one node with usable and unusable',
    { services: [local()], endpoints: endpointsOf(unusable('a'), usable('a')) },
    'a',
  ],
  ['Local, all unusable', { services: [local()], endpoints: endpointsOf(unusable('a'), unusable('b')) }, ''],
  ['Local, an endpoint without a node', { services: [local()], endpoints: endpointsOf(usable('')) }, ''],
  ['no advertisement', { config: { l2Advertisements: [] } }, ''],
  ['an advertisement of another pool', { config: { l2Advertisements: [l2({ pools: ['other'] })] } }, ''],
  [
    'an advertisement for one node',
    { config: { l2Advertisements: [l2({ nodes: [select({ 'kubernetes.io/hostname': 'a' })] })] } },
    'a',
  ],
  [
    'two advertisements, a node each',
    {
      config: {
        l2Advertisements: ['a', 'b'].map((name) => l2({ name, nodes: [select({ 'kubernetes.io/hostname': name })] })),
      },
    },
    'b',
  ],
  [
    'an advertisement for a node that is not there',
    { config: { l2Advertisements: [l2({ nodes: [select({ 'kubernetes.io/hostname': 'c' })] })] } },
    '',
  ],
  [
    'an advertisement of Services, matching',
    {
      services: [service('web', ['192.0.2.7'], { labels: { app: 'web' } })],
      config: { l2Advertisements: [l2({ services: [select({ app: 'web' })] })] },
    },
    'b',
  ],
  [
    'an advertisement of Services, two selectors, one matching',
    {
      services: [service('web', ['192.0.2.7'], { labels: { app: 'web' } })],
      config: { l2Advertisements: [l2({ services: [select({ app: 'x' }), select({ app: 'web' })] })] },
    },
    'b',
  ],
  [
    'an advertisement of other Services',
    { config: { l2Advertisements: [l2({ services: [select({ app: 'x' })] })] } },
    '',
  ],
  [
    'a shared address and an advertisement of Services',
    {
      services: [service('web', ['192.0.2.7'], { labels: { app: 'web' }, hasSharingAnnotation: true })],
      config: { l2Advertisements: [l2({ services: [select({ app: 'web' })] })] },
    },
    '',
  ],
  [
    'a shared address, a further advertisement of all',
    {
      services: [service('web', ['192.0.2.7'], { hasSharingAnnotation: true })],
      config: { l2Advertisements: [l2({ services: [select({ app: 'web' })] }), l2({ name: 'all' })] },
    },
    'b',
  ],
  ['network unavailable', { nodes: [node('a'), node('b', { isNetworkUnavailable: true })] }, 'a'],
  [
    'network unavailable everywhere',
    { nodes: ['a', 'b'].map((name) => node(name, { isNetworkUnavailable: true })) },
    '',
  ],
  [
    'exclude label',
    { nodes: [node('a'), node('b', { labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': '' } })] },
    'a',
  ],
  [
    'exclude label, ignored',
    {
      nodes: [node('a'), node('b', { labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': 'true' } })],
      options: { ignoresExcludeLabel: true },
    },
    'b',
  ],
  ['out of service', { nodes: [node('a'), node('b', { taints: ['node.kubernetes.io/out-of-service'] })] }, 'a'],
  [
    'shut down by the cloud',
    { nodes: [node('a'), node('b', { taints: ['node.cloudprovider.kubernetes.io/shutdown'] })] },
    'a',
  ],
  ['another taint', { nodes: [node('a'), node('b', { taints: ['dedicated'] })] }, 'b'],
  ['not ready', { nodes: [node('a'), node('b', { isReady: false })] }, 'a'],
  ['not ready anywhere', { nodes: [node('a', { isReady: false }), node('b', { isReady: false })] }, 'b'],
  ['cordoned', { nodes: [node('a'), node('b', { isUnschedulable: true })] }, 'b'],
  [
    'cordoned, with the option',
    { nodes: [node('a'), node('b', { isUnschedulable: true })], options: { handsOverOnCordon: true } },
    'a',
  ],
  [
    'cordoned everywhere, with the option',
    {
      nodes: [node('a', { isUnschedulable: true }), node('b', { isUnschedulable: true })],
      options: { handsOverOnCordon: true },
    },
    'b',
  ],
  ['a speaker that is not heard', { members: [member('a')] }, 'a'],
  ['nobody is heard', { members: [] }, ''],
  ['a speaker that came back a moment ago', { members: [member('a'), member('b', { isSettled: false })] }, 'a'],
  [
    'all came back a moment ago',
    { members: [member('a', { isSettled: false }), member('b', { isSettled: false })] },
    'b',
  ],
  [
    'a network that only one has',
    {
      members: [
        member('a', { interfaces: [{ name: 'eth0', prefixes: ['192.0.2.7/24'] }] }),
        member('b', { interfaces: [{ name: 'eth0', prefixes: ['198.51.100.7/24'] }] }),
      ],
    },
    'a',
  ],
  [
    'a network that only one has, ignored',
    {
      options: { ignoresSubnets: true },
      members: [
        member('a', { interfaces: [{ name: 'eth0', prefixes: ['192.0.2.7/24'] }] }),
        member('b', { interfaces: [{ name: 'eth0', prefixes: ['198.51.100.7/24'] }] }),
      ],
    },
    'b',
  ],
  [
    'a network that nobody has',
    {
      members: ['a', 'b'].map((name) =>
        member(name, { interfaces: [{ name: 'eth0', prefixes: ['198.51.100.7/24'] }] }),
      ),
    },
    'b',
  ],
  [
    'an interface that only one has',
    {
      config: { l2Advertisements: [l2({ interfaces: ['eth1'] })] },
      members: [
        member('a', { interfaces: [{ name: 'eth1', prefixes: [] }] }),
        member('b', { interfaces: [{ name: 'eth0', prefixes: ['192.0.2.7/24'] }] }),
      ],
    },
    'a',
  ],
  [
    'an interface that nobody has',
    {
      config: { l2Advertisements: [l2({ interfaces: ['eth1'] })] },
      members: ['a', 'b'].map((name) => member(name, { interfaces: [{ name: 'eth0', prefixes: [] }] })),
    },
    'b',
  ],
  [
    'a node without interfaces',
    { members: [member('a', { interfaces: [{ name: 'eth0', prefixes: [] }] }), member('b', { interfaces: [] })] },
    'a',
  ],
  [
    'a preferred node',
    {
      config: {
        l2Advertisements: [
          l2({ preferredNodes: [{ weight: 1, preference: select({ 'kubernetes.io/hostname': 'a' }) }] }),
        ],
      },
    },
    'a',
  ],
  [
    'preferences add up, over advertisements too',
    {
      config: {
        l2Advertisements: [
          l2({
            preferredNodes: [
              { weight: 3, preference: select({ 'kubernetes.io/hostname': 'b' }) },
              { weight: 2, preference: select({ 'kubernetes.io/hostname': 'a' }) },
            ],
          }),
          l2({ name: 'more', preferredNodes: [{ weight: 2, preference: select({ 'kubernetes.io/hostname': 'a' }) }] }),
        ],
      },
    },
    'a',
  ],
  [
    'a preference of an advertisement that does not select the node',
    {
      config: {
        l2Advertisements: [
          l2(),
          l2({
            name: 'more',
            nodes: [select({ 'kubernetes.io/hostname': 'b' })],
            preferredNodes: [{ weight: 100, preference: select({ 'kubernetes.io/hostname': 'a' }) }],
          }),
        ],
      },
    },
    'b',
  ],
  [
    'a preferred node that is not heard',
    {
      members: [member('b')],
      config: {
        l2Advertisements: [
          l2({ preferredNodes: [{ weight: 1, preference: select({ 'kubernetes.io/hostname': 'a' }) }] }),
        ],
      },
    },
    'b',
  ],
]

test('the table of the local network: who announces', async (context) => {
  for (const [what, given, expected] of WHO) await context.test(what, () => assert.equal(announcersOf(given), expected))
})

const REASONS: readonly (readonly [what: string, given: Given, reasons: string])[] = [
  ['not the owner, no BGP', {}, 'notOwner noMatchingAdvertisement'],
  ['the owner', { nodeName: 'b' }, '- noMatchingAdvertisement'],
  ['no address', { services: [service('web', [])] }, 'noIPAllocated noIPAllocated'],
  ['no IP address', { services: [service('web', ['web.example.com'])] }, 'invalidIP invalidIP'],
  ['an address of no pool', { services: [service('web', ['198.51.100.1'])] }, 'ipNotAllowed ipNotAllowed'],
  ['no endpoints', { endpoints: new Map(), config: { bgpAdvertisements: [bgp()] } }, 'noEndpoints noEndpoints'],
  [
    'local endpoints elsewhere',
    { services: [local()], endpoints: endpointsOf(usable('b')), config: { bgpAdvertisements: [bgp()] } },
    'noLocalEndpoints noLocalEndpoints',
  ],
  [
    'advertisements for other nodes',
    {
      config: {
        l2Advertisements: [l2({ nodes: [select({ x: 'y' })] })],
        bgpAdvertisements: [bgp({ nodes: [select({ x: 'y' })] })],
      },
    },
    'noMatchingAdvertisement noMatchingAdvertisement',
  ],
  [
    'selectors of Services and a shared address',
    {
      services: [service('web', ['192.0.2.7'], { hasSharingAnnotation: true })],
      config: {
        l2Advertisements: [l2({ services: [select({})] })],
        bgpAdvertisements: [bgp({ services: [select({})] })],
      },
    },
    'sharedIPWithServiceSelector sharedIPWithServiceSelector',
  ],
  [
    'preferences that contradict',
    {
      config: {
        l2Advertisements: [],
        bgpAdvertisements: [bgp({ localPref: 1 }), bgp({ name: 'other', localPref: 2 })],
      },
    },
    'noMatchingAdvertisement conflictingAdvertisements',
  ],
  [
    'preferences for different peers',
    {
      config: {
        l2Advertisements: [],
        bgpAdvertisements: [bgp({ localPref: 1, peers: ['x'] }), bgp({ name: 'other', localPref: 2, peers: ['y'] })],
      },
    },
    'noMatchingAdvertisement -',
  ],
  [
    'network unavailable',
    { nodes: [node('a', { isNetworkUnavailable: true }), node('b')], config: { bgpAdvertisements: [bgp()] } },
    'nodeNetworkUnavailable nodeNetworkUnavailable',
  ],
  [
    'exclude label',
    {
      nodes: [node('a', { labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': '' } }), node('b')],
      config: { bgpAdvertisements: [bgp()] },
    },
    'nodeLabeledExcludeBalancers nodeLabeledExcludeBalancers',
  ],
  [
    'not ready',
    { nodes: [node('a', { isReady: false }), node('b')], config: { bgpAdvertisements: [bgp()] } },
    'nodeNotReady nodeNotReady',
  ],
  [
    'nobody is ready',
    { nodes: [node('a', { isReady: false }), node('b', { isReady: false })], config: { bgpAdvertisements: [bgp()] } },
    'nodeNotReady -',
  ],
  ['a node that does not exist', { nodeName: 'x', config: { bgpAdvertisements: [bgp()] } }, 'notOwner notOwner'],
]

test('reasons are in words that the dashboards know', async (context) => {
  for (const [what, given, expected] of REASONS)
    await context.test(what, () => assert.equal(reasonsOf(given), expected))
})

test('both addresses of a dual-stack Service have one announcer, wherever each alone would be', () => {
  const both = service('web', ['192.0.2.7', '2001:db8::1'])
  const announcements = decideAnnouncements(input({ services: [both], nodeName: 'b' })).l2
  assert.deepEqual(
    announcements.map(({ address }) => address),
    ['192.0.2.7', '2001:db8::1'],
  )
  assert.deepEqual(decideAnnouncements(input({ services: [both], nodeName: 'a' })).l2, [])
})

test('Services that share an address have one announcer, and only those with endpoints there are named', () => {
  const shared = ['dns-tcp', 'dns-udp'].map((name) => service(name, ['192.0.2.7'], { trafficPolicy: 'Local' }))
  const given = input({
    services: [...shared, service('silent', ['192.0.2.7'])],
    nodeName: 'a',
    endpoints: new Map([
      ['shop/dns-tcp', on('a', 'b')],
      ['shop/dns-udp', on('a')],
    ]),
  })
  const [announcement, ...others] = decideAnnouncements(given).l2
  assert.deepEqual(others, [])
  assert.deepEqual(announcement, { address: '192.0.2.7', interfaces: [], services: ['shop/dns-tcp', 'shop/dns-udp'] })
  assert.deepEqual(decideAnnouncements({ ...given, nodeName: 'b' }).l2, [])
})

test('interfaces are those of all advertisements of this node; one without a list means all', () => {
  const ofB = [select({ 'kubernetes.io/hostname': 'b' })]
  const ofA = [select({ 'kubernetes.io/hostname': 'a' })]
  const lists = [
    l2({ interfaces: ['eth1', 'eth0'] }),
    l2({ name: 'x', interfaces: ['eth2'], nodes: ofB }),
    l2({ name: 'y', interfaces: ['eth3'], nodes: ofA }),
  ]
  const interfacesOn = (l2Advertisements: readonly L2Advertisement[]) =>
    decideAnnouncements(input({ nodeName: 'b', config: { l2Advertisements } })).l2[0]?.interfaces
  assert.deepEqual(interfacesOn(lists), ['eth0', 'eth1', 'eth2'])
  assert.deepEqual(interfacesOn([...lists, l2({ name: 'z' })]), [])
})

test('with the spread option no node has more than its share and a quarter', () => {
  const services = Array.from({ length: 40 }, (_, index) => service(`s${index}`, [`192.0.2.${index + 1}`]))
  const nodes = ['a', 'b', 'c', 'd'].map((name) => node(name))
  const { announcers } = decideAnnouncements(input({ services, nodes, options: { spreads: true } }))
  const counts = [...Map.groupBy(announcers.values(), (name) => name).values()].map(({ length }) => length)
  assert.equal(announcers.size, 40)
  assert.ok(Math.max(...counts) <= 13, String(counts))
})

const standard = (value: number) => ({ kind: 'standard', value }) as const
const large = (...values: [number, number, number]) => ({ kind: 'large', values }) as const

test('the table of BGP: which routes', async (context) => {
  const two = [service('api', ['192.0.2.5']), service('web', ['192.0.2.7'])]
  const rows: readonly (readonly [what: string, given: Given, routes: readonly unknown[]])[] = [
    ['no advertisement', { config: { peers: [peer('r')] } }, []],
    ['no peer', { config: { bgpAdvertisements: [bgp()] } }, []],
    [
      'one address',
      { config: { peers: [peer('r')], bgpAdvertisements: [bgp()] } },
      [['192.0.2.7/32', 0, '', '', 'shop/web']],
    ],
    [
      'every node announces, whoever is heard',
      { nodeName: 'b', members: [], config: { peers: [peer('r')], bgpAdvertisements: [bgp()] } },
      [['192.0.2.7/32', 0, '', '', 'shop/web']],
    ],
    [
      'both families',
      {
        services: [service('web', ['192.0.2.7', '2001:db8::1'])],
        config: { peers: [peer('r')], bgpAdvertisements: [bgp()] },
      },
      [
        ['192.0.2.7/32', 0, '', '', 'shop/web'],
        ['2001:db8::1/128', 0, '', '', 'shop/web'],
      ],
    ],
    [
      'aggregation joins Services',
      { services: two, config: { peers: [peer('r')], bgpAdvertisements: [bgp({ aggregationLength: 24 })] } },
      [['192.0.2.0/24', 0, '', '', 'shop/api,shop/web']],
    ],
    [
      'two advertisements, two lengths',
      {
        config: {
          peers: [peer('r')],
          bgpAdvertisements: [bgp(), bgp({ name: 'wide', aggregationLength: 24, localPref: 7 })],
        },
      },
      [
        ['192.0.2.0/24', 7, '', '', 'shop/web'],
        ['192.0.2.7/32', 0, '', '', 'shop/web'],
      ],
    ],
    [
      'communities are united, each once, sorted',
      {
        config: {
          peers: [peer('r')],
          bgpAdvertisements: [
            bgp({ communities: [large(1, 2, 3), standard(9)] }),
            bgp({ name: 'more', communities: [standard(9), standard(3)] }),
          ],
        },
      },
      [['192.0.2.7/32', 0, '3 9 1:2:3', '', 'shop/web']],
    ],
    [
      'only some peers',
      { config: { peers: [peer('r'), peer('s')], bgpAdvertisements: [bgp({ peers: ['s'] })] } },
      [['192.0.2.7/32', 0, '', 's', 'shop/web']],
    ],
    [
      'peers that are told different things',
      {
        config: {
          peers: [peer('r'), peer('s')],
          bgpAdvertisements: [
            bgp({ peers: ['s'], communities: [standard(1)], localPref: 5 }),
            bgp({ name: 'z', peers: ['r'] }),
          ],
        },
      },
      [
        ['192.0.2.7/32', 0, '', 'r', 'shop/web'],
        ['192.0.2.7/32', 5, '1', 's', 'shop/web'],
      ],
    ],
    [
      'peers that run on other nodes',
      { config: { peers: [peer('r', [select({ 'kubernetes.io/hostname': 'b' })])], bgpAdvertisements: [bgp()] } },
      [],
    ],
    [
      'an advertisement for other nodes',
      {
        config: {
          peers: [peer('r')],
          bgpAdvertisements: [bgp({ nodes: [select({ 'kubernetes.io/hostname': 'b' })] })],
        },
      },
      [],
    ],
    [
      'Local without an endpoint here',
      {
        services: [local()],
        endpoints: endpointsOf(usable('b')),
        config: { peers: [peer('r')], bgpAdvertisements: [bgp()] },
      },
      [],
    ],
    [
      'Local with an endpoint here',
      {
        services: [local()],
        endpoints: endpointsOf(usable('a')),
        config: { peers: [peer('r')], bgpAdvertisements: [bgp()] },
      },
      [['192.0.2.7/32', 0, '', '', 'shop/web']],
    ],
    [
      'a local endpoint that is not ready',
      {
        services: [local()],
        endpoints: endpointsOf(unusable('a'), usable('b')),
        config: { peers: [peer('r')], bgpAdvertisements: [bgp()] },
      },
      [],
    ],
    [
      'two Services share an address',
      {
        services: [service('a', ['192.0.2.7']), service('b', ['192.0.2.7'])],
        config: { peers: [peer('r')], bgpAdvertisements: [bgp()] },
      },
      [['192.0.2.7/32', 0, '', '', 'shop/a,shop/b']],
    ],
  ]
  for (const [what, given, expected] of rows) {
    await context.test(what, () => {
      const { bgp: routes } = decideAnnouncements(input(given))
      const written = routes.map(({ prefix, localPref, communities, peers, services }) => [
        prefix,
        localPref,
        communities.map((each) => (each.kind === 'standard' ? each.value : each.values.join(':'))).join(' '),
        peers.join(),
        services.join(),
      ])
      assert.deepEqual(written, expected)
    })
  }
})

test('a story of BGP: objects come, change and go, and routes follow', () => {
  const state = {
    peers: [] as BgpPeer[],
    advertisements: [] as BgpAdvertisement[],
    services: [] as LoadBalancerService[],
    endpoints: new Map<string, readonly ServiceEndpoint[]>(),
    labels: {} as Record<string, string>,
  }
  const step = (change: () => void, expected: string): void => {
    change()
    const { peers, advertisements: bgpAdvertisements, services, endpoints, labels } = state
    const given = input({
      services,
      endpoints,
      nodes: [node('a', { labels }), node('b')],
      config: { peers, bgpAdvertisements },
    })
    assert.equal(
      decideAnnouncements(given)
        .bgp.map(({ prefix, peers }) => `${prefix}${peers.join()}`)
        .join(' '),
      expected,
    )
  }
  const web = (addresses: readonly string[], more = {}) => service('web', addresses, more)
  const db = service('db', ['192.0.2.9'])
  step(() => {}, '')
  step(() => state.services.push(web([])), '')
  step(() => state.peers.push(peer('r')), '')
  step(() => (state.services = [web(['192.0.2.7'])]), '')
  step(() => state.advertisements.push(bgp()), '')
  step(() => state.endpoints.set('shop/web', on('b')), '192.0.2.7/32')
  step(() => (state.services = [web(['192.0.2.7'], { trafficPolicy: 'Local' })]), '')
  step(() => state.endpoints.set('shop/web', on('b', 'a')), '192.0.2.7/32')
  step(() => state.endpoints.set('shop/web', [usable('b'), unusable('a')]), '')
  step(() => state.endpoints.set('shop/web', on('a')), '192.0.2.7/32')
  step(() => (state.services = [...state.services, db]), '192.0.2.7/32')
  step(() => state.endpoints.set('shop/db', on('b')), '192.0.2.7/32 192.0.2.9/32')
  step(() => (state.services = [web(['192.0.2.2'], { trafficPolicy: 'Local' }), db]), '192.0.2.2/32 192.0.2.9/32')
  step(() => state.peers.push(peer('rack', [select({ rack: '1' })])), '192.0.2.2/32 192.0.2.9/32')
  step(() => (state.advertisements = [bgp({ peers: ['rack'] })]), '')
  step(() => (state.labels = { rack: '1' }), '192.0.2.2/32rack 192.0.2.9/32rack')
  step(() => (state.labels = { rack: '1', 'node.kubernetes.io/exclude-from-external-load-balancers': '' }), '')
  step(() => (state.labels = { rack: '1' }), '192.0.2.2/32rack 192.0.2.9/32rack')
  step(() => (state.services = [db]), '192.0.2.9/32rack')
  step(() => state.endpoints.set('shop/db', []), '')
  step(() => state.endpoints.set('shop/db', on('b')), '192.0.2.9/32rack')
  step(() => (state.peers = []), '')
})
