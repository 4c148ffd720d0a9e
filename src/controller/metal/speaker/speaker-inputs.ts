/** From Kubernetes objects to what a speaker decides on. What did not change stays the same object, so that it is seen at once. */
import { isDeepStrictEqual } from 'node:util'
import type { Finding } from '../../../base/finding.ts'
import type { Secret } from '../../../base/secret.ts'
import { keepGood } from '../../../dialects/metal/keep-good.ts'
import { readMetalConfig } from '../../../dialects/metal/read-metal-config.ts'
import { toLoadBalancerServices, toServiceEndpoints } from '../../../dialects/metal/services.ts'
import type { Node } from '../../../kube/objects.ts'
import type { Snapshot } from '../../../kube/snapshot.ts'
import type { MetalNode } from '../../../metal/announcement.ts'
import type { MetalConfig } from '../../../metal/model.ts'
import { createAllocator } from '../../../metal/pools/allocator.ts'
import type { LoadBalancerService, ServiceEndpoint } from '../../../metal/service.ts'
import type { SpeakerOptions } from './speaker-options.ts'

export interface SpeakerInputs {
  readonly config: MetalConfig
  readonly passwords: ReadonlyMap<string, Secret>
  readonly nodes: readonly MetalNode[]
  readonly services: readonly LoadBalancerService[]
  readonly endpoints: ReadonlyMap<string, readonly ServiceEndpoint[]>
  readonly findings: readonly Finding[]
  /** Services that got no address here, with why. */
  readonly refusals: ReadonlyMap<string, string>
}

/**
 * @param isOffline objects are of files: nobody else gives addresses, so the allocator does, the same on every node
 * @param before what is in use: objects in which there is a mistake now stay as they were
 */
export function readSpeakerInputs(
  snapshot: Snapshot,
  options: Pick<SpeakerOptions, 'nodeName' | 'loadBalancerClass' | 'namespace'>,
  isOffline: boolean,
  before: SpeakerInputs | null = null,
): SpeakerInputs {
  const configuration = readMetalConfig(snapshot, options)
  const { findings } = configuration
  const config = sameAs(before?.config, keepGood(before?.config ?? null, configuration))
  const peers = new Set(config.peers.map(({ name }) => name))
  const kept = [...(before?.passwords ?? [])].filter(([name]) => peers.has(name))
  const passwords = new Map([...kept, ...configuration.passwords])
  const reading = toLoadBalancerServices(snapshot, { loadBalancerClass: options.loadBalancerClass, isOffline })
  const refusals = new Map(reading.faults)
  const services = isOffline ? withAddresses(reading.services, config, refusals) : reading.services
  const endpoints = new Map(
    services.map(({ key, namespace }) => {
      const name = key.slice(namespace.length + 1)
      return [key, toServiceEndpoints(snapshot, namespace, name)] as const
    }),
  )
  const read = snapshot.nodes.map(toMetalNode)
  // A single machine needs no Node object to speak for itself.
  if (isOffline && read.length === 0) read.push({ ...LONE_NODE, name: options.nodeName })
  const nodes = sameAs(before?.nodes, read)
  return { config, passwords, nodes, services, endpoints, findings: [...findings, ...reading.findings], refusals }
}

/** The former where both say the same. */
function sameAs<T>(before: T | undefined, now: T): T {
  return before !== undefined && isDeepStrictEqual(before, now) ? before : now
}

const LONE_NODE: MetalNode = {
  name: '',
  labels: {},
  addresses: [],
  isReady: true,
  isUnschedulable: false,
  isNetworkUnavailable: false,
  taints: [],
}

/** A condition that nobody wrote, as in a file, is no bad news. */
export function toMetalNode(node: Node): MetalNode {
  return {
    name: node.meta.name,
    labels: node.meta.labels,
    addresses: node.internalIPs,
    isReady: (node.conditions['Ready'] ?? 'True') === 'True',
    isUnschedulable: node.isUnschedulable,
    isNetworkUnavailable: node.conditions['NetworkUnavailable'] === 'True',
    taints: node.taints.map(({ key }) => key),
  }
}

/** Those of `.status` first, then the rest in the order of their keys, so that every node comes to the same. */
function withAddresses(
  services: readonly LoadBalancerService[],
  config: MetalConfig,
  refusals: Map<string, string>,
): readonly LoadBalancerService[] {
  const allocator = createAllocator(config.pools)
  const refused = allocator.rebuild(services)
  return services.map((service) => {
    if (refusals.has(service.key)) return { ...service, addresses: [] }
    const refusal = refused.get(service.key)
    // What is in .status and cannot be had is told, and given up for what can.
    if (refusal !== undefined) refusals.set(service.key, refusal.message)
    const outcome = allocator.allocate(service)
    if (!outcome.ok) {
      refusals.set(service.key, outcome.refusal.message)
      return { ...service, addresses: [] }
    }
    const isIncomplete = outcome.addresses.length < service.families.length
    const completed = isIncomplete && service.familyPolicy !== 'SingleStack' ? allocator.complete(service) : outcome
    return { ...service, addresses: completed.ok ? completed.addresses : outcome.addresses }
  })
}
