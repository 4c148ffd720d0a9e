/** {@link AwsApi} that keeps to its budgets and tries again what is worth it. Everything but tests calls AWS through this. */
import { type AwsAction, type AwsApi, type AwsCalls, AwsError, isReadOnly } from '../aws-api.ts'
import { callClassOf } from '../sdk/actions.ts'
import type { Budgets } from './budget.ts'
import type { Ports } from './ports.ts'
import {
  isRepeatable,
  kindOfError,
  type RetryBounds,
  retryPauseMs,
  THROTTLED_BOUNDS,
  TRANSIENT_BOUNDS,
} from './retry-policy.ts'

export interface GuardedApiOptions {
  readonly budgets: Budgets
  readonly ports: Ports
  /** Called for each call that AWS answered, for metrics. `code` is empty when it succeeded. */
  readonly onCall?: (action: AwsAction, code: string, durationMs: number) => void
  /** Ends waiting and trying again for all calls. */
  readonly signal?: AbortSignal
}

export function createGuardedApi(api: AwsApi, options: GuardedApiOptions): AwsApi {
  const { budgets, ports } = options

  return {
    async call<A extends AwsAction>(action: A, input: AwsCalls[A]['input'], callSignal?: AbortSignal) {
      const signal = joinSignals(options.signal, callSignal)
      const bucket = budgets[callClassOf(action)]
      const failures = { throttled: 0, transient: 0 }
      for (;;) {
        await pause(bucket.take(), action, signal)
        const startedMs = ports.nowMs()
        try {
          // A write that is on its way is waited for: it may be done whether we listen or not.
          const output = await api.call(action, input, isReadOnly(action) ? signal : undefined)
          options.onCall?.(action, '', ports.nowMs() - startedMs)
          return output
        } catch (error) {
          if (!(error instanceof AwsError)) throw error
          options.onCall?.(action, error.code, ports.nowMs() - startedMs)
          const kind = kindOfError(error)
          if (kind === 'throttled') bucket.slowDown()
          else if (kind !== 'transient' || !isRepeatable(action, input)) throw error
          const bounds: RetryBounds = kind === 'throttled' ? THROTTLED_BOUNDS : TRANSIENT_BOUNDS
          failures[kind] += 1
          if (failures[kind] >= bounds.tries) throw error
          await pause(retryPauseMs(bounds, failures[kind], ports.random), action, signal)
        }
      }
    },
  }

  async function pause(milliseconds: number, action: AwsAction, signal: AbortSignal | undefined): Promise<void> {
    if (milliseconds > 0 && signal?.aborted !== true) await ports.wait(milliseconds, signal)
    if (signal?.aborted === true) throw new AwsError(action, 'Aborted', `${action} was given up`)
  }
}

function joinSignals(a: AbortSignal | undefined, b: AbortSignal | undefined): AbortSignal | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return AbortSignal.any([a, b])
}
