/**
 * Keeps one pool as it is wanted, by a loop of its own: what is wrong with one pool stops no other. The loop sleeps until a
 * wish comes, a reading is due, or a failed call is to be tried again.
 */
import type { ResolvedTargets, Target } from '../../stack/target.ts'
import type { AwsApi } from '../aws-api.ts'
import { AwsError } from '../aws-api.ts'
import type { Ports } from '../execute/ports.ts'
import { kindOfError } from '../execute/retry-policy.ts'
import type { Gate } from './gate.ts'
import { KnownTargets } from './known-targets.ts'
import type { LaneEvents, OwnTargets, TargetHealth } from './lane-events.ts'
import { createOwnership, type Ownership } from './ownership.ts'
import { deregisterBatches, registerBatches } from './register-batches.ts'
import { openStore, poolKey, targetKey, type TargetPool, type TargetStore } from './target-store.ts'

export interface WorkerContext {
  readonly api: AwsApi
  readonly ports: Ports
  readonly events: LaneEvents
  readonly own: OwnTargets | null
  /** Readings may wait for each other, but no write waits for a reading. */
  readonly reads: Gate
}

/** Wishes that come together are one call. */
const COALESCE_MS = 20
/** A reading of a pool in which all is well. */
const SLOW_MS = 5 * 60_000
/** Readings while a target is not healthy, which pods may be waiting for: pauses double, and are longer after a while. */
const UNSETTLED_MS = { first: 2_000, longest: 15_000, patient: 60_000, impatientReadings: 20 } as const
const RETRY_MS = { first: 1_000, longest: 60_000 } as const

export class PoolWorker {
  readonly #pool: TargetPool
  readonly #context: WorkerContext
  readonly #store: TargetStore
  readonly #known = new KnownTargets()
  readonly #ownership: Ownership
  readonly #closed = new AbortController()
  readonly #finished: Promise<void>
  #wanted: ReadonlyMap<string, Target> = new Map()
  #pods: ResolvedTargets['pods'] = {}
  /** When the first wish came that is not fulfilled; `null` = all are. */
  #wishedAtMs: number | null = null
  #wasRead = false
  #readAtMs = 0
  #unsettledReadings = 0
  #isBusy = false
  #isOwnershipKnown = true
  #failures = 0
  #problem = ''
  #failure = ''
  #toldHealth = ''
  #sleep = new AbortController()
  readonly #idleWaiters = new Set<() => void>()

  constructor(pool: TargetPool, context: WorkerContext) {
    this.#pool = pool
    this.#context = context
    this.#store = openStore(pool, context.api)
    this.#ownership = createOwnership(pool, context.own)
    this.#finished = this.#run()
  }

  want(resolved: ResolvedTargets): void {
    const targets =
      this.#pool.kind === 'classic' ? resolved.targets.map(({ id }) => ({ id, port: 0 })) : resolved.targets
    this.#wanted = new Map(targets.map((target) => [targetKey(target), target]))
    this.#pods = resolved.pods
    this.#wishedAtMs ??= this.#context.ports.nowMs()
    this.#unsettledReadings = 0
    this.#sleep.abort()
  }

  /** Resolves once the present wish is fulfilled, or has failed once. */
  async attempted(): Promise<void> {
    if (this.#closed.signal.aborted || (this.#wishedAtMs === null && !this.#isBusy)) return
    await new Promise<void>((resolve) => this.#idleWaiters.add(resolve))
  }

  /** Waits for a call that is on its way. */
  async close(): Promise<void> {
    this.#closed.abort()
    this.#sleep.abort()
    await this.#finished
  }

  async #run(): Promise<void> {
    const { ports } = this.#context
    while (!this.#closed.signal.aborted) {
      await this.#sleepUntilDue()
      if (this.#closed.signal.aborted) break
      if (this.#wishedAtMs !== null) await ports.wait(COALESCE_MS, this.#closed.signal)
      this.#isBusy = true
      try {
        await this.#step()
        this.#failures = 0
        this.#failure = ''
      } catch (error) {
        this.#failures++
        this.#fail(error)
      }
      this.#isBusy = false
      for (const resolve of this.#idleWaiters) resolve()
      this.#idleWaiters.clear()
    }
    for (const resolve of this.#idleWaiters) resolve()
  }

  async #sleepUntilDue(): Promise<void> {
    if (this.#failures === 0 && this.#wishedAtMs !== null) return
    // A wish while calls fail does not wait for the end of a long pause, and does not hammer either.
    const dueMs = this.#failures > 0 ? this.#retryPauseMs() : this.#readPauseMs()
    this.#sleep = new AbortController()
    // Closing ends it too. Not joined with another signal: each would stay known to the one that lives long.
    await this.#context.ports.wait(dueMs, this.#sleep.signal)
  }

  #retryPauseMs(): number {
    const bound = Math.min(RETRY_MS.longest, RETRY_MS.first * 2 ** (this.#failures - 1))
    return bound * (0.5 + this.#context.ports.random() * 0.5)
  }

  #readPauseMs(): number {
    const bound = this.#unsettledReadings === 0 ? SLOW_MS : this.#unsettledPauseMs()
    const jitter = bound === SLOW_MS ? 0.8 + this.#context.ports.random() * 0.4 : 1
    return Math.max(0, this.#readAtMs + bound * jitter - this.#context.ports.nowMs())
  }

  #unsettledPauseMs(): number {
    const { first, longest, patient, impatientReadings } = UNSETTLED_MS
    // Nobody waits for instances: those without a pod of the Service stay unhealthy for good.
    if (this.#unsettledReadings > impatientReadings) return Object.keys(this.#pods).length === 0 ? SLOW_MS : patient
    return Math.min(longest, first * 2 ** (this.#unsettledReadings - 1))
  }

  async #step(): Promise<void> {
    const wishedAtMs = this.#wishedAtMs
    const wanted = this.#wanted
    // Whoever wishes during the calls below begins anew.
    this.#wishedAtMs = null
    try {
      if (!this.#wasRead || wishedAtMs === null) await this.#read()
      const change = await this.#write(wanted)
      if (change && wishedAtMs !== null) this.#readAtMs = this.#context.ports.nowMs()
      this.#report(change, wishedAtMs)
    } catch (error) {
      this.#wishedAtMs ??= wishedAtMs ?? this.#context.ports.nowMs()
      throw error
    }
    if (this.#wanted === wanted) this.#tellHealth()
  }

  async #read(): Promise<void> {
    const stored = await this.#context.reads.run(() => this.#store.read())
    this.#readAtMs = this.#context.ports.nowMs()
    this.#known.refresh(stored, this.#readAtMs)
    this.#wasRead = true
    await this.#loadOwnership()
  }

  /** Endpoints must come in even while it is not known which of the others are ours. */
  async #loadOwnership(): Promise<void> {
    try {
      await this.#ownership.load()
      this.#isOwnershipKnown = true
    } catch (error) {
      this.#isOwnershipKnown = false
      this.#tellProblem('OwnTargetsUnknown', error instanceof Error ? error.message : String(error), [])
    }
  }

  /** @returns what was changed; `null` = nothing had to be */
  async #write(wanted: ReadonlyMap<string, Target>): Promise<{ in: number; out: number } | null> {
    const { nowMs } = this.#context.ports
    const difference = this.#known.difference(wanted, (key) => this.#ownership.mayTake(key))
    if (difference.register.length === 0 && difference.deregister.length === 0) return null
    await this.#ownership.willRegister(difference.register.map(targetKey))
    const added = await registerBatches(this.#store, difference.register, (batch) =>
      this.#known.registered(batch, nowMs()),
    )
    // Only now: between the two, a pool has too many targets rather than too few.
    const taken = await deregisterBatches(this.#store, difference.deregister, (batch) =>
      this.#known.deregistered(batch, nowMs()),
    )
    await this.#ownership.didDeregister(taken.done.map(targetKey))
    const [first] = [...added.refused, ...taken.refused]
    if (first === undefined) this.#recover()
    else {
      const targets = [...added.refused, ...taken.refused].map(({ target }) => target)
      this.#tellProblem(first.error.code, first.error.message, targets)
    }
    return { in: added.done.length, out: taken.done.length }
  }

  #report(change: { in: number; out: number } | null, wishedAtMs: number | null): void {
    if (change === null) return this.#recover()
    this.#unsettledReadings = Math.max(1, this.#unsettledReadings)
    if (change.in === 0 && change.out === 0) return
    const nowMs = this.#context.ports.nowMs()
    const tookMs = nowMs - (wishedAtMs ?? nowMs)
    this.#context.events.onChange?.({ pool: this.#pool, registered: change.in, deregistered: change.out, tookMs })
  }

  #tellHealth(): void {
    if (this.#pool.kind === 'classic') {
      this.#unsettledReadings = 0
      return
    }
    const health = [...this.#wanted].map(([key, target]): TargetHealth => {
      const stored = this.#known.stateOf(target)
      const pod = this.#pods[key]
      return {
        target,
        ...(pod === undefined ? {} : { pod }),
        state: stored?.state ?? 'missing',
        description: stored?.description ?? '',
      }
    })
    const isSettled = health.every(({ state }) => state === 'healthy')
    this.#unsettledReadings = isSettled ? 0 : this.#unsettledReadings + 1
    const text = JSON.stringify(health)
    if (text === this.#toldHealth) return
    this.#toldHealth = text
    this.#context.events.onHealth?.(this.#pool, health)
  }

  #fail(error: unknown): void {
    const code = error instanceof AwsError ? error.code : 'Failed'
    this.#failure = code
    if (error instanceof AwsError && kindOfError(error) === 'aborted') return
    this.#tellProblem(code, error instanceof Error ? error.message : String(error), [])
  }

  #tellProblem(code: string, message: string, targets: readonly Target[]): void {
    const problem = JSON.stringify([code, targets.map(targetKey)])
    if (problem === this.#problem) return
    this.#problem = problem
    this.#context.events.onProblem?.({ pool: this.#pool, code, message, targets })
  }

  #recover(): void {
    if (this.#problem === '' || !this.#isOwnershipKnown) return
    this.#problem = ''
    this.#context.events.onRecovered?.(this.#pool)
  }

  /** AWS's code of the last attempt; empty = it worked. */
  get failure(): string {
    return this.#failure
  }

  get key(): string {
    return poolKey(this.#pool)
  }
}
