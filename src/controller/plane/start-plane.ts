import type { RoutingModel } from '../../routing/model.ts'
import { closeListeningSockets, type ListeningSockets, openListeningSockets } from './listening-sockets.ts'
import { startLocalPlane } from './local-plane.ts'
import type { PlaneOptions, TrafficPlane } from './traffic-plane.ts'
import { startWorkerPool } from './worker-pool.ts'

export interface StartPlaneOptions extends PlaneOptions {
  readonly workers: number
  /** Served from the first connection on. */
  readonly model: RoutingModel
  readonly onProblem: (message: string) => void
  /** Of a program that this one takes over from; they are the plane's then. Default: opened here. */
  readonly sockets?: ListeningSockets
  /** A single worker is a process of its own too, so that nothing done here delays traffic. */
  readonly isSeparate?: boolean
}

/**
 * One worker serves from this process, unless told otherwise; more run as processes that share the ports.
 *
 * @throws {Error} with a `code` and a message for people when a port or the log cannot be opened
 */
export async function startPlane(options: StartPlaneOptions): Promise<TrafficPlane> {
  const { workers, onProblem, host, accessLog, model, isSeparate = false } = options
  const sockets = options.sockets ?? (await openListeningSockets(options, workers))
  const { httpPort, httpsPort } = sockets
  const { metrics, asksItself = false } = options
  const ports = { host, httpPort, httpsPort, accessLog, asksItself, ...(metrics === undefined ? {} : { metrics }) }
  const planeOptions = { ...ports, model, onProblem }
  const [own] = sockets.pairs
  if (workers > 1 || isSeparate) return startWorkerPool({ ...planeOptions, sockets, workers })
  if (own === undefined) throw new TypeError('Cannot start: there are no sockets to listen on')
  try {
    const plane = await startLocalPlane({ ...planeOptions, sockets: own })
    return { ...plane, sockets }
  } catch (error) {
    closeListeningSockets(sockets)
    throw error
  }
}
