import assert from 'node:assert/strict'
import test from 'node:test'
import type { L2Advertisement } from '../model.ts'
import { decideAnnouncements } from './decide-announcements.ts'
import {
  bgp,
  endpointsOf,
  input,
  l2,
  local,
  member,
  node,
  on,
  select,
  service,
  unusable,
  usable,
  type Given,
} from './testing/objects.ts'

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
