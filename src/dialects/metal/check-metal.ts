/** What `lint` says about bare metal: the configuration, what it forgets, and Services that ask for what it cannot give. */
import type { Finding } from '../../base/finding.ts'
import { quote } from '../../base/decode.ts'
import { originOf, originOfKey } from '../../kube/meta.ts'
import type { Service } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import { createAllocator } from '../../metal/pools/allocator.ts'
import type { LoadBalancerService } from '../../metal/service.ts'
import { checkPoolPlaces } from './check-pool-places.ts'
import { checkSharing } from './check-sharing.ts'
import { type MetalReading, readMetalConfig } from './read-metal-config.ts'
import { toLoadBalancerService } from './services.ts'

const PREFIXES = /^metallb\.(?:io|universe\.tf)\//
/** An object that says so belongs to us, whatever else the manifests are about. */
const OFFLINE = { loadBalancerClass: '', isOffline: true }

export function checkMetal(snapshot: Snapshot): readonly Finding[] {
  const isConfigured = hasConfiguration(snapshot)
  const reading = isConfigured ? readMetalConfig(snapshot, { namespace: '' }) : null
  const labels = new Map(snapshot.namespaces.map(({ meta }) => [meta.name, meta.labels]))
  const findings: Finding[] = []
  const pairs: { readonly object: Service; readonly service: LoadBalancerService }[] = []
  for (const object of snapshot.services) {
    if (object.spec.type !== 'LoadBalancer' || object.spec.loadBalancerClass !== undefined) continue
    if (!isConfigured && !Object.keys(object.meta.annotations).some((name) => PREFIXES.test(name))) continue
    const read = toLoadBalancerService(object, labels.get(object.meta.namespace) ?? {}, OFFLINE)
    findings.push(...read.findings)
    if (read.fault === null) pairs.push({ object, service: read.service })
  }
  findings.push(...checkSharing(pairs))
  if (reading === null) return findings
  findings.push(...reading.findings, ...checkPoolPlaces(reading.config, snapshot))
  if (reading.poolNames.size > 0) findings.push(...pairs.flatMap((pair) => checkRequest(pair, reading)))
  return findings
}

/** The ConfigMaps are looked for among those that are here: nobody is made to read them for a check. */
function hasConfiguration({ metal, configMaps }: Snapshot): boolean {
  if (Object.values(metal).some((objects) => objects.length > 0)) return true
  return configMaps.some(({ meta, data }) => {
    return meta.namespace === 'metallb-system' && meta.name === 'config' && Object.hasOwn(data, 'config')
  })
}

/** An address or a pool that is asked for and is not there; what depends on other Services is not looked at. */
function checkRequest(
  { object, service }: { readonly object: Service; readonly service: LoadBalancerService },
  { config, poolNames }: MetalReading,
): readonly Finding[] {
  if (service.requested.length === 0 && service.pool === '') return []
  if (config.pools.length < poolNames.size) return []
  const names = Object.keys(object.meta.annotations)
  const keyOf = (end: string): string => names.find((name) => PREFIXES.test(name) && name.endsWith(`/${end}`)) ?? ''
  const isPool = service.pool !== '' && !poolNames.has(service.pool)
  const key = keyOf(isPool ? 'address-pool' : 'loadBalancerIPs')
  const origin =
    key === '' ? originOf(object, 'spec', 'loadBalancerIP') : originOfKey(object, 'metadata', 'annotations', key)
  const say = (state: string): readonly Finding[] => [
    { code: 'METAL_SERVICE', severity: 'error', message: `Cannot use ${origin.path}: ${state}`, origin },
  ]
  if (isPool) return say(`there is no pool ${quote(service.pool)}; correct the name`)
  if (service.requested.length === 0) return []
  const outcome = createAllocator(config.pools).allocate(service)
  return outcome.ok ? [] : say(outcome.refusal.message)
}
