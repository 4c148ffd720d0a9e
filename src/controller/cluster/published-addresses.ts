/** Our addresses as `.status` shall have them: from the flag, from `--publish-service`, or from the nodes that run our pods. */
import type { ApiTransport } from '../../sources/cluster/api-transport.ts'
import { Reflector } from '../../sources/cluster/reflector.ts'
import { NODES, SERVICES } from '../../sources/cluster/resource.ts'
import type { ServeOptions } from '../serve/serve-options.ts'
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

export class PublishedAddresses {
  readonly #events: PublishedAddressesEvents
  readonly #reflector: Reflector | null
  /** By key, as the API sends them. */
  readonly #seen = new Map<string, unknown>()
  #current: readonly LoadBalancerAddress[] | null = null

  constructor(
    transport: ApiTransport,
    { command: { options: flags }, podName }: ServeOptions,
    events: PublishedAddressesEvents,
  ) {
    this.#events = events
    const fixed = addressesOfFlag(flags['publish-status-address'])
    const [namespace = '', name = ''] = flags['publish-service'].split('/')
    void podName
    if (fixed.length > 0) {
      this.#current = fixed
      this.#reflector = null
      return
    }
    const isService = name !== ''
    const read = (): readonly LoadBalancerAddress[] =>
      isService
        ? [...this.#seen.values()].flatMap((object) => addressesOfService(object as PublishedService))
        : addressesOfNodes(
            [...this.#seen.values()] as readonly PublishedNode[],
            flags['report-node-internal-ip-address'],
          )
    const look = (): void => {
      const addresses = read()
      if (this.#current !== null && isSameAddresses(this.#current, addresses)) return
      this.#current = addresses
      this.#events.changed()
    }
    this.#reflector = new Reflector({
      transport,
      resource: isService ? SERVICES : NODES,
      namespace: isService ? namespace : '',
      ...(isService ? { fieldSelector: `metadata.name=${name}` } : {}),
      sink: {
        set: (key, object) => {
          this.#seen.set(key, object)
          if (this.#current !== null) look()
        },
        delete: (key) => {
          this.#seen.delete(key)
          if (this.#current !== null) look()
        },
        synced: look,
        failed: ({ message }) => events.problem(message),
        recovered: () => undefined,
      },
    })
  }

  /** `null` until they are known. */
  get current(): readonly LoadBalancerAddress[] | null {
    return this.#current
  }

  start(): void {
    this.#reflector?.start()
  }

  async close(): Promise<void> {
    await this.#reflector?.stop()
  }
}
