/** Keeps one echo server running for each simulated pod that the manifests need, and no other. */
import type { EndpointSource } from '../../dialects/translation.ts'
import type { Endpoint } from '../../routing/model.ts'
import { isSameData } from '../../routing/model-delta.ts'
import { type EchoServer, startEchoServer } from './echo-server.ts'
import { startUdpEcho, type UdpEcho } from './raw-echo.ts'
import { hasTargetPort, type SimulatedPod } from './plan.ts'

interface Running {
  readonly pod: SimulatedPod
  readonly server: EchoServer
  readonly udp: UdpEcho | null
}

/** Owns the echo servers. Start the pods that are new, apply the model, then stop those that are gone. */
export class Simulator {
  readonly #running = new Map<string, Running>()
  readonly #byService = new Map<string, Running[]>()

  /**
   * Starts what is missing and makes `simulate` answer for this plan. Nothing is stopped yet.
   *
   * @returns true when it answers as before
   */
  async start(plan: readonly SimulatedPod[]): Promise<boolean> {
    const before = [...this.#byService.values()].flat()
    const started = await Promise.all(
      plan.map(async (pod): Promise<Running> => {
        const existing = this.#running.get(pod.key)
        const keepsServer = existing !== undefined && existing.pod.ingress === pod.ingress
        const server = keepsServer ? existing.server : await startEchoServer(pod)
        return { pod, server, udp: pod.takesUdp ? (existing?.udp ?? (await startUdpEcho())) : null }
      }),
    )
    this.#byService.clear()
    for (const running of started) {
      const service = `${running.pod.namespace}/${running.pod.service}`
      const list = this.#byService.get(service)
      if (list === undefined) this.#byService.set(service, [running])
      else list.push(running)
    }
    return (
      before.length === started.length &&
      started.every(({ pod, server, udp }, index) => {
        const old = before[index]
        return old !== undefined && old.server === server && old.udp === udp && isSameData(old.pod, pod)
      })
    )
  }

  /** Forgets and closes the servers that the last plan no longer has. */
  async stopOthers(): Promise<void> {
    const next = [...this.#byService.values()].flat()
    const serversOf = ({ server, udp }: Running): (EchoServer | UdpEcho)[] => (udp === null ? [server] : [server, udp])
    const wanted = new Set(next.flatMap(serversOf))
    const gone = [...this.#running.values()].flatMap(serversOf).filter((server) => !wanted.has(server))
    this.#running.clear()
    for (const running of next) this.#running.set(running.pod.key, running)
    await Promise.all(gone.map((server) => server.close()))
  }

  /** Endpoints of a Service port: the pods that have the target port. `null` when no pod is simulated. */
  readonly simulate: EndpointSource['simulate'] = (service, port) => {
    const pods = this.#byService.get(`${service.meta.namespace}/${service.meta.name}`)
    if (pods === undefined) return null
    return pods
      .filter((running) => hasTargetPort(running.pod.template, port))
      .map(({ server, udp, pod }): Endpoint => {
        const taker = port.protocol === 'UDP' && udp !== null ? udp : server
        return { address: '127.0.0.1', port: taker.port, pod: pod.pod }
      })
  }

  async close(): Promise<void> {
    this.#byService.clear()
    await this.stopOthers()
  }
}
