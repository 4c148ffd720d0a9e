/** Services of type LoadBalancer as address management and speakers see them. Source: MetalLB's service contract. */
import type { Finding } from '../../base/finding.ts'
import { quote } from '../../base/decode.ts'
import { formatAddress, parseAddress } from '../../base/ip-address.ts'
import { originOf, originOfKey } from '../../kube/meta.ts'
import type { EndpointSlice, Service } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import type { LoadBalancerService, ServiceEndpoint } from '../../metal/service.ts'

export interface ServiceOptions {
  /** Only Services of this class are ours; empty = only those without a class. */
  readonly loadBalancerClass: string
  /** Manifests lack what an API server adds: a Service without cluster IPs gets the families that it would get there. */
  readonly isOffline: boolean
}

export interface ServiceReading {
  /** By key. */
  readonly services: readonly LoadBalancerService[]
  /** Why a Service gets nothing whatever the pools have, by key. */
  readonly faults: ReadonlyMap<string, string>
  readonly findings: readonly Finding[]
}

const PREFIX = 'metallb.io/'
const OLD_PREFIX = 'metallb.universe.tf/'
const NAMES = { pool: 'address-pool', addresses: 'loadBalancerIPs', sharing: 'allow-shared-ip' } as const
/** Written by whoever gives addresses: the pool that they are from. */
export const FROM_POOL = `${PREFIX}ip-allocated-from-pool`
export const OLD_FROM_POOL = `${OLD_PREFIX}ip-allocated-from-pool`

type OneReading = ReturnType<typeof toLoadBalancerService>

/** Objects that did not change are read once, and what is read of them stays the same object: speakers recognise it by that. */
const readings = new WeakMap<
  Service,
  { readonly labels: object; readonly isOffline: boolean; readonly read: OneReading }
>()
const endpointLists = new WeakMap<
  EndpointSlice,
  { readonly slices: readonly EndpointSlice[]; readonly endpoints: readonly ServiceEndpoint[] }
>()
const NO_LABELS: Readonly<Record<string, string>> = {}
const NO_ENDPOINTS: readonly ServiceEndpoint[] = []

/** All that are ours, in the order of their keys. */
export function toLoadBalancerServices(snapshot: Snapshot, options: ServiceOptions): ServiceReading {
  const labels = new Map(snapshot.namespaces.map(({ meta }) => [meta.name, meta.labels]))
  const services: LoadBalancerService[] = []
  const faults = new Map<string, string>()
  const findings: Finding[] = []
  for (const service of snapshot.services) {
    if (!isOurs(service, options.loadBalancerClass)) continue
    const read = readOnce(service, labels.get(service.meta.namespace) ?? NO_LABELS, options)
    services.push(read.service)
    findings.push(...read.findings)
    if (read.fault !== null) faults.set(read.service.key, read.fault)
  }
  return { services: services.sort((a, b) => (a.key < b.key ? -1 : 1)), faults, findings }
}

function readOnce(service: Service, labels: Readonly<Record<string, string>>, options: ServiceOptions): OneReading {
  const { isOffline } = options
  const known = readings.get(service)
  if (known?.labels === labels && known.isOffline === isOffline) return known.read
  const read = toLoadBalancerService(service, labels, options)
  readings.set(service, { labels, isOffline, read })
  return read
}

/** True for Services that get their address from us. */
export function isOurs({ spec }: Service, loadBalancerClass: string): boolean {
  return spec.type === 'LoadBalancer' && (spec.loadBalancerClass ?? '') === loadBalancerClass
}

/** One Service, whether it is ours or not. */
export function toLoadBalancerService(
  service: Service,
  namespaceLabels: Readonly<Record<string, string>>,
  options: ServiceOptions,
): { readonly service: LoadBalancerService; readonly fault: string | null; readonly findings: readonly Finding[] } {
  const { meta, spec } = service
  const findings: Finding[] = []
  const { requested, fault } = readRequested(service, findings)
  const sharing = annotation(service, 'sharing', findings)
  return {
    service: {
      key: `${meta.namespace}/${meta.name}`,
      namespace: meta.namespace,
      labels: meta.labels,
      namespaceLabels,
      resourceVersion: meta.resourceVersion,
      families: familiesOf(service, requested, options),
      familyPolicy: spec.ipFamilyPolicy ?? 'SingleStack',
      ports: spec.ports.map(({ protocol, port }) => ({ protocol, port })),
      trafficPolicy: spec.externalTrafficPolicy ?? 'Cluster',
      selector: selectorText(spec.selector),
      addresses: (service.statusAddresses ?? []).flatMap(({ ip }) => ip ?? []),
      requested: fault === null ? requested : [fault],
      pool: annotation(service, 'pool', findings) ?? '',
      sharingKey: sharing ?? '',
      hasSharingAnnotation: sharing !== undefined,
    },
    fault,
    findings,
  }
}

/** Endpoints of a Service, for those who announce it. */
export function toServiceEndpoints(snapshot: Snapshot, namespace: string, name: string): readonly ServiceEndpoint[] {
  const slices = snapshot.slicesOf(namespace, name)
  const [first] = slices
  if (first === undefined) return NO_ENDPOINTS
  const known = endpointLists.get(first)
  const isSame = known?.slices.length === slices.length && slices.every((slice, at) => slice === known.slices[at])
  if (isSame) return known.endpoints
  const endpoints = slices.flatMap((slice) =>
    slice.endpoints.map(({ nodeName, isReady, isServing }) => ({ nodeName, isUsable: isReady || isServing })),
  )
  endpointLists.set(first, { slices, endpoints })
  return endpoints
}

function readRequested(
  service: Service,
  findings: Finding[],
): { readonly requested: readonly string[]; readonly fault: string | null } {
  const written = annotation(service, 'addresses', findings)
  const { loadBalancerIP } = service.spec
  const refuse = (state: string, origin = annotationOrigin(service, 'addresses')): { requested: []; fault: string } => {
    findings.push({ code: 'METAL_SERVICE', severity: 'error', message: `Cannot use ${origin.path}: ${state}`, origin })
    return { requested: [], fault: state }
  }
  if (written !== undefined && written.trim() !== '' && loadBalancerIP !== undefined) {
    return refuse('spec.loadBalancerIP asks for an address as well; write one of the two')
  }
  const isField = loadBalancerIP !== undefined
  const origin = isField ? originOf(service, 'spec', 'loadBalancerIP') : annotationOrigin(service, 'addresses')
  const texts = (isField ? loadBalancerIP : (written ?? '')).split(',').map((text) => text.trim())
  const asked = texts.length === 1 && texts[0] === '' ? [] : texts
  const requested: string[] = []
  const families = new Set<number>()
  for (const text of asked) {
    const address = parseAddress(text)
    if (address === null) return refuse(`${quote(text)} is no IP address`, origin)
    if (families.has(address.family)) return refuse('two addresses of one family are asked for', origin)
    families.add(address.family)
    requested.push(formatAddress(address))
  }
  return { requested, fault: null }
}

/** The new prefix wins; the old one is remarked upon. */
function annotation(service: Service, name: keyof typeof NAMES, findings: Finding[]): string | undefined {
  const { annotations } = service.meta
  const full = `${PREFIX}${NAMES[name]}`
  const old = `${OLD_PREFIX}${NAMES[name]}`
  if (Object.hasOwn(annotations, old)) {
    const origin = originOfKey(service, 'metadata', 'annotations', old)
    const message = `Cannot recommend the annotation ${old}: its prefix is the old one; write ${full}`
    findings.push({ code: 'METAL_ANNOTATION_OLD', severity: 'info', message, origin })
  }
  if (Object.hasOwn(annotations, full)) return annotations[full]
  return Object.hasOwn(annotations, old) ? annotations[old] : undefined
}

function annotationOrigin(service: Service, name: keyof typeof NAMES): ReturnType<typeof originOf> {
  const full = `${PREFIX}${NAMES[name]}`
  const key = Object.hasOwn(service.meta.annotations, full) ? full : `${OLD_PREFIX}${NAMES[name]}`
  return originOf(service, 'metadata', 'annotations', key)
}

/** Names of annotations of the old prefix that a Service has. */
export function oldAnnotations({ meta }: Service): readonly string[] {
  return Object.keys(meta.annotations).filter((name) => name.startsWith(OLD_PREFIX) && name !== OLD_FROM_POOL)
}

function familiesOf(
  { spec }: Service,
  requested: readonly string[],
  { isOffline }: ServiceOptions,
): readonly (4 | 6)[] {
  const clusterIPs = spec.clusterIPs ?? (spec.clusterIp === '' ? [] : [spec.clusterIp])
  const families = clusterIPs.flatMap((text) => parseAddress(text)?.family ?? [])
  if (families.length > 0 || !isOffline) return families
  const named = (spec.ipFamilies ?? []).map((family) => (family === 'IPv6' ? 6 : 4))
  const isDual = spec.ipFamilyPolicy === 'PreferDualStack' || spec.ipFamilyPolicy === 'RequireDualStack'
  const asked = requested.flatMap((text) => parseAddress(text)?.family ?? [])
  const first = named[0] ?? asked[0] ?? 4
  if (isDual || named.length === 2) return first === 4 ? [4, 6] : [6, 4]
  return named.length === 0 && asked.length > 1 ? asked : [first]
}

function selectorText(selector: Readonly<Record<string, string>>): string {
  return Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(',')
}
