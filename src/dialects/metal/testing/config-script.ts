/** Objects as short text, and a configuration as lines, so that cases read as a table. */
import { parse } from 'yaml'
import { formatRange } from '../../../base/ip-range.ts'
import { decodeObject } from '../../../kube/decode/decode-object.ts'
import { createSnapshot, type Snapshot } from '../../../kube/snapshot.ts'
import type { MetalConfig, Selector } from '../../../metal/model.ts'
import { readMetalConfig } from '../read-metal-config.ts'

export interface ConfigCase {
  readonly name: string
  /** `Kind name {spec}`; `Secret name {type, data}`; `legacy` and the text of the ConfigMap. */
  readonly objects: readonly string[]
  /** `CODE name path`, all of them. */
  readonly findings?: readonly string[]
  /** Lines that the configuration has; see `describeConfig`. */
  readonly has?: readonly string[]
  /** Lines that it must not have, by their beginning. */
  readonly lacks?: readonly string[]
}

const VERSIONS: Readonly<Record<string, string>> = { BGPPeer: 'metallb.io/v1beta2' }
const PLAIN = ['Secret', 'Service', 'Node', 'Namespace', 'ConfigMap']

export function toRaw(text: string): unknown {
  const [kind = '', name = ''] = text.split(/\s/, 2)
  const rest = text.slice(text.indexOf(name, kind.length) + name.length)
  if (kind === 'legacy') {
    return {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'metallb-system', name: 'config' },
      data: { config: text.slice('legacy'.length).trimStart() },
    }
  }
  const body: unknown = parse(rest.trim() === '' ? '{}' : rest)
  const [plain = '', namespace = 'metallb-system'] = name.split('/').reverse()
  if (PLAIN.includes(kind)) {
    const { metadata = {}, ...fields } = body as { metadata?: object }
    return { apiVersion: 'v1', kind, metadata: { namespace, name: plain, ...metadata }, ...fields }
  }
  const { labels = {}, ...spec } = body as { labels?: object }
  const apiVersion = VERSIONS[kind] ?? 'metallb.io/v1beta1'
  return { apiVersion, kind, metadata: { namespace, name: plain, labels }, spec }
}

export function toSnapshot(objects: readonly string[]): {
  readonly snapshot: Snapshot
  readonly findings: readonly string[]
} {
  const decoded = objects.map((text, order) => decodeObject(toRaw(text), undefined, order))
  return {
    snapshot: createSnapshot(decoded.flatMap(({ object }) => object ?? [])),
    findings: decoded.flatMap(({ findings }) => findings.map(({ code, origin }) => `${code} ${shortName(origin)}`)),
  }
}

/** Findings of decoding and of the configuration, and the configuration as lines. */
export function runCase(objects: readonly string[]): {
  readonly findings: readonly string[]
  readonly lines: readonly string[]
} {
  const { snapshot, findings } = toSnapshot(objects)
  const reading = readMetalConfig(snapshot, { namespace: 'metallb-system' })
  const own = reading.findings.map(({ code, origin }) => `${code} ${shortName(origin)}`)
  return { findings: [...findings, ...own], lines: describeConfig(reading.config) }
}

/** `name path` without what is the same in all. */
export function shortName({ object, path }: { readonly object: string; readonly path: string }): string {
  const name = object.slice(object.lastIndexOf('/') + 1)
  const inner = path.replace(/^data\.config(: )?/, '').replace(/^spec\.?/, '')
  return inner === '' ? name : `${name} ${inner}`
}

export function describeConfig(config: MetalConfig): readonly string[] {
  return [
    ...config.pools.map((pool) => {
      const { allocation } = pool
      const flags = [
        ...(pool.isAutoAssigned ? [] : ['!auto']),
        ...(pool.avoidsBuggyIPs ? ['buggy'] : []),
        ...(allocation === null ? [] : [`prio=${allocation.priority}`]),
        ...(allocation?.namespaces?.names ?? []).map((name) => `ns=${name}`),
        ...(allocation?.namespaces?.selectors ?? []).map((selector) => `nssel=${selectorText(selector)}`),
        ...(allocation?.services ?? []).map((selector) => `svc=${selectorText(selector)}`),
      ]
      return ['pool', pool.name, ...pool.ranges.map(formatRange), ...flags].join(' ')
    }),
    ...config.l2Advertisements.map((one) =>
      [
        `l2 ${one.name} pools=${one.pools.join(',')}`,
        ...one.nodes.map((selector) => `node=${selectorText(selector)}`),
        ...one.interfaces.map((name) => `if=${name}`),
        ...one.services.map((selector) => `svc=${selectorText(selector)}`),
        ...one.preferredNodes.map(({ weight, preference }) => `prefer=${weight}:${selectorText(preference)}`),
      ].join(' '),
    ),
    ...config.bgpAdvertisements.map((one) =>
      [
        `bgp ${one.name} pools=${one.pools.join(',')} /${one.aggregationLength} /${one.aggregationLengthV6}`,
        ...(one.localPref === 0 ? [] : [`pref=${one.localPref}`]),
        ...one.communities.map((community) =>
          community.kind === 'standard' ? `c=${community.value}` : `large=${community.values.join(':')}`,
        ),
        ...one.peers.map((name) => `peer=${name}`),
        ...one.nodes.map((selector) => `node=${selectorText(selector)}`),
      ].join(' '),
    ),
    ...config.peers.map((peer) =>
      [
        `peer ${peer.name} ${peer.myAsn}->${peer.peerAsn}@${peer.address}:${peer.port}`,
        `hold=${peer.holdSeconds}/${peer.keepaliveSeconds}/${peer.connectSeconds}`,
        ...(peer.sourceAddress === '' ? [] : [`src=${peer.sourceAddress}`]),
        ...(peer.routerId === '' ? [] : [`id=${peer.routerId}`]),
        ...(peer.bfdProfile === '' ? [] : [`bfd=${peer.bfdProfile}`]),
        ...(peer.isMultiHop ? ['multihop'] : []),
        ...(peer.hasGracefulRestart ? ['gr'] : []),
        ...(peer.isDualStack ? ['dual'] : []),
        ...(peer.password.kind === 'none' ? [] : [`password=${peer.password.kind}`]),
        ...peer.nodes.map((selector) => `node=${selectorText(selector)}`),
      ].join(' '),
    ),
    ...Object.values(config.bfdProfiles).map((one) =>
      [
        `bfd ${one.name} ${one.receiveMs}/${one.transmitMs}x${one.detectMultiplier} echo=${one.echoMs} ttl=${one.minimumTtl}`,
        ...(one.isEcho ? ['echo'] : []),
        ...(one.isPassive ? ['passive'] : []),
      ].join(' '),
    ),
  ]
}

function selectorText({ matchLabels, matchExpressions }: Selector): string {
  return [
    ...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`),
    ...matchExpressions.map(({ key, operator, values }) => [key, operator, ...values].join(':')),
  ].join(',')
}
