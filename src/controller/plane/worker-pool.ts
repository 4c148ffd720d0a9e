/**
 * Worker processes that share the listening ports (`SO_REUSEPORT`): the kernel spreads connections over them. A worker
 * that dies is replaced, with a growing pause while it keeps dying; the others serve on.
 */
import { randomBytes } from 'node:crypto'
import type { ConnectionCounts } from '../../proxy/metrics/process-metrics.ts'
import { addSnapshots, type RequestMetricsSnapshot } from '../../proxy/metrics/request-exposition.ts'
import { TICKET_KEY_BYTES } from '../../proxy/tls/tls-options.ts'
import { addSpans, type SpanCounts } from '../../proxy/tracing/span-counts.ts'
import type { RoutingModel } from '../../routing/model.ts'
import { diffModels } from '../../routing/model-delta.ts'
import type { PlaneOptions, TrafficPlane } from './traffic-plane.ts'
import { WorkerProcess } from './worker-process.ts'

export interface WorkerPoolOptions extends PlaneOptions {
  readonly workers: number
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

/** @throws {Error} with a `code` when the first worker cannot listen */
export async function startWorkerPool(options: WorkerPoolOptions): Promise<TrafficPlane> {
  const pool = new WorkerPool(options)
  await pool.start()
  return pool
}

class WorkerPool implements TrafficPlane {
  readonly #options: WorkerPoolOptions
  readonly #ticketKeys = randomBytes(TICKET_KEY_BYTES)
  readonly #workers = new Set<WorkerProcess>()
  /** Processes that do not listen yet; a drain ends them too. */
  readonly #starting = new Set<WorkerProcess>()
  readonly #watch: NodeJS.Timeout
  #ports = { httpPort: 0, httpsPort: 0 }
  #model: RoutingModel | null = null
  #version = 0
  #pauseMs = FIRST_PAUSE_MS
  #isDraining = false
  /** Counts of workers that are gone, so that counters never go back. */
  #pastRequests: RequestMetricsSnapshot = { series: [], unmatched: 0, overflowed: 0 }
  #pastConnections = { accepted: 0, handled: 0, requests: 0 }
  #pastDropped = 0
  #pastSpans: SpanCounts = { exported: 0, dropped: 0 }

  constructor(options: WorkerPoolOptions) {
    this.#options = options
    this.#model = options.model ?? null
    this.#watch = setInterval(() => this.#replaceStuck(), WATCH_MS).unref()
  }

  get httpPort(): number {
    return this.#ports.httpPort
  }

  get httpsPort(): number {
    return this.#ports.httpsPort
  }

  /** The first worker finds the ports where any free one will do; the others take the same. */
  async start(): Promise<void> {
    this.#ports = await this.#startWorker(this.#options)
    await Promise.all(Array.from({ length: this.#options.workers - 1 }, () => this.#startWorker(this.#samePorts())))
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

  pids(): readonly number[] {
    return [...this.#workers].map((worker) => worker.pid)
  }

  spans(): SpanCounts {
    return [...this.#workers].map((worker) => worker.metrics.spans).reduce(addSpans, this.#pastSpans)
  }

  droppedLogLines(): number {
    return [...this.#workers].reduce((total, worker) => total + worker.metrics.droppedLogLines, this.#pastDropped)
  }

  reopenLog(): void {
    for (const worker of this.#workers) worker.reopenLog()
  }

  async drain(graceMs: number): Promise<void> {
    this.#isDraining = true
    clearInterval(this.#watch)
    const all = [...this.#workers, ...this.#starting]
    await Promise.all(all.map((worker) => worker.drain(graceMs)))
  }

  #samePorts(): PlaneOptions {
    return { ...this.#options, ...this.#ports }
  }

  async #startWorker(options: PlaneOptions): Promise<{ httpPort: number; httpsPort: number }> {
    const startedMs = performance.now()
    const worker = new WorkerProcess({
      problem: (message) => this.#options.onProblem(message),
      exited: (gone, wasAsked) => {
        this.#remember(gone)
        this.#starting.delete(gone)
        if (!this.#workers.delete(gone) || wasAsked || this.#isDraining) return
        if (performance.now() - startedMs > HEALTHY_MS) this.#pauseMs = FIRST_PAUSE_MS
        this.#options.onProblem(`Worker ${gone.pid} ended; another is started in ${this.#pauseMs} ms`)
        this.#replaceLater()
      },
    })
    const { host, httpPort, httpsPort, accessLog } = options
    this.#starting.add(worker)
    const startedWith = this.#version
    const ports = await worker.start({ host, httpPort, httpsPort, accessLog }, this.#ticketKeys, {
      version: startedWith,
      model: this.#model,
    })
    this.#starting.delete(worker)
    this.#workers.add(worker)
    // What changed while it started.
    if (this.#model !== null && this.#version !== startedWith) await worker.apply(this.#version, this.#model, null)
    return ports
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

  #replaceLater(): void {
    const pauseMs = this.#pauseMs
    this.#pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
    setTimeout(() => {
      if (this.#isDraining) return
      this.#startWorker(this.#samePorts()).catch((error: unknown) => {
        if (this.#isDraining) return
        this.#options.onProblem(`Cannot start a worker: ${error instanceof Error ? error.message : String(error)}`)
        this.#replaceLater()
      })
    }, pauseMs)
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
  }
}
