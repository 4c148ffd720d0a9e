/** What an Ingress says about traces. */
import type { RouteTracing } from '../../routing/tracing.ts'

export interface TracingSettings extends RouteTracing {
  readonly isOn: boolean
}

export const NO_TRACING: TracingSettings = { isOn: false, trustsIncoming: true, operationName: '' }

/** Part of a route. */
export function tracingFields({ isOn, trustsIncoming, operationName }: TracingSettings): {
  readonly tracing?: RouteTracing
} {
  return isOn ? { tracing: { trustsIncoming, operationName } } : {}
}
