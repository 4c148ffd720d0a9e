/** Our addresses as `.status` shall have them: from the flag, from `--publish-service`, or from the nodes that run our pods. */
import type { ApiTransport } from '../../sources/cluster/api-transport.ts'
import { Reflector } from '../../sources/cluster/reflector.ts'
import { NODES, type Resource, SERVICES } from '../../sources/cluster/resource.ts'
import { createRetryPause } from '../../sources/cluster/retry-pause.ts'
import { wait } from '../../sources/cluster/wait.ts'
import type { ServeOptions } from '../serve/serve-options.ts'
import { type ControllerPod, isReadyPod, PODS, readOwnSelector } from './own-pods.ts'
import {
  addressesOfFlag,
  addressesOfNodes,
  addressesOfService,
  isSameAddresses,
  type LoadBalancerAddress,
  type PublishedNode,
  type PublishedService,
} from './status-addresses.ts'

export interface PublishedAddressesEvents {
  changed(): void
  problem(message: string): void
}

interface Followed<T> {
  readonly objects: Map<string, T>
  isSynced: boolean
}

export class PublishedAddresses {
  readonly #transport: ApiTransport
  readonly #options: ServeOptions
  readonly #events: PublishedAddressesEvents
  readonly #reflectors: Reflector[] = []
  readonly #stopped = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #current: readonly LoadBalancerAddress[] | null = null
  #selector: string | null = null

  constructor(transport: ApiTransport, options: ServeOptions, events: PublishedAddressesEvents) {
    this.#transport = transport
    this.#options = options
    this.#events = events
  }

  /** `null` until they are known. */
  get current(): readonly LoadBalancerAddress[] | null {
    return this.#current
  }

  /** Selects the pods of this controller, `null` when our own was not found or not looked for yet. */
  get podSelector(): string | null {
    return this.#selector
  }

  start(): void {
    const { options: flags } = this.#options.command
    const fixed = addressesOfFlag(flags['publish-status-address'])
    if (fixed.length > 0) this.#current = fixed
    else if (flags['publish-service'] !== '') this.#followService(flags['publish-service'])
    this.#running = this.#findOwnPod()
  }

  async close(): Promise<void> {
    this.#stopped.abort()
    await this.#running
    await Promise.all(this.#reflectors.map((reflector) => reflector.stop()))
  }

  #followService(key: string): void {
    const [namespace = '', name = ''] = key.split('/')
    const selector = { fieldSelector: `metadata.name=${name}` }
    const services = this.#follow<PublishedService>(SERVICES, namespace, selector, () => {
      if (services.objects.size === 0) {
        this.#events.problem(`Cannot find the Service ${key} of --publish-service: no address is published`)
      }
      this.#publish([...services.objects.values()].flatMap(addressesOfService))
    })
  }

  /** Nodes are followed only where nothing else says which addresses are ours. */
  async #findOwnPod(): Promise<void> {
    const { podNamespace, podName, command } = this.#options
    const { signal } = this.#stopped
    const pause = createRetryPause(500, 30_000)
    for (;;) {
      try {
        this.#selector = await readOwnSelector(this.#transport, podNamespace, podName, signal)
        break
      } catch {
        // The reflectors say that the API server is away.
        await wait(pause.next(), signal)
        if (signal.aborted) return
      }
    }
    const flags = command.options
    if (!flags['update-status'] || flags['publish-service'] !== '' || this.#current !== null) return
    this.#followNodes(flags['report-node-internal-ip-address'])
  }

  #followNodes(prefersInternal: boolean): void {
    const { podNamespace, podName } = this.#options
    let pods: Followed<ControllerPod> | null = null
    const look = (): void => {
      if (!nodes.isSynced || pods?.isSynced === false) return
      const all = [...nodes.objects.values()]
      if (pods === null) return this.#publish(addressesOfNodes(all, prefersInternal))
      const running = new Set([...pods.objects.values()].filter(isReadyPod).map(({ spec }) => spec?.nodeName ?? ''))
      // Between two pods there is nowhere to go, which is no reason to take the addresses out of DNS.
      if (running.size === 0) return
      this.#publish(
        addressesOfNodes(
          all.filter(({ metadata }) => running.has(metadata.name)),
          prefersInternal,
        ),
      )
    }
    if (this.#selector === null) {
      this.#events.problem(
        `Cannot find our own pod ${podNamespace}/${podName}: the addresses of all nodes are published; ` +
          'set POD_NAME and POD_NAMESPACE, or --publish-service or --publish-status-address',
      )
    } else {
      pods = this.#follow<ControllerPod>(PODS, podNamespace, { labelSelector: this.#selector }, look)
    }
    const nodes: Followed<PublishedNode> = this.#follow(NODES, '', {}, look)
  }

  #follow<T>(
    resource: Resource,
    namespace: string,
    selector: { readonly fieldSelector?: string; readonly labelSelector?: string },
    look: () => void,
  ): Followed<T> {
    const followed: Followed<T> = { objects: new Map(), isSynced: false }
    const changed = (): void => {
      if (followed.isSynced) look()
    }
    const reflector = new Reflector({
      transport: this.#transport,
      resource,
      namespace,
      ...selector,
      sink: {
        set: (key, object) => {
          followed.objects.set(key, object as T)
          changed()
        },
        delete: (key) => {
          followed.objects.delete(key)
          changed()
        },
        synced: () => {
          followed.isSynced = true
          look()
        },
        failed: ({ message }) => this.#events.problem(message),
        recovered: () => undefined,
      },
    })
    this.#reflectors.push(reflector)
    reflector.start()
    return followed
  }

  #publish(addresses: readonly LoadBalancerAddress[]): void {
    if (this.#current !== null && isSameAddresses(this.#current, addresses)) return
    this.#current = addresses
    this.#events.changed()
  }
}
