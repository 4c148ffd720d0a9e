/** A data plane with its access log and metrics in this process. Worker processes run the same one. */
import { mirrorCounts } from '../../proxy/filters/mirror.ts'
import { type DataPlane, type DataPlaneOptions, startDataPlane } from '../../proxy/data-plane.ts'
import { ListenError } from '../../proxy/listen-error.ts'
import type { RoutingModel } from '../../routing/model.ts'
import { PlaneObservers } from './plane-observers.ts'
import { type SocketPair, withAdvice } from './listening-sockets.ts'
import type { PlaneOptions, TrafficPlane } from './traffic-plane.ts'

export interface LocalPlaneOptions extends PlaneOptions {
  /** What to listen on; the ports only name it. */
  readonly sockets: SocketPair
  /** Set when several processes listen on the same ports: what they share. */
  readonly sharedPort?: { readonly ticketKeys: Buffer } & Required<Pick<DataPlaneOptions, 'giveAway' | 'limitOwnerOf'>>
  readonly onProblem: (message: string) => void
  /** Served from the first connection on. */
  readonly model?: RoutingModel
}

/** What a worker process needs besides. */
export interface LocalPlane extends Omit<TrafficPlane, 'sockets'>, Pick<DataPlane, 'openCount' | 'takeIn' | 'limits'> {}

/** @throws {Error} with a `code` and a message for people when a port or the log cannot be opened */
export async function startLocalPlane(options: LocalPlaneOptions): Promise<LocalPlane> {
  const observers = new PlaneObservers(options, options.onProblem)
  if (options.model !== undefined) await observers.apply(options.model)
  const plane = await startDataPlane({
    host: options.host,
    httpPort: options.httpPort,
    httpsPort: options.httpsPort,
    asksItself: options.asksItself ?? false,
    observer: observers,
    streamObserver: observers,
    ...(options.model === undefined ? {} : { model: options.model }),
    tracing: observers.tracing,
    // Ports of TCP and UDP services are opened by each worker, and by the program that takes over beside this one.
    reusePort: true,
    bound: options.sockets,
    ...(options.sharedPort === undefined ? {} : sharedOptions(options.sharedPort)),
    reportProblem: options.onProblem,
    reportBadCertificate: (certificate, reason) => {
      options.onProblem(
        `Cannot serve the certificate of ${certificate.origin.object}: ${reason}; the default is served`,
      )
    },
  }).catch(async (error: unknown) => {
    await observers.close()
    if (error instanceof ListenError) withAdvice(error, options)
    throw error
  })
  await plane.streamsSettled()
  return {
    openCount: (scheme) => plane.openCount(scheme),
    limits: plane.limits,
    takeIn: (socket, scheme) => plane.takeIn(socket, scheme),
    httpPort: plane.httpPort,
    httpsPort: plane.httpsPort ?? 0,
    apply: async (model) => {
      plane.apply(model)
      await Promise.all([observers.apply(model), plane.streamsSettled()])
    },
    requestMetrics: () => [observers.metrics.snapshot()],
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
        requests: observers.count,
      }
    },
    pids: () => [process.pid],
    droppedLogLines: () => observers.log?.droppedLines() ?? 0,
    spans: () => observers.tracing.counts(),
    mirrors: () => ({ sent: mirrorCounts.sent, dropped: mirrorCounts.dropped }),
    backendStates: () => plane.backendStates(),
    reopenLog: () => {
      observers.log?.reopen()
    },
    async drain(graceMs, isPatient) {
      await plane.drain(graceMs, isPatient)
      await observers.close()
    },
  }
}

function sharedOptions({
  ticketKeys,
  ...others
}: NonNullable<LocalPlaneOptions['sharedPort']>): Pick<DataPlaneOptions, 'tls' | 'giveAway' | 'limitOwnerOf'> {
  return { tls: { ticketKeys }, ...others }
}
