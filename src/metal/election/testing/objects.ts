/** Objects of tests, of which each says only what matters to it. */
import assert from 'node:assert/strict'
import { parseRange } from '../../../base/ip-range.ts'
import type { MetalNode } from '../../announcement.ts'
import type { BgpAdvertisement, BgpPeer, L2Advertisement, MetalConfig, Selector } from '../../model.ts'
import type { LoadBalancerService, ServiceEndpoint } from '../../service.ts'
import { DEFAULT_ELECTION, type ElectionInput, type Member } from '../election-model.ts'

const ORIGIN = { object: 'test', path: '' }

export function select(matchLabels: Record<string, string>): Selector {
  return { matchLabels, matchExpressions: [] }
}

export function l2(more: Partial<L2Advertisement> = {}): L2Advertisement {
  const none = { nodes: [], interfaces: [], services: [], preferredNodes: [] }
  return { name: 'l2', pools: ['pool'], ...none, origin: ORIGIN, ...more }
}

export function bgp(more: Partial<BgpAdvertisement> = {}): BgpAdvertisement {
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

export function peer(name: string, nodes: readonly Selector[] = []): BgpPeer {
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

export function config(more: Partial<MetalConfig>, ranges = ['192.0.2.0/24', '2001:db8::/64']): MetalConfig {
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

export function node(name: string, more: Partial<MetalNode> = {}): MetalNode {
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

export function service(
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

export function member(name: string, more: Partial<Member> = {}): Member {
  return { name, isSettled: true, interfaces: null, ...more }
}

export function on(...names: readonly string[]): readonly ServiceEndpoint[] {
  return names.map((nodeName) => ({ nodeName, isUsable: true }))
}

export type Given = Partial<Omit<ElectionInput, 'options' | 'config'>> & {
  readonly config?: Partial<MetalConfig>
  readonly options?: Partial<ElectionInput['options']>
}

/** Two nodes, one Service with one endpoint on each, announced on the local network. */
export function input(given: Given): ElectionInput {
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

export const local = (addresses = ['192.0.2.7'], more = {}) =>
  service('web', addresses, { trafficPolicy: 'Local', ...more })
export const endpointsOf = (...endpoints: readonly ServiceEndpoint[]) => new Map([['shop/web', endpoints]])
export const usable = (nodeName: string) => ({ nodeName, isUsable: true })
export const unusable = (nodeName: string) => ({ nodeName, isUsable: false })
