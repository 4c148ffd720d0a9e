/**
 * The running system of `genkan serve`: a cluster in, a data plane, an admin server, statuses and Events out. What the API
 * server says becomes a model that is applied at once; while it is away the last one is served on.
 */
import { type AdminServer, startAdminServer } from '../../admin/admin-server.ts'
import { compareFindings } from '../../base/finding.ts'
import type { TranslateOptions } from '../../dialects/translation.ts'
import type { ApiTransport } from '../../sources/cluster/api-transport.ts'
import { parseLabelSelector } from '../../kube/label-selector.ts'
import { ClusterSource } from '../../sources/cluster/cluster-source.ts'
import { createAdminSources } from '../admin-sources.ts'
import { type AdmissionView, judgeIngress } from '../admission/judge-ingress.ts'
import { createReferenceReader } from '../admission/read-reference.ts'
import { type Admission, startAdmission } from '../admission/start-admission.ts'
import { ClusterWriter } from '../cluster/cluster-writer.ts'
import { createGeneratedCertificates } from '../generated-certificates.ts'
import { LiveState } from '../live-state.ts'
import { unknownLogVariables } from '../log-variables.ts'
import { startPlane } from '../plane/start-plane.ts'
import type { TrafficPlane } from '../plane/traffic-plane.ts'
import { reservedPorts } from '../reserved-ports.ts'
import { UpdateQueue } from '../update-queue.ts'
import { ClusterTranslator } from './cluster-translator.ts'
import { observeLater } from './late-plane.ts'
import { createServeHealth } from './serve-health.ts'
import type { ServeEvents, ServeOptions } from './serve-options.ts'
import { steadyHeap } from './steady-heap.ts'

export interface ServeServer {
  readonly httpPort: number
  readonly httpsPort: number
  readonly adminPort: number
  readonly state: LiveState
  readonly isLeader: boolean
  reopenLog(): void
  /** Not ready any more: balancers in front stop to send. What arrives is served all the same. */
  beginShutdown(): void
  /** Stops accepting, lets requests finish for at most `graceMs`, gives up the Lease, closes everything. */
  close(graceMs: number): Promise<void>
}

/** Pause before a whole translation finds out what nobody refers to any more: at least, and in times of what it takes. */
const LEAST_WHOLE_MS = 500
const WHOLE_PART = 10

/**
 * Returns when everything listens and the first version is served: after the first lists are complete, however long the API
 * server takes. The admin server answers from the beginning.
 *
 * @returns `null` when the signal came first
 * @throws {Error} with a `code` and a message for people when a port or a log cannot be used
 */
export async function startServeServer(
  transport: ApiTransport,
  options: ServeOptions,
  events: ServeEvents,
  signal: AbortSignal,
): Promise<ServeServer | null> {
  const state = new LiveState()
  const { options: flags } = options.command
  let isWholeDue = true
  let isChanged = false
  let wholeTimer: NodeJS.Timeout | null = null
  const updates = new UpdateQueue(
    () => update(),
    (error) => {
      state.recordFailure()
      events.problem(`Cannot apply the change: ${error instanceof Error ? error.message : String(error)}`)
    },
  )
  const selector =
    flags['watch-namespace-selector'] === '' ? null : parseLabelSelector(flags['watch-namespace-selector'])
  const source = new ClusterSource({
    transport,
    watchNamespace: flags['watch-namespace'],
    named: {
      configMaps: [flags.configmap, flags['tcp-services-configmap'], flags['udp-services-configmap']],
      secrets: [flags['default-ssl-certificate']],
      services: [flags['default-backend-service']],
    },
    readsNamespaces: selector !== null,
    ...(selector === null ? {} : { namespaceSelector: selector }),
    // Before the first version, that one has it all.
    onChange: () => {
      if (plane !== null) updates.push()
      else isChanged = true
    },
    onProblem: (message) => events.problem(message),
  })
  const writer = new ClusterWriter(transport, source, options, {
    problem: (message) => events.problem(message),
    leading: (isLeader) => events.leading(isLeader),
  })
  state.leadership = () => writer.leadership
  state.reading = () => ({ staleSinceMs: source.staleSinceMs, forbidden: source.forbidden })
  const certificates = createGeneratedCertificates(Date.now)
  let plane: TrafficPlane | null = null
  let admin: AdminServer | null = null
  let admission: Admission | null = null
  const observed = observeLater(() => plane)
  const sources = createAdminSources(state, observed, options.metrics)

  const translator = new ClusterTranslator(source, () => translateOptions(options, plane))
  let wholeMs = 0
  /** Whole translations take a small part of the time, however many changes there are. */
  const planWhole = (): void => {
    wholeTimer ??= setTimeout(
      () => {
        wholeTimer = null
        isWholeDue = true
        updates.push()
      },
      Math.max(LEAST_WHOLE_MS, WHOLE_PART * wholeMs),
    )
    wholeTimer.unref()
  }

  const update = async (): Promise<void> => {
    const beganMs = performance.now()
    const isWhole = isWholeDue
    isWholeDue = false
    const { translation, letsGo } = await translator.next(isWhole).catch((error: unknown) => {
      // What changed is forgotten with it.
      isWholeDue = true
      throw error
    })
    if (isWhole) wholeMs = performance.now() - beganMs
    const findings = [...source.findings, ...translation.findings].sort(compareFindings)
    const model = await certificates.complete(translation)
    if (plane === null) {
      plane = await startPlane({
        host: options.host,
        httpPort: flags['http-port'],
        httpsPort: flags['https-port'],
        accessLog: options.accessLog,
        workers: options.workers,
        isSeparate: true,
        model,
        onProblem: (message) => events.problem(message),
        ...(options.metrics === undefined ? {} : { metrics: options.metrics }),
      })
    } else await plane.apply(model)
    state.replace(model, findings, Date.now())
    events.applied(state.version, findings.length)
    // Only now is it true that these Ingresses are served.
    writer.served(translation.served, findings)
    if (letsGo) planWhole()
  }

  const abandon = async (): Promise<void> => {
    sources.close()
    await source.close()
    await writer.close()
    await (admission as Admission | null)?.close()
    await (plane as TrafficPlane | null)?.drain(0)
    await (admin as AdminServer | null)?.close()
  }

  try {
    admin = await startAdminServer({
      host: options.adminHost,
      port: flags['healthz-port'],
      sources: { ...sources, ...createServeHealth(state, observed) },
      healthPath: flags['health-check-path'],
      onProblem: (message) => events.problem(message),
    })
    await Promise.race([source.start(), aborted(signal)])
    if (signal.aborted) {
      await abandon()
      return null
    }
    await update()
    const started: TrafficPlane | null = plane
    if (started === null) throw new TypeError('Cannot serve: there is no data plane')
    if (isChanged) updates.push()
    if (flags['validating-webhook'] !== '') {
      const view: AdmissionView = {
        around: (ingress) => translator.around(ingress),
        options: () => translateOptions(options, plane),
        watches: (namespace) => {
          if (selector === null) return ['', namespace].includes(flags['watch-namespace'])
          const labels = source.find('Namespace', '', namespace)?.meta.labels
          return labels !== undefined && selector.matches(labels)
        },
        read: createReferenceReader(transport),
      }
      admission = await startAdmission({
        transport,
        judge: (request) => judgeIngress(request, view),
        address: flags['validating-webhook'],
        certificateFile: flags['validating-webhook-certificate'],
        keyFile: flags['validating-webhook-key'],
        configuration: options.webhookConfiguration,
        podNamespace: options.podNamespace,
        isLeader: () => writer.isLeader,
        onProblem: (message) => events.problem(message),
      })
    }
    writer.start()
    // After whoever waits for this has said that it is ready.
    setImmediate(steadyHeap)
    return new RunningServe(state, source, started, admin, updates, writer, async () => {
      if (wholeTimer !== null) clearTimeout(wholeTimer)
      sources.close()
      await admission?.close()
    })
  } catch (error) {
    await abandon()
    throw error
  }
}

class RunningServe implements ServeServer {
  readonly state: LiveState
  readonly #source: ClusterSource
  readonly #plane: TrafficPlane
  readonly #admin: AdminServer
  readonly #updates: UpdateQueue
  readonly #writer: ClusterWriter
  readonly #closeOthers: () => Promise<void>

  constructor(
    state: LiveState,
    source: ClusterSource,
    plane: TrafficPlane,
    admin: AdminServer,
    updates: UpdateQueue,
    writer: ClusterWriter,
    closeOthers: () => Promise<void>,
  ) {
    this.state = state
    this.#source = source
    this.#plane = plane
    this.#admin = admin
    this.#updates = updates
    this.#writer = writer
    this.#closeOthers = closeOthers
  }

  get httpPort(): number {
    return this.#plane.httpPort
  }

  get httpsPort(): number {
    return this.#plane.httpsPort
  }

  get adminPort(): number {
    return this.#admin.port
  }

  get isLeader(): boolean {
    return this.#writer.isLeader
  }

  reopenLog(): void {
    this.#plane.reopenLog()
  }

  beginShutdown(): void {
    this.state.isDraining = true
    // Another replica should lead before the grace period is over.
    void this.#writer.close()
  }

  async close(graceMs: number): Promise<void> {
    this.state.isDraining = true
    // Begun already where there was a grace period.
    await this.#writer.close()
    await this.#source.close()
    await this.#updates.idle()
    await this.#plane.drain(graceMs)
    await this.#admin.close()
    await this.#closeOthers()
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function translateOptions(options: ServeOptions, plane: TrafficPlane | null): TranslateOptions {
  const { command } = options
  return {
    classes: [],
    configMap: '',
    defaultBackendService: '',
    controller: command,
    nodeZone: command.options['enable-topology-aware-routing'] ? options.nodeZone : '',
    reservedPorts: reservedPorts(
      {
        httpPort: command.options['http-port'],
        httpsPort: command.options['https-port'],
        adminPort: command.options['healthz-port'],
      },
      plane ?? {},
    ),
    nowMs: Date.now(),
    unknownLogVariables,
    endpoints: { override: () => null, simulate: () => null },
  }
}
