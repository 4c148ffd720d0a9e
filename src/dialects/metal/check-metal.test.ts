import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lint } from '../lint/lint.ts'
import { shortName, toSnapshot } from './testing/config-script.ts'

const POOL = 'IPAddressPool a {addresses: [192.0.2.0/28]}'
const L2 = 'L2Advertisement l'
const BGP = 'BGPAdvertisement b'

function service(name: string, annotations: string, rest = '', ports = '[{port: 80}]'): string {
  return `Service ${name} {metadata: {namespace: shop, annotations: {${annotations}}}, spec: {type: LoadBalancer, selector: {app: ${name}}, ports: ${ports}${rest}}}`
}

function node(name: string, ...addresses: readonly string[]): string {
  const list = addresses.map((address) => `{type: InternalIP, address: "${address}"}`).join(', ')
  return `Node ${name} {status: {addresses: [${list}]}}`
}

/** Objects, and the findings that `lint` has about bare metal: code, severity when it is not the usual one, place. */
const ROWS: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['a pool that is announced', [POOL, L2], []],
  ['a pool that nobody announces', [POOL], ['METAL_POOL_UNANNOUNCED a']],
  [
    'a pool that only another advertisement leaves out',
    [POOL, 'IPAddressPool c {addresses: [198.51.100.0/28]}', 'L2Advertisement l {ipAddressPools: [a]}'],
    ['METAL_POOL_UNANNOUNCED c'],
  ],
  [
    'pools that overlap',
    [POOL, 'IPAddressPool c {addresses: [192.0.2.8-192.0.2.30]}', L2],
    ['METAL_POOLS_OVERLAP c addresses[0]'],
  ],
  ['a pool with a node in it', [POOL, L2, node('n1', '192.0.2.5')], ['METAL_POOL_NODE_ADDRESS a']],
  ['a pool beside its nodes', [POOL, L2, node('n1', '192.0.2.20'), node('n2', '192.0.2.21')], []],
  ['a pool elsewhere on the local network', [POOL, L2, node('n1', '203.0.113.5')], ['METAL_POOL_OFF_SUBNET a']],
  ['a pool elsewhere by BGP', [POOL, BGP, node('n1', '203.0.113.5')], []],
  [
    'a pool between nodes that are far apart',
    ['IPAddressPool a {addresses: [10.1.128.0/24]}', L2, node('n1', '10.1.0.5'), node('n2', '10.1.250.5')],
    [],
  ],
  [
    'an IPv6 pool where nodes have only IPv4',
    ['IPAddressPool a {addresses: ["2001:db8::/112"]}', L2, node('n1', '192.0.2.20')],
    [],
  ],
  [
    'an IPv6 pool elsewhere',
    ['IPAddressPool a {addresses: ["2001:db8:1::/112"]}', L2, node('n1', '2001:db8:2::5')],
    ['METAL_POOL_OFF_SUBNET a'],
  ],
  [
    'two Services that share',
    [
      POOL,
      L2,
      service('x', 'metallb.io/allow-shared-ip: k'),
      service('y', 'metallb.io/allow-shared-ip: k', '', '[{port: 81}]'),
    ],
    [],
  ],
  [
    'two Services with a port in common',
    [POOL, L2, service('x', 'metallb.io/allow-shared-ip: k'), service('y', 'metallb.io/allow-shared-ip: k')],
    ['METAL_SHARING_CLASH y metadata.annotations["metallb.io/allow-shared-ip"]'],
  ],
  [
    'the same port of another protocol',
    [
      POOL,
      L2,
      service('x', 'metallb.io/allow-shared-ip: k'),
      service('y', 'metallb.io/allow-shared-ip: k', '', '[{port: 80, protocol: UDP}]'),
    ],
    [],
  ],
  [
    'a port in common, and the same address',
    [
      POOL,
      L2,
      service('x', 'metallb.io/allow-shared-ip: k', ', loadBalancerIP: 192.0.2.1'),
      service('y', 'metallb.io/allow-shared-ip: k', ', loadBalancerIP: 192.0.2.1'),
    ],
    ['error METAL_SHARING_CLASH y metadata.annotations["metallb.io/allow-shared-ip"]'],
  ],
  [
    'other pods behind the policy Local',
    [
      POOL,
      L2,
      service('x', 'metallb.io/allow-shared-ip: k', ', externalTrafficPolicy: Local'),
      service('y', 'metallb.io/allow-shared-ip: k', ', externalTrafficPolicy: Local', '[{port: 81}]'),
    ],
    ['METAL_SHARING_CLASH y metadata.annotations["metallb.io/allow-shared-ip"]'],
  ],
  [
    'no address where one is asked for',
    [POOL, L2, service('x', 'metallb.io/loadBalancerIPs: here')],
    ['METAL_SERVICE x metadata.annotations["metallb.io/loadBalancerIPs"]'],
  ],
  [
    'without any pool as well',
    [service('x', 'metallb.io/loadBalancerIPs: here')],
    ['METAL_SERVICE x metadata.annotations["metallb.io/loadBalancerIPs"]'],
  ],
  [
    'two of one family',
    [POOL, L2, service('x', '"metallb.io/loadBalancerIPs": "192.0.2.1, 192.0.2.2"')],
    ['METAL_SERVICE x metadata.annotations["metallb.io/loadBalancerIPs"]'],
  ],
  [
    'two ways to ask',
    [POOL, L2, service('x', 'metallb.io/loadBalancerIPs: 192.0.2.1', ', loadBalancerIP: 192.0.2.1')],
    ['METAL_SERVICE x metadata.annotations["metallb.io/loadBalancerIPs"]'],
  ],
  [
    'an address in no pool',
    [POOL, L2, service('x', '', ', loadBalancerIP: 203.0.113.1')],
    ['METAL_SERVICE x loadBalancerIP'],
  ],
  [
    'an address in another pool than the one that is asked for',
    [
      POOL,
      'IPAddressPool c {addresses: [198.51.100.0/28]}',
      L2,
      service('x', 'metallb.io/address-pool: c', ', loadBalancerIP: 192.0.2.1'),
    ],
    ['METAL_SERVICE x loadBalancerIP'],
  ],
  [
    'a pool that does not exist',
    [POOL, L2, service('x', 'metallb.io/address-pool: gone')],
    ['METAL_SERVICE x metadata.annotations["metallb.io/address-pool"]'],
  ],
  [
    'the old prefix',
    [POOL, L2, service('x', 'metallb.universe.tf/address-pool: a')],
    ['METAL_ANNOTATION_OLD x metadata.annotations["metallb.universe.tf/address-pool"]'],
  ],
  [
    'a Service of another class',
    [POOL, L2, service('x', 'metallb.io/address-pool: gone', ', loadBalancerClass: other/lb')],
    [],
  ],
  [
    'the older ConfigMap',
    ['legacy {address-pools: [{name: a, protocol: layer2, addresses: [192.0.2.9-192.0.2.1]}]}'],
    ['METAL_RANGE_BACKWARDS config address-pools[0].addresses[0]'],
  ],
]

for (const [name, objects, expected] of ROWS) {
  test(`lint: ${name}`, () => {
    const { snapshot } = toSnapshot(objects)
    const found = lint(snapshot)
      .filter(({ code }) => code.startsWith('METAL_'))
      .map(({ code, severity, origin }) => {
        const isWorse = severity === 'error' && code === 'METAL_SHARING_CLASH'
        return `${isWorse ? 'error ' : ''}${code} ${shortName(origin)}`
      })
    assert.deepEqual(found, expected)
  })
}
