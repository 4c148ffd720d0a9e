/**
 * The configuration of bare metal: MetalLB's custom resources and its older ConfigMap, on one core. Pure; what is wrong is left
 * out alone, with findings at the field. Source: MetalLB's API reference and the behaviour of its parser.
 */
import { compareFindings, type Finding } from '../../base/finding.ts'
import { quote } from '../../base/decode.ts'
import type { Secret } from '../../base/secret.ts'
import type { KubeObject } from '../../kube/meta.ts'
import type { BGPPeerSpec } from '../../kube/metal-objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import type { BgpPeer, MetalConfig } from '../../metal/model.ts'
import { settleBgp, settleL2 } from './advertisements.ts'
import { settleBfdProfiles } from './bfd-profiles.ts'
import { settleAliases } from './communities.ts'
import { settleExcluded } from './excluded-interfaces.ts'
import { readLegacyConfig, type WrittenConfig } from './legacy-config.ts'
import { settlePeers } from './peers.ts'
import { settlePools } from './pools.ts'
import { MetalRemarks, toWritten, type Written } from './written.ts'

export interface MetalOptions {
  /** Where MetalLB's objects are; empty = custom resources of every namespace, ConfigMaps of `metallb-system`. */
  readonly namespace: string
}

export interface MetalReading {
  readonly config: MetalConfig
  /** Of peers that have one, by name. */
  readonly passwords: ReadonlyMap<string, Secret>
  /** Names of pools that are written, also of those that are left out. */
  readonly poolNames: ReadonlySet<string>
  /** Those of all kinds. */
  readonly names: Readonly<Record<MetalKind, ReadonlySet<string>>>
  readonly findings: readonly Finding[]
}

/** Lists of a configuration. */
export type MetalKind = 'pools' | 'l2Advertisements' | 'bgpAdvertisements' | 'peers'

/** Pools and peers may be in it. */
export const LEGACY_CONFIG_MAP = 'config'
const EXCLUDED = 'metallb-excludel2'
/** Names of the ConfigMaps that are read, all in the namespace of MetalLB's objects. */
export const METAL_CONFIG_MAPS = [LEGACY_CONFIG_MAP, EXCLUDED]

const DEFAULT_NAMESPACE = 'metallb-system'
const PASSWORD_TYPE = 'kubernetes.io/basic-auth'

/** Asks the Snapshot for the ConfigMaps and Secrets that it needs, so that a source knows which to read. */
export function readMetalConfig(snapshot: Snapshot, options: MetalOptions): MetalReading {
  const remarks = new MetalRemarks()
  const written = collect(snapshot, options, remarks)
  const pools = settlePools(written.pools, remarks)
  const bfdProfiles = settleBfdProfiles(written.bfdProfiles, remarks)
  const profileNames = new Set(written.bfdProfiles.map(({ name }) => name))
  const settled = settlePeers(written.peers, { known: bfdProfiles, names: profileNames }, remarks)
  const passwords = new Map<string, Secret>()
  const peers = settled.filter((peer) => findPassword(peer, written.peers, snapshot, passwords, remarks))
  const poolNames = new Set(written.pools.map(({ name }) => name))
  const parts = {
    pools,
    poolNames,
    peerNames: new Set(written.peers.map(({ name }) => name)),
    aliases: settleAliases(written.communities, remarks),
  }
  const system = systemNamespace(options)
  const config: MetalConfig = {
    pools,
    l2Advertisements: settleL2(written.l2Advertisements, parts, remarks),
    bgpAdvertisements: settleBgp(written.bgpAdvertisements, parts, remarks),
    peers,
    bfdProfiles,
    excludedInterfaces: settleExcluded(snapshot.configMap(system, EXCLUDED), remarks),
  }
  const namesOf = (kind: MetalKind): ReadonlySet<string> => new Set(written[kind].map(({ name }) => name))
  const names = {
    pools: poolNames,
    l2Advertisements: namesOf('l2Advertisements'),
    bgpAdvertisements: namesOf('bgpAdvertisements'),
    peers: namesOf('peers'),
  }
  return { config, passwords, poolNames, names, findings: remarks.findings.sort(compareFindings) }
}

function collect(snapshot: Snapshot, options: MetalOptions, remarks: MetalRemarks): WrittenConfig {
  const { metal } = snapshot
  const own = <Spec>(objects: readonly (KubeObject & { readonly spec: Spec })[]): Written<Spec>[] =>
    objects.map(toWritten).filter((one) => {
      if (options.namespace === '' || one.namespace === options.namespace) return true
      remarks.add('METAL_NAMESPACE', one.at(), `only those in ${options.namespace} are read; move it there`)
      return false
    })
  const written: WrittenConfig = {
    pools: own(metal.pools),
    l2Advertisements: own(metal.l2Advertisements),
    bgpAdvertisements: own(metal.bgpAdvertisements),
    peers: own(metal.peers),
    bfdProfiles: own(metal.bfdProfiles),
    communities: own(metal.communities),
  }
  const legacy = snapshot.configMap(systemNamespace(options), LEGACY_CONFIG_MAP)
  if (legacy !== undefined && Object.hasOwn(legacy.data, 'config')) readLegacyConfig(legacy, written, remarks)
  return written
}

function systemNamespace({ namespace }: MetalOptions): string {
  return namespace === '' ? DEFAULT_NAMESPACE : namespace
}

/** @returns false for a peer whose password cannot be had: it would only be refused by the other side */
function findPassword(
  peer: BgpPeer,
  written: readonly Written<BGPPeerSpec>[],
  snapshot: Snapshot,
  passwords: Map<string, Secret>,
  remarks: MetalRemarks,
): boolean {
  if (peer.password.kind === 'none') return true
  const one = written.find(({ name }) => name === peer.name)
  if (one === undefined) return true
  const { password, passwordSecret } = one.spec
  if (peer.password.kind === 'inline') {
    if (password !== undefined) passwords.set(peer.name, password)
    return true
  }
  const { name } = peer.password
  const namespace = passwordSecret?.namespace || one.namespace
  const at = one.at('passwordSecret')
  const refuse = (state: string): false => {
    remarks.add('METAL_PEER_PASSWORD', at, state)
    return false
  }
  if (namespace !== one.namespace) {
    return refuse(`the Secret is in ${quote(namespace)}; only those in ${one.namespace} are read`)
  }
  const secret = snapshot.secret(namespace, name)
  if (secret === undefined) {
    // Whoever cannot read Secrets must not say that there are none.
    const absent = `Secret ${namespace}/${name}`
    remarks.addAbsent('METAL_PEER_PASSWORD', at, `there is no ${absent}; create it`, absent)
    return false
  }
  if (secret.type !== PASSWORD_TYPE) {
    return refuse(`Secret ${namespace}/${name} is of type ${quote(secret.type)}; it must be ${PASSWORD_TYPE}`)
  }
  const value = secret.data['password']
  if (value === undefined || value.reveal().length === 0) {
    return refuse(`Secret ${namespace}/${name} has no key password; add it`)
  }
  passwords.set(peer.name, value)
  return true
}
