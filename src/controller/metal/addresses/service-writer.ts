/** Writes what a Service has: `.status.loadBalancer` and the annotation that names its pool, by one request. */
import { ApiError, type ApiTransport } from '../../../sources/cluster/api-transport.ts'
import { objectPath, SERVICES } from '../../../sources/cluster/resource.ts'
import { FROM_POOL, OLD_FROM_POOL } from '../../../dialects/metal/services.ts'
import type { WriteQueue } from '../../cluster/write-queue.ts'

/** A Service as the API server has it, as far as we write it. */
export interface RawService {
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly uid?: string
    readonly resourceVersion?: string
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly RawAddress[] | null } | null
  } | null
}

interface RawAddress {
  readonly ip?: string
  readonly hostname?: string
}

export interface Wish {
  readonly addresses: readonly string[]
  readonly pool: string
}

export interface ServiceWriterOptions {
  readonly transport: ApiTransport
  readonly queue: WriteQueue
  /** The latest wish when the write is made; `null` = leave it. */
  readonly wishFor: (key: string, uid: string) => Wish | null
  readonly onWritten: (key: string, resourceVersion: string, wish: Wish) => void
}

/** Conflicts in a row after which the queue's pause is due. */
const CONFLICTS = 4

export class ServiceWriter {
  readonly #options: ServiceWriterOptions

  constructor(options: ServiceWriterOptions) {
    this.#options = options
  }

  /** Writes what is wished by then, unless it is there already. */
  push(key: string, uid: string): void {
    const { queue } = this.#options
    queue.push(`status of Service ${key}`, (signal) => this.#write(key, uid, signal))
  }

  async #write(key: string, uid: string, signal: AbortSignal): Promise<void> {
    const { transport, queue, wishFor, onWritten } = this.#options
    const [namespace = '', name = ''] = key.split('/')
    const path = objectPath(SERVICES, namespace, name)
    for (let conflicts = 0; ; conflicts++) {
      const current = await transport.json<RawService>({ path, signal })
      // What is wished is looked up after the read: whatever changed meanwhile is in both or makes a conflict.
      const wish = wishFor(key, uid)
      if (current.metadata.uid !== uid || wish === null || !queue.mayWrite) return
      if (isAsWished(current, wish)) return onWritten(key, current.metadata.resourceVersion ?? '', wish)
      try {
        const written = await transport.json<RawService>({
          method: 'PATCH',
          path: `${path}/status?fieldManager=genkan-metal`,
          contentType: 'application/merge-patch+json',
          body: {
            // With the version that was read: a replica that slept for long must not overwrite its successor's.
            metadata: {
              resourceVersion: current.metadata.resourceVersion,
              annotations: { [FROM_POOL]: wish.pool === '' ? null : wish.pool, [OLD_FROM_POOL]: null },
            },
            status: {
              loadBalancer: wish.addresses.length === 0 ? null : { ingress: wish.addresses.map((ip) => ({ ip })) },
            },
          },
          signal,
        })
        return onWritten(key, written.metadata.resourceVersion ?? '', wish)
      } catch (error) {
        if (!(error instanceof ApiError && error.status === 409 && conflicts < CONFLICTS)) throw error
      }
    }
  }
}

/** True when nothing has to be written. */
export function isAsWished({ metadata, status }: RawService, { addresses, pool }: Wish): boolean {
  const has = status?.loadBalancer?.ingress ?? []
  const annotations = metadata.annotations ?? {}
  return (
    has.length === addresses.length &&
    has.every(({ ip, hostname }, index) => ip === addresses[index] && hostname === undefined) &&
    (annotations[FROM_POOL] ?? '') === pool &&
    annotations[OLD_FROM_POOL] === undefined
  )
}
