/**
 * ServiceL2Status and ServiceBGPStatus: which node announces which Service. One object for each, named after what it is about,
 * so that a speaker that starts anew finds its own. Source: MetalLB's API reference.
 */
import { hash } from 'node:crypto'
import { ApiError, type ApiTransport } from '../../../sources/cluster/api-transport.ts'
import { collectionPath, objectPath, type Resource } from '../../../sources/cluster/resource.ts'
import { WriteQueue } from '../../cluster/write-queue.ts'
import type { OwnerReference } from './pod-owner.ts'

export interface StatusObjectsOptions {
  readonly transport: ApiTransport
  readonly namespace: string
  readonly node: string
  /** In the same namespace; none = objects stay when the speaker dies, until the next one of the node. */
  readonly owners: readonly OwnerReference[]
  readonly onProblem: (message: string) => void
}

interface Wish {
  readonly resource: Resource
  readonly name: string
  readonly service: string
  readonly status: Readonly<Record<string, unknown>>
}

const API = 'metallb.io/v1beta1'
const L2: Resource = { kind: 'ServiceL2Status', apiVersion: API, resource: 'servicel2statuses', isNamespaced: true }
const BGP: Resource = { kind: 'ServiceBGPStatus', apiVersion: API, resource: 'servicebgpstatuses', isNamespaced: true }
const NODE_LABEL = 'metallb.io/node'
const PARALLEL = 4
const CLOSE_MS = 1000
const TRIES = 3

export class StatusObjects {
  readonly #options: StatusObjectsOptions
  readonly #queue: WriteQueue
  #written = new Map<string, string>()

  constructor(options: StatusObjectsOptions) {
    this.#options = options
    const { onProblem } = options
    this.#queue = new WriteQueue({ parallel: PARALLEL, mayWrite: () => true, onProblem })
  }

  /** Finds what an earlier run of this node's speaker left, which goes unless it is wished again. */
  async begin(): Promise<void> {
    const { transport, namespace, node } = this.#options
    for (const resource of [L2, BGP]) {
      try {
        const query = new URLSearchParams({ labelSelector: `${NODE_LABEL}=${node}` })
        const list: { readonly items?: readonly { readonly metadata: { readonly name: string } }[] } =
          await transport.json({ path: `${collectionPath(resource, namespace)}?${query.toString()}` })
        for (const { metadata } of list.items ?? []) this.#written.set(`${resource.resource}/${metadata.name}`, '')
      } catch {
        // A cluster without these kinds, or without the right to see them, has no account of who announces.
      }
    }
  }

  /** @param l2 interfaces by Service, empty = all @param bgp peers by Service, empty = all */
  set(l2: ReadonlyMap<string, readonly string[]>, bgp: ReadonlyMap<string, readonly string[]>): void {
    const wishes = new Map<string, Wish>()
    for (const [service, interfaces] of l2) {
      const status = interfaces.length === 0 ? {} : { interfaces: interfaces.map((name) => ({ name })) }
      this.#wish(wishes, L2, 'l2', service, status)
    }
    for (const [service, peers] of bgp) this.#wish(wishes, BGP, 'bgp', service, { peers })
    for (const [key, wish] of wishes) {
      const text = JSON.stringify(wish.status)
      if (this.#written.get(key) === text) continue
      this.#written.set(key, text)
      this.#queue.push(`${wish.resource.kind} ${wish.name}`, (signal) => this.#write(wish, signal))
    }
    for (const key of this.#written.keys()) {
      if (wishes.has(key)) continue
      this.#written.delete(key)
      const [resourceName = '', name = ''] = key.split('/')
      const resource = resourceName === L2.resource ? L2 : BGP
      this.#queue.push(`${resource.kind} ${name}`, (signal) => this.#delete(resource, name, signal))
    }
  }

  /** Takes back what is there, as far as that is quick: the next announcer would do so too. */
  async close(): Promise<void> {
    this.set(new Map(), new Map())
    await Promise.race([this.#queue.idle(), new Promise((resolve) => setTimeout(resolve, CLOSE_MS))])
    await this.#queue.close()
  }

  #wish(wishes: Map<string, Wish>, resource: Resource, prefix: string, service: string, extra: object): void {
    const { node } = this.#options
    const [serviceNamespace = '', serviceName = ''] = service.split('/')
    const name = `${prefix}-${hash('sha256', `${node}/${service}`, 'hex').slice(0, 16)}`
    const status = { node, serviceName, serviceNamespace, ...extra }
    wishes.set(`${resource.resource}/${name}`, { resource, name, service, status })
  }

  async #write(wish: Wish, signal: AbortSignal): Promise<void> {
    const { transport, namespace } = this.#options
    const { resource, name, status } = wish
    const path = objectPath(resource, namespace, name)
    const merge = { method: 'PATCH', contentType: 'application/merge-patch+json', signal } as const
    const metadata = this.#metadataOf(wish)
    // One of an earlier speaker may go with that one's pod while it is being taken over.
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      try {
        const isNew = await this.#create(wish, signal)
        if (!isNew) await transport.json({ ...merge, path, body: { metadata } })
        await transport.json({ ...merge, path: `${path}/status`, body: { status } })
        return
      } catch (error) {
        if (attempt === TRIES || !(error instanceof ApiError) || error.status !== 404) throw error
      }
    }
  }

  /** @returns false when it is there already */
  async #create(wish: Wish, signal: AbortSignal): Promise<boolean> {
    const { transport, namespace } = this.#options
    const { resource, name, status } = wish
    const { apiVersion, kind } = resource
    const metadata = { name, namespace, ...this.#metadataOf(wish) }
    const body = { apiVersion, kind, metadata, spec: {}, status }
    try {
      await transport.json({ method: 'POST', path: collectionPath(resource, namespace), body, signal })
      return true
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) return false
      throw error
    }
  }

  #metadataOf({ service }: Wish): Readonly<Record<string, unknown>> {
    const { node, owners } = this.#options
    const [serviceNamespace = '', serviceName = ''] = service.split('/')
    const labels = {
      [NODE_LABEL]: node,
      'metallb.io/service-name': serviceName.slice(0, 63),
      'metallb.io/service-namespace': serviceNamespace,
    }
    return { labels, ownerReferences: owners }
  }

  async #delete(resource: Resource, name: string, signal: AbortSignal): Promise<void> {
    const { transport, namespace } = this.#options
    await transport.json({ method: 'DELETE', path: objectPath(resource, namespace, name), signal })
  }
}
