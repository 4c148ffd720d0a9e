/**
 * Worker processes that share the listening ports (`SO_REUSEPORT`): the kernel spreads connections over them. A worker
 * that dies is replaced, with a growing pause while it keeps dying; the others serve on.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addMirrors, type MirrorCounts } from '../../proxy/filters/mirror-counts.ts'
import type { ConnectionCounts } from '../../proxy/metrics/process-metrics.ts'
import { addSnapshots, type RequestMetricsSnapshot } from '../../proxy/metrics/request-exposition.ts'
import { TICKET_KEY_BYTES } from '../../proxy/tls/tls-options.ts'
import { type BackendState, mergeBackendStates } from '../../proxy/upstream/backend-states.ts'
import { addSpans, type SpanCounts } from '../../proxy/tracing/span-counts.ts'
import type { RoutingModel } from '../../routing/model.ts'
import { diffModels } from '../../routing/model-delta.ts'
import { ConnectionRelay } from './connection-relay.ts'
import { type ListeningSockets, openSocketPair, type SocketPair } from './listening-sockets.ts'
import type { PlaneOptions, TrafficPlane } from './traffic-plane.ts'
import { WorkerProcess } from './worker-process.ts'

export interface WorkerPoolOptions extends PlaneOptions {
  readonly workers: number
  /** One pair for each worker; the pool owns them from now on. */
  readonly sockets: ListeningSockets
  readonly onProblem: (message: string) => void
  /** Served by every worker from its first connection on. */
  readonly model?: RoutingModel
  /** Silence after which a worker counts as stuck; tests take a short one. Default 5000. */
  readonly wedgedMs?: number
}

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5000
/** A worker that says nothing for so long is stuck: its event loop is blocked. */
const WEDGED_MS = 5000
const WATCH_MS = 500
/** A worker that served this long counts as healthy: the next pause is short again. */
const HEALTHY_MS = 10_000

/** A worker that keeps dying leaves its listening sockets, and what waits there, to nobody for no longer than this. */
const LONGEST_KEPT_MS = 500

/** @throws {Error} with a `code` when a worker cannot listen */
export async function startWorkerPool(options: WorkerPoolOptions): Promise<WorkerPool> {
  const pool = new WorkerPool(options)
  await pool.start()
  return pool
}

export class WorkerPool implements TrafficPlane {
  readonly #options: WorkerPoolOptions
  readonly #ticketKeys = randomBytes(TICKET_KEY_BYTES)
  /** Where workers ask each other about limits; nobody else's. */
  readonly #folder = mkdtempSync(join(tmpdir(), 'genkan-'))
  readonly #workers = new Set<WorkerProcess>()
  /** Processes that do not listen yet; a drain ends them too. */
  readonly #starting = new Set<WorkerProcess>()
  readonly #watch: NodeJS.Timeout
  readonly #sockets: ListeningSockets
  /** By slot; `null` = given up until the slot's next worker starts. */
  readonly #pairs: (SocketPair | null)[]
  readonly #relay = new ConnectionRelay<WorkerProcess>()
  #model: RoutingModel | null = null
  #version = 0
  #pauseMs = FIRST_PAUSE_MS
  #isDraining = false
  /** Counts of workers that are gone, so that counters never go back. */
  #pastRequests: RequestMetricsSnapshot = { series: [], unmatched: 0, overflowed: 0 }
  #pastConnections = { accepted: 0, handled: 0, requests: 0 }
  #pastDropped = 0
  #pastSpans: SpanCounts = { exported: 0, dropped: 0 }
  #pastMirrors: MirrorCounts = { sent: 0, dropped: 0 }

  constructor(options: WorkerPoolOptions) {
    this.#options = options
    this.#sockets = options.sockets
    this.#pairs = [...options.sockets.pairs]
    this.#model = options.model ?? null
    this.#watch = setInterval(() => this.#replaceStuck(), WATCH_MS).unref()
  }

  get httpPort(): number {
    return this.#sockets.httpPort
  }

  get httpsPort(): number {
    return this.#sockets.httpsPort
  }

  /** The sockets as they are now, for a program that takes them over. */
  get sockets(): ListeningSockets {
    const { httpPort, httpsPort } = this.#sockets
    return { httpPort, httpsPort, pairs: this.#pairs.filter((pair) => pair !== null) }
  }

  async start(): Promise<void> {
    try {
      await Promise.all(Array.from({ length: this.#options.workers }, (_, slot) => this.#startWorker(slot)))
    } catch (error) {
      await this.drain(0)
      throw error
    }
  }

  async apply(model: RoutingModel): Promise<void> {
    const delta = this.#model === null ? null : diffModels(this.#model, model)
    this.#model = model
    const version = ++this.#version
    await Promise.all([...this.#workers].map((worker) => worker.apply(version, model, delta)))
  }

  requestMetrics(): readonly RequestMetricsSnapshot[] {
    return [this.#pastRequests, ...[...this.#workers].flatMap((worker) => worker.metrics.requests)]
  }

  connections(): ConnectionCounts {
    const counts = [...this.#workers].map((worker) => worker.metrics.connections)
    const sum = (of: (count: ConnectionCounts) => number): number =>
      counts.reduce((total, count) => total + of(count), 0)
    return {
      active: sum((count) => count.active),
      reading: sum((count) => count.reading),
      writing: sum((count) => count.writing),
      waiting: sum((count) => count.waiting),
      accepted: this.#pastConnections.accepted + sum((count) => count.accepted),
      handled: this.#pastConnections.handled + sum((count) => count.handled),
      requests: this.#pastConnections.requests + sum((count) => count.requests),
    }
  }

  /** Open client connections of each worker, some milliseconds old. */
  connectionsByWorker(): readonly number[] {
    return this.#relay.loads()
  }

  pids(): readonly number[] {
    return [...this.#workers].map((worker) => worker.pid)
  }

  spans(): SpanCounts {
    return [...this.#workers].map((worker) => worker.metrics.spans).reduce(addSpans, this.#pastSpans)
  }

  mirrors(): MirrorCounts {
    return [...this.#workers].map((worker) => worker.metrics.mirrors).reduce(addMirrors, this.#pastMirrors)
  }

  backendStates(): readonly BackendState[] {
    return mergeBackendStates([...this.#workers].map((worker) => worker.metrics.backends))
  }

  droppedLogLines(): number {
    return [...this.#workers].reduce((total, worker) => total + worker.metrics.droppedLogLines, this.#pastDropped)
  }

  reopenLog(): void {
    for (const worker of this.#workers) worker.reopenLog()
  }

  async drain(graceMs: number, isPatient = false): Promise<void> {
    this.#isDraining = true
    clearInterval(this.#watch)
    this.#relay.close()
    // Nobody may wait in a queue that no worker looks at.
    for (const slot of this.#pairs.keys()) this.#giveUp(slot)
    const all = [...this.#workers, ...this.#starting]
    await Promise.all(all.map((worker) => worker.drain(graceMs, isPatient)))
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #startWorker(slot: number): Promise<void> {
    const startedMs = performance.now()
    const pair = (this.#pairs[slot] ??= await openSocketPair(this.#options, this.#sockets))
    const worker = new WorkerProcess(slot, {
      problem: (message) => this.#options.onProblem(message),
      shared: (from, report) => this.#relay.reported(from, report),
      gave: (from, connection, { scheme, report }) => {
        const taker = this.#relay.takerOf(from, report)
        taker.take(connection, scheme, this.#relay.othersOf(taker))
      },
      exited: (gone, wasAsked) => {
        this.#remember(gone)
        this.#relay.remove(gone)
        this.#starting.delete(gone)
        if (!this.#workers.delete(gone) || wasAsked || this.#isDraining) return
        if (performance.now() - startedMs > HEALTHY_MS) this.#pauseMs = FIRST_PAUSE_MS
        this.#options.onProblem(`Worker ${gone.pid} ended; another is started in ${this.#pauseMs} ms`)
        this.#replaceLater(slot)
      },
    })
    const { host, accessLog, metrics, asksItself = false } = this.#options
    const { httpPort, httpsPort } = this.#sockets
    this.#starting.add(worker)
    const startedWith = this.#version
    const limits = { folder: this.#folder, slot, workers: this.#options.workers }
    await worker.start(
      { host, httpPort, httpsPort, accessLog, asksItself, ...(metrics === undefined ? {} : { metrics }) },
      pair,
      { ticketKeys: this.#ticketKeys, limits, others: this.#relay.othersOf(worker) },
      { version: startedWith, model: this.#model },
    )
    this.#starting.delete(worker)
    this.#workers.add(worker)
    this.#relay.add(worker)
    // What changed while it started.
    if (this.#model !== null && this.#version !== startedWith) await worker.apply(this.#version, this.#model, null)
  }

  /** A stuck worker still holds its port, and the kernel still gives it connections. */
  #replaceStuck(): void {
    const limitMs = this.#options.wedgedMs ?? WEDGED_MS
    for (const worker of this.#workers) {
      if (worker.silentMs < limitMs) continue
      this.#options.onProblem(`Worker ${worker.pid} has been stuck for ${Math.round(worker.silentMs)} ms; it is ended`)
      worker.kill()
    }
  }

  #replaceLater(slot: number): void {
    const pauseMs = this.#pauseMs
    if (pauseMs > LONGEST_KEPT_MS) this.#giveUp(slot)
    this.#pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
    setTimeout(() => {
      if (this.#isDraining) return
      this.#startWorker(slot).catch((error: unknown) => {
        if (this.#isDraining) return
        this.#options.onProblem(`Cannot start a worker: ${error instanceof Error ? error.message : String(error)}`)
        this.#replaceLater(slot)
      })
    }, pauseMs)
  }

  /** Who waits there is refused, and the kernel gives new connections to the others. */
  #giveUp(slot: number): void {
    const pair = this.#pairs[slot]
    this.#pairs[slot] = null
    pair?.http.close()
    pair?.https.close()
  }

  #remember({ metrics }: WorkerProcess): void {
    this.#pastRequests = addSnapshots([this.#pastRequests, ...metrics.requests])
    this.#pastConnections = {
      accepted: this.#pastConnections.accepted + metrics.connections.accepted,
      handled: this.#pastConnections.handled + metrics.connections.handled,
      requests: this.#pastConnections.requests + metrics.connections.requests,
    }
    this.#pastDropped += metrics.droppedLogLines
    this.#pastSpans = addSpans(this.#pastSpans, metrics.spans)
    this.#pastMirrors = addMirrors(this.#pastMirrors, metrics.mirrors)
  }
}
