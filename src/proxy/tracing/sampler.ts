/** Which traces are kept (OpenTelemetry specification, "Trace SDK": samplers). */
import type { TracingSettings } from '../../routing/tracing.ts'
import type { TraceParent } from './trace-context.ts'

/** Digits of a trace id that are random by the W3C's rule: the last 56 bits. */
const RANDOM_DIGITS = 14
const RANDOM_VALUES = 2 ** 56

/** @returns a function of the trace id and of what the caller says, `null` without a caller */
export function createSampler(
  settings: Pick<TracingSettings, 'sampler' | 'ratio' | 'isParentBased'>,
): (traceId: string, parent: TraceParent | null) => boolean {
  const root = createRootSampler(settings)
  if (!settings.isParentBased) return root
  return (traceId, parent) => (parent === null ? root(traceId) : parent.isSampled)
}

/** The same trace is taken or left by everybody who uses the same ratio. */
function createRootSampler({ sampler, ratio }: Pick<TracingSettings, 'sampler' | 'ratio'>): (id: string) => boolean {
  switch (sampler) {
    case 'AlwaysOn':
      return () => true
    case 'AlwaysOff':
      return () => false
    case 'TraceIdRatioBased':
      if (ratio === 0) return () => false
      // 56 bits are more than a double holds exactly; the error is far below any ratio that somebody writes.
      return (traceId) => Number.parseInt(traceId.slice(-RANDOM_DIGITS), 16) >= RANDOM_VALUES * (1 - ratio)
  }
}
