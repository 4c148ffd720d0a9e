/**
 * Secrets and ConfigMaps: of all of them only names and versions are followed; contents are read of those that some object
 * refers to, and again when their version changes. What nobody refers to never enters this process. One that cannot be read
 * for now is tried again, and holds up nobody but at the start, for a bounded time; contents that were read before stay.
 */
import type { AnyObject } from '../../kube/objects.ts'
import { ApiError, type ApiTransport } from './api-transport.ts'
import { DecodedStore } from './decoded-store.ts'
import type { RawObject, ReflectorSink } from './reflector.ts'
import { objectPath, type Resource } from './resource.ts'
import { createRetryPause, type RetryPause } from './retry-pause.ts'
import { wait } from './wait.ts'

/** Reads at a time, and how many of them may be slow before those count too. */
const PARALLEL = 16
/** Time is counted in ticks: while the process is busy with something else no answer is late. */
const TICK_MS = 500
/** From the first that is wanted on: so long those that cannot be read are waited for. */
const START_TICKS = 8
/** Without an answer. */
const SLOW_TICKS = 4

export interface OnDemandEvents {
  /** Contents came, changed or went. */
  changed(key: string, before: AnyObject | undefined): void
  /** Not all was here when it was asked for, and now nothing is waited for, whether or not anything changed. */
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
  /** Of those that are read: not answered for long. */
  readonly #slow = new Set<string>()
  /** Those that are waited for, with ticks that they waited. */
  readonly #awaited = new Map<string, number>()
  /** Those that cannot be read for now, with why. */
  readonly #troubles = new Map<string, string>()
  readonly #pauses = new Map<string, RetryPause>()
  /** To be tried again after a pause. */
  readonly #resting = new Map<string, object>()
  #idle: (() => void)[] = []
  /** Somebody was told that not all is here. */
  #isAwaited = false
  #startTicks = 0
  #answers = 0
  #answersBefore = 0
  #timer: NodeJS.Timeout | null = null

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
    const wasTroubled = this.#troubles.has(key)
    this.#forget(key)
    this.#settle(wasTroubled)
  }

  /**
   * Says which are referred to, as `namespace/name`; those that nobody refers to any more are forgotten.
   *
   * @returns true when all that exist of them are read already, but for those that cannot be read for now
   */
  want(keys: ReadonlySet<string>): boolean {
    this.#isAwaited = false
    this.#keepTime()
    for (const key of this.#wanted) if (!keys.has(key)) this.#forget(key)
    this.#wanted = new Set(keys)
    for (const key of keys) {
      const isUnread = this.#versions.has(key) && this.#read.get(key) !== this.#versions.get(key)
      if (!isUnread || this.#resting.has(key)) continue
      // What is being read, and changes meanwhile, was put into the queue by that change.
      if (this.#reading.has(key)) this.#await(key)
      else this.#enqueue(key)
    }
    this.#settle()
    this.#isAwaited = this.#awaited.size > 0
    return !this.#isAwaited
  }

  /** Resolves when nothing is waited for. */
  async settled(): Promise<void> {
    if (this.#awaited.size === 0) return
    await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  /** Why the contents are not here of one that exists and was never read; `null` = that is not so, or not known yet. */
  whyUnread(key: string): string | null {
    return this.store.has(key) ? null : (this.#troubles.get(key) ?? null)
  }

  #forget(key: string): void {
    for (const part of [this.#queue, this.#read, this.#awaited, this.#troubles, this.#pauses, this.#resting]) {
      part.delete(key)
    }
    const before = this.store.get(key)
    if (this.store.delete(key)) this.#events.changed(key, before)
  }

  #enqueue(key: string): void {
    this.#resting.delete(key)
    this.#queue.add(key)
    this.#await(key)
    this.#advance()
  }

  #await(key: string): void {
    const isGivenWay = this.#troubles.has(key) && !this.#isStarting
    if (!isGivenWay && !this.#awaited.has(key)) this.#awaited.set(key, 0)
    this.#keepTime()
  }

  #advance(): void {
    for (const key of this.#queue) {
      if (this.#reading.size - Math.min(this.#slow.size, PARALLEL) >= PARALLEL) break
      // Never twice at a time: the older answer could come last.
      if (this.#reading.has(key)) continue
      this.#queue.delete(key)
      this.#reading.add(key)
      void this.#fetch(key).then((isDone) => {
        this.#reading.delete(key)
        this.#slow.delete(key)
        const isOver = isDone && !this.#queue.has(key)
        if (isOver) this.#awaited.delete(key)
        this.#advance()
        this.#settle(isOver && this.#troubles.delete(key))
      })
    }
  }

  /** @param isNews something is to be told besides */
  #settle(isNews = false): void {
    if (isNews) this.#isAwaited = true
    if (this.#awaited.size > 0) return
    for (const resolve of this.#idle.splice(0)) resolve()
    if (!this.#isAwaited) return
    this.#isAwaited = false
    this.#events.complete?.()
  }

  get #isStarting(): boolean {
    return this.#startTicks < START_TICKS
  }

  #keepTime(): void {
    if (this.#timer !== null || this.#signal.aborted || (this.#awaited.size === 0 && !this.#isStarting)) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#tick()
      this.#keepTime()
    }, TICK_MS)
    this.#timer.unref()
  }

  #tick(): void {
    if (this.#signal.aborted) return
    this.#startTicks++
    const isStuck = this.#answers === this.#answersBefore
    this.#answersBefore = this.#answers
    for (const [key, ticks] of this.#awaited) {
      // Whoever waits for its turn is late when it is nobody's turn.
      if (!this.#reading.has(key) && !isStuck) continue
      this.#awaited.set(key, ticks + 1)
      if (ticks + 1 < SLOW_TICKS) continue
      const seconds = (SLOW_TICKS * TICK_MS) / 1000
      if (this.#reading.has(key)) this.#slow.add(key)
      this.#trouble(key, `GET ${this.#pathOf(key)}: no answer for ${seconds} s; it goes on without`)
    }
    if (!this.#isStarting) for (const key of this.#troubles.keys()) this.#awaited.delete(key)
    this.#advance()
    this.#settle()
  }

  #trouble(key: string, reason: string): void {
    if (!this.#troubles.has(key)) {
      this.#troubles.set(key, reason)
      this.#events.problem(reason)
    }
    if (this.#isStarting) return
    this.#awaited.delete(key)
  }

  #pathOf(key: string): string {
    const [namespace = '', name = ''] = key.split('/')
    return objectPath(this.#resource, namespace, name)
  }

  /** @returns false when it is to be tried again */
  async #fetch(key: string): Promise<boolean> {
    const version = this.#versions.get(key) ?? ''
    const isWanted = (): boolean => this.#wanted.has(key) && this.#versions.has(key)
    try {
      const object = await this.#transport.json<RawObject>({ path: this.#pathOf(key), signal: this.#signal })
      this.#answers++
      if (!isWanted()) return true
      this.#pauses.delete(key)
      this.#read.set(key, version)
      const before = this.store.get(key)
      if (this.store.set(key, object)) this.#events.changed(key, before)
      return true
    } catch (error) {
      if (this.#signal.aborted || !isWanted()) return true
      if (error instanceof ApiError && error.status === 404) {
        this.#answers++
        // It went; whoever follows names is about to say so.
        this.#read.set(key, version)
        return true
      }
      this.#trouble(key, error instanceof Error ? error.message : String(error))
      const pause = this.#pauses.get(key) ?? createRetryPause(200, 10_000)
      this.#pauses.set(key, pause)
      // A change put it into the queue already.
      if (!this.#queue.has(key)) void this.#tryAgain(key, pause.next(retryAfterMs(error)))
      return false
    }
  }

  async #tryAgain(key: string, pauseMs: number): Promise<void> {
    const rest = {}
    this.#resting.set(key, rest)
    await wait(pauseMs, this.#signal)
    if (!this.#signal.aborted && this.#resting.get(key) === rest) this.#enqueue(key)
  }
}

function retryAfterMs(error: unknown): number {
  return error instanceof ApiError ? error.retryAfter * 1000 : 0
}
