/** Keeps `.status` of IPAddressPools: how many addresses are given and how many are left. */
import type { PoolCounts } from '../../../metal/pools/pool-counts.ts'
import type { ApiTransport } from '../../../sources/cluster/api-transport.ts'
import { IP_ADDRESS_POOLS, objectPath } from '../../../sources/cluster/resource.ts'
import type { WriteQueue } from '../../cluster/write-queue.ts'

/** Numbers are followed, not chased: a thousand new Services are not a thousand writes. */
const PAUSE_MS = 1000

export class PoolStatus {
  readonly #transport: ApiTransport
  readonly #queue: WriteQueue
  readonly #namespace: string
  readonly #counts: () => readonly PoolCounts[]
  readonly #written = new Map<string, string>()
  #timer: NodeJS.Timeout | null = null

  constructor(transport: ApiTransport, queue: WriteQueue, namespace: string, counts: () => readonly PoolCounts[]) {
    this.#transport = transport
    this.#queue = queue
    this.#namespace = namespace
    this.#counts = counts
  }

  /** Something may have changed. @param isPool true for the name of an object, unlike that of a pool in the ConfigMap */
  soon(isPool: (name: string) => boolean): void {
    if (this.#timer !== null) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      for (const counts of this.#counts()) if (isPool(counts.pool)) this.#keep(counts)
    }, PAUSE_MS)
    this.#timer.unref()
  }

  /** Nothing is known of what others wrote meanwhile. */
  forget(): void {
    this.#written.clear()
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  #keep({ pool, ...counts }: PoolCounts): void {
    const entries = Object.entries(counts).map(([name, count]) => `"${name}":${count}`)
    const text = `{${entries.join(',')}}`
    if (this.#written.get(pool) === text) return
    this.#written.set(pool, text)
    const path = `${objectPath(IP_ADDRESS_POOLS, this.#namespace, pool)}/status?fieldManager=genkan-metal`
    this.#queue.push(`status of IPAddressPool ${pool}`, async (signal) => {
      try {
        await this.#transport.json({
          method: 'PATCH',
          path,
          contentType: 'application/merge-patch+json',
          body: { status: Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, toJson(count)])) },
          signal,
        })
      } catch (error) {
        if (this.#written.get(pool) === text) this.#written.delete(pool)
        throw error
      }
    })
  }
}

/** The largest int64 is no number that JSON of ours can hold exactly: the next one that is. */
function toJson(count: bigint): number {
  return count > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(count)
}
