/**
 * Keeps `.status.loadBalancer` of Ingresses as it should be: our addresses on those that we serve, nothing of ours on those
 * that left our class. Written only where it differs, and only after the proxy serves that version.
 */
import type { ApiTransport } from '../../sources/cluster/api-transport.ts'
import { INGRESSES, objectPath } from '../../sources/cluster/resource.ts'
import { isSameAddresses, type LoadBalancerAddress } from './status-addresses.ts'
import type { WriteQueue } from './write-queue.ts'

interface IngressWithStatus {
  readonly metadata: { readonly resourceVersion?: string }
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly LoadBalancerAddress[] } }
}

export interface ServedIngressStatus {
  readonly namespace: string
  readonly name: string
  /** As last read from the cluster. */
  readonly addresses: readonly LoadBalancerAddress[]
}

export class IngressStatusKeeper {
  readonly #transport: ApiTransport
  readonly #queue: WriteQueue
  /** What we wrote, or found to be right; by `namespace/name`. */
  readonly #written = new Map<string, readonly LoadBalancerAddress[]>()

  constructor(transport: ApiTransport, queue: WriteQueue) {
    this.#transport = transport
    this.#queue = queue
  }

  /**
   * @param served all Ingresses that this version of the configuration serves
   * @param others those that exist and are not ours
   * @param wanted our addresses
   */
  keep(
    served: readonly ServedIngressStatus[],
    others: readonly ServedIngressStatus[],
    wanted: readonly LoadBalancerAddress[],
  ): void {
    const known = new Set<string>()
    for (const status of served) {
      known.add(keyOf(status))
      this.#settle(status, wanted)
    }
    for (const status of others) {
      const key = keyOf(status)
      known.add(key)
      // Only what is ours is taken away: another controller may have written its own by now.
      const ours = this.#written.get(key) ?? wanted
      if (status.addresses.length > 0 && ours.length > 0 && isSameAddresses(status.addresses, ours))
        this.#settle(status, [])
      else this.#written.delete(key)
    }
    for (const key of this.#written.keys()) if (!known.has(key)) this.#written.delete(key)
  }

  /** Another replica led meanwhile: what we remember of our writes may be wrong. */
  forget(): void {
    this.#written.clear()
  }

  #settle(status: ServedIngressStatus, wanted: readonly LoadBalancerAddress[]): void {
    const key = keyOf(status)
    if (isSameAddresses(status.addresses, wanted)) {
      this.#written.set(key, wanted)
      return
    }
    // Written and not yet seen again by the watch.
    const written = this.#written.get(key)
    if (written !== undefined && isSameAddresses(written, wanted)) return
    this.#written.set(key, wanted)
    this.#queue.push(`status of Ingress ${key}`, async (signal) => {
      try {
        await this.#write(status, wanted, signal)
      } catch (error) {
        this.#written.delete(key)
        throw error
      }
    })
  }

  async #write(
    { namespace, name }: ServedIngressStatus,
    wanted: readonly LoadBalancerAddress[],
    signal: AbortSignal,
  ): Promise<void> {
    const path = objectPath(INGRESSES, namespace, name)
    const current = await this.#transport.json<IngressWithStatus>({ path, signal })
    if (isSameAddresses(current.status?.loadBalancer?.ingress ?? [], wanted)) return
    await this.#transport.json({
      method: 'PATCH',
      path: `${path}/status`,
      contentType: 'application/merge-patch+json',
      // With the version that was read: a process that slept for long must not overwrite its successor's.
      body: {
        metadata: { resourceVersion: current.metadata.resourceVersion },
        status: { loadBalancer: { ingress: wanted } },
      },
      signal,
    })
  }
}

function keyOf({ namespace, name }: ServedIngressStatus): string {
  return `${namespace}/${name}`
}
