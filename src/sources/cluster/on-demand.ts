/**
 * Secrets and ConfigMaps: of all of them only names and versions are followed; contents are read of those that some object
 * refers to, and again when their version changes. What nobody refers to never enters this process.
 */
import type { AnyObject } from '../../kube/objects.ts'
import { ApiError, type ApiTransport } from './api-transport.ts'
import { DecodedStore } from './decoded-store.ts'
import type { RawObject, ReflectorSink } from './reflector.ts'
import { objectPath, type Resource } from './resource.ts'
import { createRetryPause } from './retry-pause.ts'
import { wait } from './wait.ts'

/** Reads at a time. */
const PARALLEL = 16

export interface OnDemandEvents {
  /** Contents came, changed or went. */
  changed(key: string, before: AnyObject | undefined): void
  /** Not all was here when it was asked for, and now it is, whether or not anything changed. */
  complete?(): void
  problem(message: string): void
}

export class OnDemand implements Pick<ReflectorSink, 'set' | 'delete'> {
  readonly store: DecodedStore
  readonly #resource: Resource
  readonly #transport: Pick<ApiTransport, 'json'>
  readonly #events: OnDemandEvents
  readonly #signal: AbortSignal
  /** Version of each that exists. */
  readonly #versions = new Map<string, string>()
  /** Version that was known when the contents were read: they are of that one or a later one. */
  readonly #read = new Map<string, string>()
  #wanted: ReadonlySet<string> = new Set()
  readonly #queue = new Set<string>()
  readonly #reading = new Set<string>()
  #idle: (() => void)[] = []
  /** Somebody was told that not all is here. */
  #isAwaited = false

  constructor(resource: Resource, transport: Pick<ApiTransport, 'json'>, events: OnDemandEvents, signal: AbortSignal) {
    this.store = new DecodedStore(resource)
    this.#resource = resource
    this.#transport = transport
    this.#events = events
    this.#signal = signal
  }

  set(key: string, object: RawObject): void {
    this.#versions.set(key, object.metadata.resourceVersion ?? '')
    if (this.#wanted.has(key)) this.#enqueue(key)
  }

  delete(key: string): void {
    this.#versions.delete(key)
    this.#forget(key)
  }

  /**
   * Says which are referred to, as `namespace/name`; those that nobody refers to any more are forgotten.
   *
   * @returns true when all that exist of them are read already
   */
  want(keys: ReadonlySet<string>): boolean {
    for (const key of this.#wanted) if (!keys.has(key)) this.#forget(key)
    this.#wanted = new Set(keys)
    for (const key of keys) {
      // What is being read, and changes meanwhile, was put into the queue by that change.
      const isUnread = this.#versions.has(key) && this.#read.get(key) !== this.#versions.get(key)
      if (isUnread && !this.#reading.has(key)) this.#enqueue(key)
    }
    const isComplete = this.#queue.size === 0 && this.#reading.size === 0
    this.#isAwaited = !isComplete
    return isComplete
  }

  /** Resolves when nothing waits to be read. */
  async settled(): Promise<void> {
    if (this.#queue.size === 0 && this.#reading.size === 0) return
    await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  #forget(key: string): void {
    this.#queue.delete(key)
    this.#read.delete(key)
    const before = this.store.get(key)
    if (this.store.delete(key)) this.#events.changed(key, before)
  }

  #enqueue(key: string): void {
    this.#queue.add(key)
    this.#advance()
  }

  #advance(): void {
    for (const key of this.#queue) {
      if (this.#reading.size >= PARALLEL) break
      // Never twice at a time: the older answer could come last.
      if (this.#reading.has(key)) continue
      this.#queue.delete(key)
      this.#reading.add(key)
      void this.#fetch(key).finally(() => {
        this.#reading.delete(key)
        this.#advance()
        if (this.#reading.size > 0 || this.#queue.size > 0) return
        for (const resolve of this.#idle.splice(0)) resolve()
        if (!this.#isAwaited) return
        this.#isAwaited = false
        this.#events.complete?.()
      })
    }
  }

  async #fetch(key: string): Promise<void> {
    const [namespace = '', name = ''] = key.split('/')
    const pause = createRetryPause(200, 10_000)
    let isReported = false
    while (!this.#signal.aborted && this.#wanted.has(key) && this.#versions.has(key)) {
      const version = this.#versions.get(key) ?? ''
      try {
        const path = objectPath(this.#resource, namespace, name)
        const object = await this.#transport.json<RawObject>({ path, signal: this.#signal })
        if (!this.#wanted.has(key) || !this.#versions.has(key)) return
        this.#read.set(key, version)
        const before = this.store.get(key)
        if (this.store.set(key, object)) this.#events.changed(key, before)
        return
      } catch (error) {
        if (this.#signal.aborted) return
        if (error instanceof ApiError && error.status === 404) {
          // It went; whoever follows names is about to say so.
          if (this.#versions.has(key)) this.#read.set(key, version)
          return
        }
        if (!isReported) this.#events.problem(error instanceof Error ? error.message : String(error))
        isReported = true
        await wait(pause.next(error instanceof ApiError ? error.retryAfter * 1000 : 0), this.#signal)
      }
    }
  }
}
