import assert from 'node:assert/strict'
import test from 'node:test'
import type { BgpAdvertisement, BgpPeer } from '../model.ts'
import type { LoadBalancerService, ServiceEndpoint } from '../service.ts'
import { decideAnnouncements } from './decide-announcements.ts'
import {
  bgp,
  endpointsOf,
  input,
  local,
  node,
  on,
  peer,
  select,
  service,
  unusable,
  usable,
  type Given,
} from './testing/objects.ts'

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
