/** What becomes of requests and streams that are over: a line in the log, a few numbers, a span if they are traced. */
import { type AccessLog, createAccessLog } from '../../proxy/access-log/access-log.ts'
import { compileStreamLogFormat, type StreamLogFormat } from '../../proxy/access-log/stream-log-format.ts'
import { createConstLabels } from '../../proxy/metrics/const-labels.ts'
import { createRequestMetrics, type RequestMetrics } from '../../proxy/metrics/request-metrics.ts'
import type { RequestObserver, RequestRecord } from '../../proxy/request-record.ts'
import type { StreamObserver, StreamRecord } from '../../proxy/stream/stream-record.ts'
import { TracingSwitch } from '../../proxy/tracing-switch.ts'
import { DEFAULT_SETTINGS } from '../../routing/defaults.ts'
import type { RouteTable, RoutingModel } from '../../routing/model.ts'
import { ServedIngresses } from './served-ingresses.ts'
import { DEFAULT_STREAM_SETTINGS } from '../../routing/streams.ts'
import type { PlaneOptions } from './traffic-plane.ts'

export class PlaneObservers implements RequestObserver, StreamObserver {
  /** Requests since the start. */
  count = 0
  readonly log: AccessLog | null
  readonly metrics: RequestMetrics
  readonly tracing: TracingSwitch
  readonly #ingresses = new ServedIngresses()
  #routes: RouteTable | null = null
  #streamFormat: StreamLogFormat | null = compileStreamLogFormat(DEFAULT_STREAM_SETTINGS.accessLog)

  /** @throws {Error} with a message for people when the log cannot be opened */
  constructor(options: Pick<PlaneOptions, 'accessLog' | 'metrics'>, onProblem: (message: string) => void) {
    this.log =
      options.accessLog === 'off'
        ? null
        : createAccessLog({ target: options.accessLog, settings: DEFAULT_SETTINGS.accessLog, onProblem })
    this.metrics = createRequestMetrics({
      constLabels: createConstLabels({}),
      ...(options.metrics === undefined ? {} : { metrics: options.metrics }),
    })
    this.tracing = new TracingSwitch(onProblem)
  }

  observe(record: RequestRecord): void {
    this.count++
    this.log?.observe(record)
    this.metrics.observe(record)
    this.tracing.observe(record)
  }

  observeStream(record: StreamRecord): void {
    if (this.#streamFormat !== null) this.log?.append(this.#streamFormat.render(record))
  }

  /** Called once a model is served. Resolves when its settings hold for requests that end from now on. */
  async apply(model: RoutingModel): Promise<void> {
    if (model.routes !== this.#routes) this.metrics.retainIngresses(this.#ingresses.follow(model.routes))
    this.#routes = model.routes
    this.log?.setFormat(model.settings.accessLog)
    const { accessLog } = model.settings.streams ?? DEFAULT_STREAM_SETTINGS
    this.#streamFormat = accessLog.isEnabled ? compileStreamLogFormat(accessLog) : null
    await this.tracing.apply(model.settings.tracing)
  }

  /** Writes and sends what is still there, within seconds. */
  async close(): Promise<void> {
    await Promise.all([this.log?.close(), this.tracing.close()])
  }
}
