import { startLocalPlane } from './local-plane.ts'
import type { PlaneOptions, TrafficPlane } from './traffic-plane.ts'
import { startWorkerPool } from './worker-pool.ts'

/** One worker serves from this process; more run as processes that share the ports. */
export async function startPlane(
  options: PlaneOptions,
  workers: number,
  onProblem: (message: string) => void,
): Promise<TrafficPlane> {
  const { host, httpPort, httpsPort, accessLog } = options
  const planeOptions = { host, httpPort, httpsPort, accessLog }
  return workers === 1
    ? startLocalPlane({ ...planeOptions, onProblem })
    : startWorkerPool({ ...planeOptions, workers, onProblem })
}
