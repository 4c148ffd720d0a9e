/** One worker process as the control process sees it. */
import { type ChildProcess, fork } from 'node:child_process'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { WORKER_SLOT } from '../../proxy/upstream/balancers/create-balancer.ts'
import type { RoutingModel, Scheme } from '../../routing/model.ts'
import type { ModelDelta } from '../../routing/model-delta.ts'
import type { RelayWorker } from './connection-relay.ts'
import type { OthersShare, ShareReport } from './connection-share.ts'
import type { SocketPair } from './listening-sockets.ts'
import type { BoundHandle, RawConnection } from './raw-handles.ts'
import type { PlaneOptions } from './traffic-plane.ts'
import type { FromWorker, ToWorker, WorkerMetrics } from './worker-messages.ts'

const PROGRAM = fileURLToPath(new URL('worker.ts', import.meta.url))

export interface VersionedModel {
  readonly version: number
  readonly model: RoutingModel | null
}

export interface WorkerEvents {
  /** The worker reports its share of connections. */
  shared(worker: WorkerProcess, report: ShareReport): void
  /** The worker gives a connection away. */
  gave(worker: WorkerProcess, connection: RawConnection, message: Extract<FromWorker, { kind: 'give' }>): void
  problem(message: string): void
  /** The process is gone; called once, also when it was asked to end. */
  exited(worker: WorkerProcess, wasAsked: boolean): void
}

const NO_METRICS: WorkerMetrics = {
  requests: [],
  connections: { active: 0, reading: 0, writing: 0, waiting: 0, accepted: 0, handled: 0, requests: 0 },
  droppedLogLines: 0,
  spans: { exported: 0, dropped: 0 },
  mirrors: { sent: 0, dropped: 0 },
  backends: [],
}

export class WorkerProcess implements RelayWorker {
  readonly #child: ChildProcess
  readonly #events: WorkerEvents
  readonly #gone: Promise<void>
  #metrics = NO_METRICS
  #isAsked = false
  #isListening = false
  /** What was sent last. */
  #latest: VersionedModel = { version: 0, model: null }
  #heardMs = performance.now()
  #waiting: { readonly version: number; readonly resolve: () => void }[] = []

  /** Starts the process; it listens when {@link start} answers. */
  constructor(slot: number, events: WorkerEvents) {
    this.#events = events
    // Standard output is ours: access logs on `-` go where the control process's would.
    this.#child = fork(PROGRAM, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, [WORKER_SLOT]: String(slot) },
      // See bin/genkan.js.
      execArgv: ['--min-semi-space-size=16'],
    })
    this.#gone = new Promise((resolve) => {
      this.#child.once('exit', () => {
        events.exited(this, this.#isAsked)
        resolve()
      })
    })
    this.#child.on('message', (message: FromWorker, handle: unknown) => {
      this.#receive(message, handle)
    })
    // A process that cannot be started or written to exits, which is what counts.
    this.#child.on('error', () => undefined)
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Milliseconds since the worker last said anything; it sends metrics every second. */
  get silentMs(): number {
    return performance.now() - this.#heardMs
  }

  /** Ends the process at once: for one that does not listen any more. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }

  get metrics(): WorkerMetrics {
    return this.#metrics
  }

  /** @throws {Error} with the worker's `code` and message when it cannot listen */
  async start(
    options: PlaneOptions,
    sockets: SocketPair,
    shared: Pick<Extract<ToWorker, { kind: 'start' }>, 'ticketKeys' | 'limits' | 'others'>,
    { version, model }: VersionedModel,
  ): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const onMessage = (message: FromWorker): void => {
      if (message.kind === 'listening') resolve()
      if (message.kind === 'failed') reject(Object.assign(new Error(message.message), { code: message.code }))
    }
    this.#child.on('message', onMessage)
    void this.#gone.then(() => {
      reject(Object.assign(new Error('Cannot start a worker: its process ended'), { code: 'EWORKER' }))
    })
    this.#latest = { version, model }
    this.#send({ kind: 'socket', scheme: 'http' }, sockets.http)
    this.#send({ kind: 'socket', scheme: 'https' }, sockets.https)
    this.#send({ kind: 'start', options, ...shared, version, model })
    try {
      await promise
      this.#isListening = true
    } finally {
      this.#child.off('message', onMessage)
    }
  }

  /**
   * Resolves when the worker serves this version, or is gone.
   *
   * @param delta from the version before, which is what a worker usually has
   */
  async apply(version: number, model: RoutingModel, delta: ModelDelta | null): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.push({ version, resolve })
    const from = this.#latest.version
    this.#latest = { version, model }
    if (delta !== null && from === version - 1) this.#send({ kind: 'delta', from, version, delta })
    else this.#send({ kind: 'model', version, model })
    await Promise.race([promise, this.#gone])
  }

  reopenLog(): void {
    this.#send({ kind: 'reopen-log' })
  }

  /** Resolves when the process is gone. */
  async drain(graceMs: number, isPatient: boolean): Promise<void> {
    this.#isAsked = true
    this.#send({ kind: 'drain', graceMs, isPatient })
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), graceMs + 5000)
    await this.#gone
    clearTimeout(timer)
  }

  /** False before it listens and once it is asked to end. */
  get isReady(): boolean {
    return this.#isListening && !this.#isAsked && this.#child.connected
  }

  tellShare(others: OthersShare): void {
    if (this.isReady) this.#send({ kind: 'share', others })
  }

  /** Hands the worker a connection that another one accepted. */
  take(connection: RawConnection, scheme: Scheme, others: OthersShare): void {
    this.#send({ kind: 'take', scheme, others }, connection, () => connection.close())
  }

  /** @param handle goes along; `sent` is called when it is there, or cannot be sent any more */
  #send(message: ToWorker, handle?: BoundHandle, sent: () => void = () => undefined): void {
    // Raw handles are what Node sends without using them; the types know sockets and servers only.
    if (this.#child.connected) this.#child.send(message, handle as unknown as Socket | undefined, {}, sent)
    else sent()
  }

  #sendWhole(): void {
    const { version, model } = this.#latest
    if (model !== null) this.#send({ kind: 'model', version, model })
  }

  #settle(version: number): void {
    for (const waiting of this.#waiting) if (waiting.version <= version) waiting.resolve()
    this.#waiting = this.#waiting.filter((waiting) => waiting.version > version)
  }

  #receive(message: FromWorker, handle: unknown): void {
    this.#heardMs = performance.now()
    if (message.kind === 'metrics') this.#metrics = message.metrics
    if (message.kind === 'applied') this.#settle(message.version)
    if (message.kind === 'gap') this.#sendWhole()
    if (message.kind === 'share') this.#events.shared(this, message.report)
    if (message.kind === 'give') this.#events.gave(this, handle as RawConnection, message)
    if (message.kind === 'problem') this.#events.problem(message.message)
  }
}
