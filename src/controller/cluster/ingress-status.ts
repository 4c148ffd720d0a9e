/**
 * Keeps `.status.loadBalancer` of Ingresses as it should be: our addresses on those that we serve, nothing of ours on those
 * that left our class. Written only where it differs, and only after the proxy serves that version.
 */
import { ApiError, type ApiTransport } from '../../sources/cluster/api-transport.ts'
import { INGRESSES, objectPath } from '../../sources/cluster/resource.ts'
import { isSameAddresses, type LoadBalancerAddress } from './status-addresses.ts'
import type { WriteQueue } from './write-queue.ts'

interface IngressWithStatus {
  readonly metadata: {
    readonly uid?: string
    readonly resourceVersion?: string
    readonly managedFields?: readonly { readonly manager?: string; readonly fieldsV1?: unknown }[]
  }
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly LoadBalancerAddress[] } }
}

export interface IngressStatus {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  /** As last read from the cluster. */
  readonly addresses: readonly LoadBalancerAddress[]
}

export interface IngressStatusOptions {
  readonly transport: ApiTransport
  readonly queue: WriteQueue
  /** Who we are in `managedFields`: the same for all replicas, another for every other controller. */
  readonly fieldManager: string
}

/** Conflicts in a row after which the queue's pause is due. */
const CONFLICTS = 4

export class IngressStatusKeeper {
  readonly #options: IngressStatusOptions
  /** Being written now, with what; by uid. */
  readonly #writing = new Map<string, string>()
  /** Addresses that we know to be ours, since we served the Ingress; by uid. Followers remember them too. */
  readonly #ours = new Map<string, readonly LoadBalancerAddress[]>()
  /** Looks like ours and was found to be somebody else's; by uid, with the addresses. */
  readonly #foreign = new Map<string, string>()

  constructor(options: IngressStatusOptions) {
    this.#options = options
  }

  /**
   * @param served all Ingresses that this version of the configuration serves
   * @param others those that exist and are not ours
   * @param wanted our addresses
   * @param mayWrite false: only remembers what is ours
   */
  keep(
    served: Iterable<IngressStatus>,
    others: Iterable<IngressStatus>,
    wanted: readonly LoadBalancerAddress[],
    mayWrite: boolean,
  ): void {
    const known = new Set<string>()
    for (const status of served) {
      known.add(status.uid)
      this.#foreign.delete(status.uid)
      const isRight = isSameAddresses(status.addresses, wanted)
      // Until ours are written those before them are still ours.
      if (isRight || !this.#ours.has(status.uid)) this.#ours.set(status.uid, wanted)
      if (mayWrite && !isRight) this.#push(status, wanted, false)
    }
    for (const status of others) {
      known.add(status.uid)
      this.#leave(status, wanted, mayWrite)
    }
    for (const map of [this.#ours, this.#foreign]) {
      for (const uid of map.keys()) if (!known.has(uid)) map.delete(uid)
    }
  }

  /** The last pod of all goes: nobody listens at our addresses any more. */
  clearAll(served: Iterable<IngressStatus>): void {
    for (const status of served) if (status.addresses.length > 0) this.#push(status, [], false)
  }

  #leave(status: IngressStatus, wanted: readonly LoadBalancerAddress[], mayWrite: boolean): void {
    const { uid, addresses } = status
    const ours = this.#ours.get(uid)
    // Only what is ours is taken away: another controller may have written its own by now.
    const isLikeOurs = addresses.length > 0 && isSameAddresses(addresses, ours ?? wanted)
    if (!isLikeOurs) {
      // What we wrote may not have come back yet.
      if (addresses.length > 0) this.#ours.delete(uid)
      return
    }
    if (!mayWrite || this.#foreign.get(uid) === JSON.stringify(addresses)) return
    // Two controllers on the same nodes have the same addresses: who wrote them decides where we do not know.
    this.#push(status, [], ours === undefined)
  }

  #push(status: IngressStatus, wanted: readonly LoadBalancerAddress[], mustBeOurs: boolean): void {
    const { uid, namespace, name } = status
    const text = JSON.stringify(wanted)
    if (this.#writing.get(uid) === text) return
    this.#writing.set(uid, text)
    this.#options.queue.push(`status of Ingress ${namespace}/${name}`, async (signal) => {
      try {
        await this.#write(status, wanted, mustBeOurs, signal)
      } finally {
        if (this.#writing.get(uid) === text) this.#writing.delete(uid)
      }
    })
  }

  /** Forgets what was being written: nothing of it is under way any more. */
  forget(): void {
    this.#writing.clear()
    this.#foreign.clear()
  }

  async #write(
    { namespace, name, uid, addresses }: IngressStatus,
    wanted: readonly LoadBalancerAddress[],
    mustBeOurs: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const { transport, fieldManager, queue } = this.#options
    const path = objectPath(INGRESSES, namespace, name)
    for (let conflicts = 0; ; conflicts++) {
      const current = await transport.json<IngressWithStatus>({ path, signal })
      const now = current.status?.loadBalancer?.ingress ?? []
      if (current.metadata.uid !== uid || isSameAddresses(now, wanted)) return
      if (wanted.length === 0 && !isSameAddresses(now, addresses)) return
      if (mustBeOurs && !isWrittenBy(current, fieldManager)) {
        this.#foreign.set(uid, JSON.stringify(addresses))
        return
      }
      if (!queue.mayWrite) return
      try {
        await transport.json({
          method: 'PATCH',
          path: `${path}/status?fieldManager=${encodeURIComponent(fieldManager)}`,
          contentType: 'application/merge-patch+json',
          // With the version that was read: a process that slept for long must not overwrite its successor's.
          body: {
            metadata: { resourceVersion: current.metadata.resourceVersion },
            status: { loadBalancer: { ingress: wanted } },
          },
          signal,
        })
        if (wanted.length === 0) this.#ours.delete(uid)
        else this.#ours.set(uid, wanted)
        return
      } catch (error) {
        if (!(error instanceof ApiError && error.status === 409 && conflicts < CONFLICTS)) throw error
      }
    }
  }
}

function isWrittenBy({ metadata: { managedFields = [] } }: IngressWithStatus, manager: string): boolean {
  return managedFields.some(
    (entry) => entry.manager === manager && JSON.stringify(entry.fieldsV1 ?? {}).includes('"f:loadBalancer"'),
  )
}
