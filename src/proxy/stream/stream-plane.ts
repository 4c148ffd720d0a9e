/** All that is passed on unread: ports of TCP and UDP services, hosts whose TLS goes through. The data plane has one. */
import type { RoutingModel } from '../../routing/model.ts'
import { DEFAULT_STREAM_SETTINGS, type PassthroughHost } from '../../routing/streams.ts'
import { Passthrough } from '../passthrough/passthrough.ts'
import { ProxyProtocolReader } from '../proxy-protocol/proxied-client.ts'
import type { HeaderRefusals } from '../proxy-protocol/refusals.ts'
import type { TimerWheel } from '../timer-wheel.ts'
import type { Cluster } from '../upstream/cluster.ts'
import type { StreamContext } from './stream-context.ts'
import { StreamPorts } from './stream-ports.ts'
import type { StreamObserver } from './stream-record.ts'

export interface StreamPlaneOptions {
  readonly host: string
  readonly reusePort: boolean
  readonly timers: TimerWheel
  readonly observer: StreamObserver
  readonly refusals: HeaderRefusals
  readonly reportProblem: (message: string) => void
  clusterOf(backendId: string): Cluster | null
}

/** For services that decode the PROXY protocol while the ConfigMap does not speak of it: ingress-nginx's defaults. */
const DEFAULT_READER = new ProxyProtocolReader({ headerTimeoutMs: 5000, trustedPeers: ['0.0.0.0/0', '::/0'] })

export class StreamPlane {
  readonly #context: StreamContext
  readonly #ports: StreamPorts
  #reader = DEFAULT_READER
  #hosts: readonly PassthroughHost[] | null = null
  #passthrough: Passthrough | null = null

  constructor(options: StreamPlaneOptions) {
    const { host, reusePort, timers, observer, refusals, reportProblem } = options
    this.#context = {
      settings: DEFAULT_STREAM_SETTINGS,
      timers,
      observer,
      clusterOf: (id) => options.clusterOf(id),
    }
    this.#ports = new StreamPorts({
      host,
      reusePort,
      context: this.#context,
      headerReader: () => this.#reader,
      headerRefused: (peerAddress, port, reason) => refusals.note(peerAddress, port, reason),
      reportProblem,
    })
  }

  /** `null` where no host is passed through. */
  get passthrough(): Passthrough | null {
    return this.#passthrough
  }

  /** Connections and sessions on ports of services. */
  get openCount(): number {
    return this.#ports.openCount
  }

  /** Ports of services as bound. */
  get bound(): StreamPorts['bound'] {
    return this.#ports.bound
  }

  /** Opens and closes ports as the model says; sessions that exist go on. Never throws on a model that a dialect makes. */
  apply({ settings, routes, streams }: RoutingModel): void {
    this.#context.settings = settings.streams ?? DEFAULT_STREAM_SETTINGS
    this.#reader =
      settings.proxyProtocol === undefined ? DEFAULT_READER : new ProxyProtocolReader(settings.proxyProtocol)
    const hosts = routes.passthrough ?? null
    if (hosts !== this.#hosts) {
      this.#hosts = hosts
      this.#passthrough = hosts === null || hosts.length === 0 ? null : new Passthrough(hosts, this.#context)
    }
    this.#ports.apply(streams ?? [])
  }

  /** Resolves when every port is open, or could not be. */
  async settled(): Promise<void> {
    await this.#ports.settled()
  }

  /** Stops accepting. Resolves when the last connection on a port is gone; UDP sessions end at once. */
  async drain(): Promise<void> {
    await this.#ports.drain()
  }

  destroy(): void {
    this.#ports.destroy()
  }
}
