/**
 * Leader election by a Lease. A leader renews four times within its time and counts itself out, by its own monotonic clock,
 * before anybody else may take over: also after its process was paused. A Lease that is given up is taken at once by whoever
 * watches it.
 */
import { ApiError, type ApiTransport } from './api-transport.ts'
import { freeInMs, heldBy, type Lease, observeLease, type ObservedLease, released } from './lease-record.ts'
import { Reflector } from './reflector.ts'
import { objectPath, type Resource } from './resource.ts'

const LEASES: Resource = {
  kind: 'Lease',
  apiVersion: 'coordination.k8s.io/v1',
  resource: 'leases',
  isNamespaced: true,
}

export interface ElectionOptions {
  readonly transport: ApiTransport
  readonly namespace: string
  readonly name: string
  /** Of this replica, unlike any other: the pod's name. */
  readonly identity: string
  readonly ttlMs: number
  /** Told when the leadership begins and ends. */
  readonly onChange: (isLeader: boolean) => void
  readonly onProblem: (message: string) => void
}

/** Part of the time after which a leader that could not renew stops to write: the rest is for clocks and answers under way. */
const TRUSTED_PART = 0.8

export class LeaderElection {
  readonly #options: ElectionOptions
  readonly #reflector: Reflector
  readonly #path: string
  readonly #stopped = new AbortController()
  #observed: ObservedLease | null = null
  #leadsUntilMs = Number.NEGATIVE_INFINITY
  #wasLeader = false
  #timer: NodeJS.Timeout | null = null
  #running: Promise<void> | null = null
  #isAskedAgain = false
  #hasComplained = false

  constructor(options: ElectionOptions) {
    this.#options = options
    this.#path = objectPath(LEASES, options.namespace, options.name)
    this.#reflector = new Reflector({
      transport: options.transport,
      resource: LEASES,
      namespace: options.namespace,
      fieldSelector: `metadata.name=${options.name}`,
      firstPauseMs: 200,
      sink: {
        set: (_key, object) => this.#see(object as unknown as Lease),
        delete: () => {
          this.#observed = null
          this.#soon()
        },
        synced: () => this.#soon(),
        failed: ({ message }) => options.onProblem(message),
        recovered: () => undefined,
      },
    })
  }

  /** Ask right before each write: true only while nobody else can lead. */
  get isLeader(): boolean {
    const leads = performance.now() < this.#leadsUntilMs
    if (!leads && this.#wasLeader) this.#tell(false)
    return leads
  }

  /** Who leads as far as is known, empty = nobody. */
  get leader(): string {
    return this.#observed?.lease.spec?.holderIdentity ?? ''
  }

  start(): void {
    this.#reflector.start()
  }

  /** Gives the Lease up, so that another takes it at once. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    if (this.#timer !== null) clearTimeout(this.#timer)
    await this.#running
    const isOurs = this.isLeader
    this.#leadsUntilMs = Number.NEGATIVE_INFINITY
    if (this.#wasLeader) this.#tell(false)
    await this.#reflector.stop()
    if (isOurs) await this.#release()
  }

  async #release(): Promise<void> {
    const { transport, name, identity, onProblem } = this.#options
    try {
      for (let tries = 0; ; tries++) {
        const lease = this.#observed?.lease
        if (lease === undefined || lease.spec?.holderIdentity !== identity) return
        try {
          const body = released(lease, new Date())
          await transport.json({ method: 'PUT', path: this.#path, body, idleTimeoutMs: 2000 })
          return
        } catch (error) {
          // A renewal whose answer we did not wait for has made a newer version.
          if (!(error instanceof ApiError && error.status === 409 && tries < 3)) throw error
          const fresh = await transport.json<Lease>({ path: this.#path, idleTimeoutMs: 2000 })
          this.#observed = observeLease(this.#observed, fresh, performance.now())
        }
      }
    } catch (error) {
      onProblem(`Cannot give up the Lease ${name}: ${textOf(error)}; it runs out by itself`)
    }
  }

  #see(lease: Lease): void {
    this.#observed = observeLease(this.#observed, lease, performance.now())
    const { identity } = this.#options
    // Somebody else holds it now, whatever we think: nothing more is written.
    if (lease.spec?.holderIdentity !== identity && this.#wasLeader) {
      this.#leadsUntilMs = Number.NEGATIVE_INFINITY
      this.#tell(false)
    }
    if (!this.#wasLeader) this.#soon()
  }

  #soon(): void {
    if (this.#stopped.signal.aborted) return
    if (this.#running !== null) {
      this.#isAskedAgain = true
      return
    }
    this.#running = this.#advance().finally(() => {
      this.#running = null
      if (!this.#isAskedAgain) return
      this.#isAskedAgain = false
      this.#soon()
    })
  }

  /** Takes or renews the Lease if that is possible, and says when to look again. */
  async #advance(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    const { ttlMs, identity } = this.#options
    let nextMs = ttlMs / 4
    const observed = this.#observed
    const busyMs = observed === null ? 0 : freeInMs(observed, identity, performance.now())
    if (busyMs > 0) nextMs = busyMs
    else {
      try {
        await this.#hold(observed?.lease ?? null)
      } catch (error) {
        if (this.#stopped.signal.aborted) return
        // Somebody was faster: the watch says who.
        const isConflict = error instanceof ApiError && error.status === 409
        if (!isConflict && !this.#hasComplained) {
          this.#hasComplained = true
          this.#options.onProblem(`Cannot write the Lease ${this.#options.name}: ${textOf(error)}`)
        }
        nextMs = isConflict ? 200 : Math.min(1000, ttlMs / 4)
        if (isConflict) await this.#read()
      }
      if (this.#wasLeader && !this.isLeader) nextMs = 200
    }
    if (this.#stopped.signal.aborted) return
    this.#timer = setTimeout(() => this.#soon(), nextMs)
    this.#timer.unref()
  }

  async #hold(before: Lease | null): Promise<void> {
    const { namespace, name, identity, ttlMs, transport } = this.#options
    // Counted from before the request: the server's time begins after it.
    const sentMs = performance.now()
    const base: Lease = before ?? { metadata: { name, namespace } }
    const body = {
      apiVersion: LEASES.apiVersion,
      kind: LEASES.kind,
      ...heldBy(identity, base, Math.ceil(ttlMs / 1000), new Date()),
    }
    const call =
      before === null
        ? { method: 'POST' as const, path: this.#path.slice(0, this.#path.lastIndexOf('/')), body }
        : { method: 'PUT' as const, path: this.#path, body }
    const lease = await transport.json<Lease>({
      ...call,
      signal: this.#stopped.signal,
      idleTimeoutMs: Math.max(1000, ttlMs / 3),
    })
    this.#hasComplained = false
    this.#observed = observeLease(this.#observed, lease, performance.now())
    this.#leadsUntilMs = sentMs + ttlMs * TRUSTED_PART
    if (!this.#wasLeader) this.#tell(true)
  }

  async #read(): Promise<void> {
    try {
      const { transport } = this.#options
      this.#observed = observeLease(
        this.#observed,
        await transport.json<Lease>({ path: this.#path, signal: this.#stopped.signal, idleTimeoutMs: 2000 }),
        performance.now(),
      )
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) this.#observed = null
      return
    }
    if (this.leader !== this.#options.identity && this.#wasLeader) {
      this.#leadsUntilMs = Number.NEGATIVE_INFINITY
      this.#tell(false)
    }
  }

  #tell(isLeader: boolean): void {
    this.#wasLeader = isLeader
    this.#options.onChange(isLeader)
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
