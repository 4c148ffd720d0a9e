import type { RoutingModel } from '../../routing/model.ts'
import { startLocalPlane } from './local-plane.ts'
import type { PlaneOptions, TrafficPlane } from './traffic-plane.ts'
import { startWorkerPool } from './worker-pool.ts'

/** Serves this model from the first connection on. One worker serves from this process; more run as processes that share the ports. */
export async function startPlane(
  options: PlaneOptions,
  workers: number,
  model: RoutingModel,
  onProblem: (message: string) => void,
): Promise<TrafficPlane> {
  const { host, httpPort, httpsPort, accessLog } = options
  const planeOptions = { host, httpPort, httpsPort, accessLog, model }
  return workers === 1
    ? startLocalPlane({ ...planeOptions, onProblem })
    : startWorkerPool({ ...planeOptions, workers, onProblem })
}
