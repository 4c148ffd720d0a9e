/** A data plane with its access log and metrics in this process. Worker processes run the same one. */
import { createAccessLog } from '../../proxy/access-log/access-log.ts'
import { startDataPlane } from '../../proxy/data-plane.ts'
import { ListenError } from '../../proxy/listener.ts'
import { createConstLabels } from '../../proxy/metrics/const-labels.ts'
import { createRequestMetrics } from '../../proxy/metrics/request-metrics.ts'
import type { RequestObserver, RequestRecord } from '../../proxy/request-record.ts'
import { DEFAULT_SETTINGS } from '../../routing/defaults.ts'
import type { RoutingModel } from '../../routing/model.ts'
import type { PlaneOptions, TrafficPlane } from './traffic-plane.ts'

export interface LocalPlaneOptions extends PlaneOptions {
  /** Set when several processes listen on the same ports: what they share. */
  readonly sharedPort?: { readonly ticketKeys: Buffer }
  readonly onProblem: (message: string) => void
}

/** @throws {Error} with a `code` and a message for people when a port or the log cannot be opened */
export async function startLocalPlane(options: LocalPlaneOptions): Promise<TrafficPlane> {
  const log =
    options.accessLog === 'off'
      ? null
      : createAccessLog({
          target: options.accessLog,
          settings: DEFAULT_SETTINGS.accessLog,
          onProblem: options.onProblem,
        })
  const metrics = createRequestMetrics({ constLabels: createConstLabels({}) })
  const observer = new CountingObserver(log === null ? [metrics] : [log, metrics])
  const plane = await startDataPlane({
    host: options.host,
    httpPort: options.httpPort,
    httpsPort: options.httpsPort,
    observer,
    reusePort: options.sharedPort !== undefined,
    ...(options.sharedPort === undefined ? {} : { tls: { ticketKeys: options.sharedPort.ticketKeys } }),
    reportProblem: options.onProblem,
    reportBadCertificate: (certificate, reason) => {
      options.onProblem(
        `Cannot serve the certificate of ${certificate.origin.object}: ${reason}; the default is served`,
      )
    },
  }).catch(async (error: unknown) => {
    await log?.close()
    if (error instanceof ListenError) error.message += adviceFor(error, options)
    throw error
  })
  return {
    httpPort: plane.httpPort,
    httpsPort: plane.httpsPort ?? 0,
    apply: async (model) => {
      plane.apply(model)
      metrics.retainIngresses(ingressesOf(model))
      log?.setFormat(model.settings.accessLog)
    },
    requestMetrics: () => [metrics.snapshot()],
    connections: () => {
      const { accepted, open, idle } = plane.connectionCounts()
      const busy = open - idle
      return {
        active: open,
        reading: 0,
        writing: busy,
        waiting: idle,
        accepted,
        handled: accepted,
        requests: observer.count,
      }
    },
    pids: () => [process.pid],
    droppedLogLines: () => log?.droppedLines() ?? 0,
    reopenLog: () => {
      log?.reopen()
    },
    async drain(graceMs) {
      await plane.drain(graceMs)
      await log?.close()
    },
  }
}

/** Passes each record to all observers and counts them. */
class CountingObserver implements RequestObserver {
  count = 0
  readonly #observers: readonly RequestObserver[]

  constructor(observers: readonly RequestObserver[]) {
    this.#observers = observers
  }

  observe(record: RequestRecord): void {
    this.count++
    for (const observer of this.#observers) observer.observe(record)
  }
}

function adviceFor(error: ListenError, options: PlaneOptions): string {
  if (error.code === 'EADDRNOTAVAIL') return '; choose another with --host'
  const flag = error.port === options.httpPort ? '--http-port' : '--https-port'
  return `; choose another with ${flag}, 0 takes any free one`
}

function ingressesOf(model: RoutingModel): ReadonlySet<string> {
  const ingresses = new Set<string>()
  for (const host of model.routes.hosts) {
    for (const { labels } of host.routes) ingresses.add(`${labels.namespace}/${labels.ingress}`)
  }
  return ingresses
}
