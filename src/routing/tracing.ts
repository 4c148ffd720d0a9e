/** What the model says about traces (ingress-nginx, opentelemetry.md). */

/** Of the whole proxy. */
export interface TracingSettings {
  /** Where spans go; an empty host exports none, trace contexts are passed on all the same. */
  readonly collectorHost: string
  /** 4318 is spoken to in OTLP over HTTP, any other port in OTLP over gRPC. */
  readonly collectorPort: number
  /** Resource attribute `service.name`. */
  readonly serviceName: string
  readonly sampler: 'AlwaysOn' | 'AlwaysOff' | 'TraceIdRatioBased'
  /** Share of the traces that `TraceIdRatioBased` takes, 0 to 1. */
  readonly ratio: number
  /** A caller's decision holds; the sampler is asked for traces that begin here. */
  readonly isParentBased: boolean
  /** Longest time that a span waits, milliseconds. */
  readonly scheduleDelayMs: number
  readonly maxBatchSize: number
  /** Spans kept in memory; what comes on top is dropped and counted. */
  readonly maxQueueSize: number
}

/** Of one route: its presence turns tracing on. */
export interface RouteTracing {
  /** False: a client's `traceparent` is replaced by that of a new trace. */
  readonly trustsIncoming: boolean
  /** Text with log variables; empty = method and path of the rule. */
  readonly operationName: string
}

export const DEFAULT_TRACING: TracingSettings = {
  collectorHost: '',
  collectorPort: 4317,
  serviceName: 'nginx',
  sampler: 'AlwaysOn',
  ratio: 0.01,
  isParentBased: true,
  scheduleDelayMs: 5000,
  maxBatchSize: 512,
  maxQueueSize: 2048,
}
