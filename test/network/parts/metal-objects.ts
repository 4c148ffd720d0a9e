/** Kubernetes objects as a speaker reads them from a file, and that file. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

type Fields = Readonly<Record<string, unknown>>
export type KubeManifest = Fields & { readonly kind: string }

const metal = (kind: string, name: string, spec: Fields, version = 'v1beta1'): KubeManifest => ({
  apiVersion: `metallb.io/${version}`,
  kind,
  metadata: { name, namespace: 'metallb-system' },
  spec,
})

export const pool = (name: string, ...addresses: readonly string[]): KubeManifest =>
  metal('IPAddressPool', name, { addresses })
export const l2Advertisement = (name: string, spec: Fields = {}): KubeManifest => metal('L2Advertisement', name, spec)
export const bgpAdvertisement = (name: string, spec: Fields = {}): KubeManifest => metal('BGPAdvertisement', name, spec)
export const bgpPeer = (name: string, spec: Fields): KubeManifest => metal('BGPPeer', name, spec, 'v1beta2')
export const bfdProfile = (name: string, spec: Fields): KubeManifest => metal('BFDProfile', name, spec)
export const communityNames = (communities: Readonly<Record<string, string>>): KubeManifest =>
  metal('Community', 'names', { communities: Object.entries(communities).map(([name, value]) => ({ name, value })) })

export function passwordSecret(name: string, password: string): KubeManifest {
  const metadata = { name, namespace: 'metallb-system' }
  return { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/basic-auth', metadata, stringData: { password } }
}

export interface NodeFacts {
  readonly labels?: Readonly<Record<string, string>>
  /** Keys. */
  readonly taints?: readonly string[]
  readonly isUnschedulable?: boolean
}

export function node(name: string, address: string, facts: NodeFacts = {}): KubeManifest {
  const { labels = {}, taints = [], isUnschedulable = false } = facts
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels },
    spec: { unschedulable: isUnschedulable, taints: taints.map((key) => ({ key, effect: 'NoSchedule' })) },
    status: { addresses: [{ type: 'InternalIP', address }] },
  }
}

export function service(name: string, address: string, spec: Fields = {}): KubeManifest {
  const metadata = { name, annotations: { 'metallb.io/loadBalancerIPs': address } }
  const ports = [{ port: 80, protocol: 'TCP' }]
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: { type: 'LoadBalancer', selector: { app: name }, ports, ...spec },
  }
}

/** @param nodes one endpoint on each */
export function endpoints(
  serviceName: string,
  nodes: readonly string[],
  family: 'IPv4' | 'IPv6' = 'IPv4',
): KubeManifest {
  const prefix = family === 'IPv4' ? '10.244.0.' : 'fd00:10:244::'
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${serviceName}-${family.toLowerCase()}`,
      labels: { 'kubernetes.io/service-name': serviceName },
    },
    addressType: family,
    ports: [{ port: 80, protocol: 'TCP' }],
    endpoints: nodes.map((nodeName, index) => ({ addresses: [`${prefix}${index + 1}`], nodeName })),
  }
}

export class ObjectsFile {
  readonly folder = mkdtempSync(join(tmpdir(), 'genkan-speaker-'))
  readonly path = join(this.folder, 'objects.yaml')
  readonly #next = join(this.folder, 'next')

  /** In one step: whoever watches reads all of them or those of before. */
  write(objects: readonly KubeManifest[]): void {
    writeFileSync(this.#next, objects.map((object) => JSON.stringify(object)).join('\n---\n'))
    renameSync(this.#next, this.path)
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
