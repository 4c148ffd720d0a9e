/** MetalLB's configuration before its custom resources (v0.7 to v0.12), read into the same form as these. */
import { childOf, optionalBool, optionalInt, optionalOneOf, report, requiredText } from '../../base/decode.ts'
import type { FieldPath, MapField } from '../../base/decode.ts'
import { closeMap, listOfMaps, listOfText, textRecord } from '../../base/decode-list.ts'
import type { Origin } from '../../base/finding.ts'
import type {
  BFDProfileSpec,
  BGPAdvertisementSpec,
  BGPPeerSpec,
  Community,
  IPAddressPoolSpec,
  L2AdvertisementSpec,
} from '../../kube/metal-objects.ts'
import type { ConfigMap } from '../../kube/objects.ts'
import { legacyPeer } from './legacy-peer.ts'
import { harden, type LegacyText, readText } from './legacy-text.ts'
import type { MetalRemarks, Written } from './written.ts'

/** Everything that is written, from wherever it came. */
export interface WrittenConfig {
  readonly pools: Written<IPAddressPoolSpec>[]
  readonly l2Advertisements: Written<L2AdvertisementSpec>[]
  readonly bgpAdvertisements: Written<BGPAdvertisementSpec>[]
  readonly peers: Written<BGPPeerSpec>[]
  readonly bfdProfiles: Written<BFDProfileSpec>[]
  readonly communities: Written<Community['spec']>[]
}

const ROOT = ['peers', 'bgp-communities', 'bfd-profiles', 'address-pools']
const POOL = ['name', 'protocol', 'addresses', 'auto-assign', 'avoid-buggy-ips', 'bgp-advertisements']
const ADVERTISEMENT = ['aggregation-length', 'aggregation-length-v6', 'localpref', 'communities']
const BFD = {
  'receive-interval': 'receiveInterval',
  'transmit-interval': 'transmitInterval',
  'detect-multiplier': 'detectMultiplier',
  'echo-interval': 'echoInterval',
  'minimum-ttl': 'minimumTtl',
} as const
/** Names of the custom resources' fields as the ConfigMap has them, where they differ. */
const LEGACY_NAMES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(BFD).map(([legacy, name]) => [name, legacy])),
  autoAssign: 'auto-assign',
  avoidBuggyIPs: 'avoid-buggy-ips',
  aggregationLength: 'aggregation-length',
  aggregationLengthV6: 'aggregation-length-v6',
  localPref: 'localpref',
  myASN: 'my-asn',
  peerASN: 'peer-asn',
  peerAddress: 'peer-address',
  peerPort: 'peer-port',
  holdTime: 'hold-time',
  keepaliveTime: 'keepalive-time',
  sourceAddress: 'source-address',
  routerID: 'router-id',
  ebgpMultiHop: 'ebgp-multihop',
  bfdProfile: 'bfd-profile',
  nodeSelectors: 'node-selectors',
  matchLabels: 'match-labels',
  matchExpressions: 'match-expressions',
  echoMode: 'echo-mode',
  passiveMode: 'passive-mode',
}

/** Adds what a ConfigMap says; advertisements and peers get the names that MetalLB's converter gives them. */
export function readLegacyConfig(map: ConfigMap, config: WrittenConfig, remarks: MetalRemarks): void {
  const before = remarks.count
  const text = readText(map, 'config', remarks)
  if (text === null) return
  const { root } = text
  closeMap(root, ROOT)
  const { namespace } = map.meta
  const write = <Spec>(name: string, path: FieldPath, spec: Spec): Written<Spec> => ({
    name,
    namespace,
    labels: {},
    annotations: {},
    spec,
    isLegacy: true,
    at: (...inner) => locate(text, path, inner),
  })
  listOfMaps(root, 'peers', (entry) => {
    config.peers.push(write(`peer${config.peers.length + 1}`, entry.path, legacyPeer(entry)))
    return null
  })
  listOfMaps(root, 'bfd-profiles', (entry) => {
    const name = requiredText(entry, 'name')
    if (name !== undefined) config.bfdProfiles.push(write(name, entry.path, legacyBfd(entry)))
    return null
  })
  const communities = Object.entries(textRecord(root, 'bgp-communities')).map(([name, value]) => ({ name, value }))
  if (communities.length > 0) {
    const names = communities.map(({ name }) => name)
    const written = write('communities', ['bgp-communities'], { communities })
    // They are a map here, a list in the custom resource.
    const at = (...path: FieldPath): Origin => locate(text, ['bgp-communities'], [names[Number(path[1])] ?? ''])
    config.communities.push({ ...written, at })
  }
  listOfMaps(root, 'address-pools', (entry) => {
    readPool(entry, config, write)
    return null
  })
  harden(remarks.findings, before)
}

function readPool(
  entry: MapField,
  config: WrittenConfig,
  write: <Spec>(name: string, path: FieldPath, spec: Spec) => Written<Spec>,
): void {
  closeMap(entry, POOL)
  const name = requiredText(entry, 'name')
  const protocol = optionalOneOf(entry, 'protocol', ['layer2', 'bgp'] as const)
  if (childOf(entry, 'protocol') === undefined) requiredText(entry, 'protocol')
  const addresses = listOfText(entry, 'addresses')
  const autoAssign = optionalBool(entry, 'auto-assign')
  const avoidBuggyIPs = optionalBool(entry, 'avoid-buggy-ips')
  const advertisements = childOf(entry, 'bgp-advertisements')
  if (advertisements !== undefined && protocol === 'layer2') {
    report(advertisements, 'METAL_CONFIG_MAP', 'it is for the protocol bgp; remove it, or write protocol: bgp')
    return
  }
  if (name === undefined || protocol === undefined) return
  const spec: IPAddressPoolSpec = {
    addresses,
    ...(autoAssign === undefined ? {} : { autoAssign }),
    ...(avoidBuggyIPs === undefined ? {} : { avoidBuggyIPs }),
  }
  config.pools.push(write(name, entry.path, spec))
  if (protocol === 'layer2') {
    const { l2Advertisements } = config
    const l2 = { ...nothingSelected(name), interfaces: [], preferredNodeSelectors: [] }
    l2Advertisements.push(write(`l2advertisement${l2Advertisements.length + 1}`, entry.path, l2))
    return
  }
  const { bgpAdvertisements } = config
  const add = (path: FieldPath, rest: Partial<BGPAdvertisementSpec>): void => {
    const bgp = { ...nothingSelected(name), communities: [], peers: [], ...rest }
    bgpAdvertisements.push(write(`bgpadvertisement${bgpAdvertisements.length + 1}`, path, bgp))
  }
  const count = bgpAdvertisements.length
  listOfMaps(entry, 'bgp-advertisements', (map) => {
    closeMap(map, ADVERTISEMENT)
    const int = (key: string): number | undefined =>
      optionalInt(map, key, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
    const aggregationLength = int('aggregation-length')
    const aggregationLengthV6 = int('aggregation-length-v6')
    const localPref = int('localpref')
    add(map.path, {
      communities: listOfText(map, 'communities'),
      ...(aggregationLength === undefined ? {} : { aggregationLength }),
      ...(aggregationLengthV6 === undefined ? {} : { aggregationLengthV6 }),
      ...(localPref === undefined ? {} : { localPref }),
    })
    return null
  })
  if (bgpAdvertisements.length === count) add(entry.path, {})
}

function nothingSelected(pool: string): {
  readonly ipAddressPools: readonly string[]
  readonly ipAddressPoolSelectors: readonly []
  readonly nodeSelectors: readonly []
  readonly serviceSelectors: readonly []
} {
  return { ipAddressPools: [pool], ipAddressPoolSelectors: [], nodeSelectors: [], serviceSelectors: [] }
}

function legacyBfd(entry: MapField): BFDProfileSpec {
  closeMap(entry, ['name', 'echo-mode', 'passive-mode', ...Object.keys(BFD)])
  const numbers = Object.entries(BFD).map(
    ([legacy, name]) => [name, optionalInt(entry, legacy, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)] as const,
  )
  const echoMode = optionalBool(entry, 'echo-mode')
  const passiveMode = optionalBool(entry, 'passive-mode')
  return {
    ...(Object.fromEntries(numbers.filter(([, value]) => value !== undefined)) as BFDProfileSpec),
    ...(echoMode === undefined ? {} : { echoMode }),
    ...(passiveMode === undefined ? {} : { passiveMode }),
  }
}

function locate(text: LegacyText, path: FieldPath, inner: FieldPath): Origin {
  const legacy = inner.map((part) =>
    typeof part === 'string' && Object.hasOwn(LEGACY_NAMES, part) ? (LEGACY_NAMES[part] ?? part) : part,
  )
  return text.at([...path, ...legacy])
}
