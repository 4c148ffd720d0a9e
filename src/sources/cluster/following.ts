/**
 * Kinds of a cluster that are followed together: they begin and end as one, and changes that come close together are told once.
 * While the API server is away everything stays as it was, and is said to be stale.
 */
import type { ApiTransport } from './api-transport.ts'
import { Outages } from './outages.ts'
import { Reflector, type ReflectorFailure, type ReflectorOptions, type ReflectorSink } from './reflector.ts'
import type { Resource } from './resource.ts'

export interface FollowingOptions {
  readonly transport: ApiTransport
  /** Called after changes, never before the first lists are complete. */
  readonly onChange: () => void
  /** Also calls `onChange` when something may be read that might not, or the other way round. */
  readonly tellsOfRights?: boolean
  /** Trouble with the API server, for people; once for each outage of a kind. */
  readonly onProblem: (message: string) => void
  readonly reflector?: Pick<ReflectorOptions, 'watchSeconds' | 'firstPauseMs' | 'forbiddenPauseMs' | 'silenceMs'>
}

/** Where one kind is followed. */
export interface Place {
  /** In reports: a kind, or some objects of it. */
  readonly label: string
  /** Empty = all. */
  readonly namespace: string
  readonly fieldSelector?: string
  readonly labelSelector?: string
}

/** Who gets the objects. */
export type Follower = Pick<ReflectorSink, 'set' | 'delete'>

/** Quiet time after which changes are told: a rollout changes several objects at once. */
const SETTLE_MS = 2

export class Following {
  readonly #options: FollowingOptions
  readonly #stopped = new AbortController()
  readonly #reflectors: Reflector[] = []
  /** Labels of places that were not read yet. */
  readonly #unsynced = new Set<string>()
  readonly #outages = new Outages()
  #timer: NodeJS.Timeout | null = null
  #whenSynced: (() => void)[] = []

  constructor(options: FollowingOptions) {
    this.#options = options
  }

  /** Aborted when all ends. */
  get signal(): AbortSignal {
    return this.#stopped.signal
  }

  /**
   * Adds a place, before all begins.
   *
   * @param isMetadataOnly the follower gets objects with nothing but their `metadata`
   */
  add(resource: Resource, place: Place, follower: Follower, isMetadataOnly = false): void {
    const { transport, reflector } = this.#options
    const { label, ...where } = place
    this.#unsynced.add(label)
    this.#reflectors.push(
      new Reflector({
        transport,
        resource,
        ...where,
        isMetadataOnly,
        ...reflector,
        sink: {
          set: (key, object) => follower.set(key, object),
          delete: (key) => follower.delete(key),
          synced: () => this.#synced(label),
          failed: (failure) => this.#failed(label, resource, failure),
          recovered: () => this.#recovered(label),
        },
      }),
    )
  }

  /** Begins; resolves when every place that may be read was read once, or all has ended. */
  async start(): Promise<void> {
    for (const reflector of this.#reflectors) reflector.start()
    if (this.#unsynced.size === 0) return
    await new Promise<void>((resolve) => this.#whenSynced.push(resolve))
  }

  async close(): Promise<void> {
    this.#stopped.abort()
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#settleSynced()
    await Promise.all(this.#reflectors.map((reflector) => reflector.stop()))
  }

  /** Something that matters changed: `onChange` follows soon. */
  changed(): void {
    if (this.#unsynced.size > 0 || this.#timer !== null || this.#stopped.signal.aborted) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#options.onChange()
    }, SETTLE_MS)
  }

  /** Since when some place could not be read any more, milliseconds since the epoch; `null` while all is current. */
  get staleSinceMs(): number | null {
    return this.#outages.staleSinceMs
  }

  /** Labels of the places that this identity may not read, or whose kind the cluster does not define. */
  get forbidden(): readonly string[] {
    return this.#outages.forbidden
  }

  #synced(label: string): void {
    if (!this.#unsynced.delete(label) || this.#unsynced.size > 0) return
    this.#settleSynced()
  }

  #settleSynced(): void {
    for (const resolve of this.#whenSynced.splice(0)) resolve()
  }

  #failed(label: string, { isCustom = false }: Resource, failure: ReflectorFailure): void {
    const isTold = this.#outages.says(failure.message)
    this.#outages.failed(label, failure)
    // A custom resource that nobody defined is nobody's trouble.
    if (!isTold && !(isCustom && failure.isForbidden)) this.#options.onProblem(failure.message)
    // A kind that may not be read holds nobody up.
    if (!failure.isForbidden) return
    this.#synced(label)
    this.#rightsChanged()
  }

  #recovered(label: string): void {
    const wasForbidden = this.#outages.forbidden.includes(label)
    this.#outages.recovered(label)
    if (wasForbidden) this.#rightsChanged()
  }

  #rightsChanged(): void {
    if (this.#options.tellsOfRights === true) this.changed()
  }
}
