/** What the AWS controller knows of itself, for probes, metrics and the API. */
import type { AwsAction } from '../../aws/deploy/aws-api.ts'
import type { PassResult } from './aws-reconciler.ts'
import type { Finding } from '../../base/finding.ts'

/** Calls by action and AWS's code (empty = it worked). */
export interface CallCount {
  readonly action: AwsAction
  readonly code: string
  count: number
  seconds: number
}

export class AwsState {
  findings: readonly Finding[] = []
  isDraining = false
  hasRead = false
  passes = 0
  failedPasses = 0
  /** Milliseconds since the epoch; 0 = none yet. */
  lastPassAtMs = 0
  lastPassSeconds = 0
  isSettled = false
  stacks = 0
  /** Stacks that the guard holds back. */
  held = 0
  readonly #calls = new Map<string, CallCount>()
  readonly #operations = new Map<string, number>()

  recordCall(action: AwsAction, code: string, durationMs: number): void {
    const key = `${action} ${code}`
    const known = this.#calls.get(key)
    if (known === undefined) this.#calls.set(key, { action, code, count: 1, seconds: durationMs / 1000 })
    else {
      known.count++
      known.seconds += durationMs / 1000
    }
  }

  recordPass(result: PassResult, stacks: number, seconds: number, nowMs: number): void {
    this.passes++
    this.lastPassAtMs = nowMs
    this.lastPassSeconds = seconds
    this.isSettled = result.isSettled
    this.stacks = stacks
    this.held = result.plan.held.length
    for (const { verb } of result.plan.operations) this.#operations.set(verb, (this.#operations.get(verb) ?? 0) + 1)
  }

  get calls(): readonly CallCount[] {
    return [...this.#calls.values()]
  }

  /** Planned operations by verb. */
  get operations(): ReadonlyMap<string, number> {
    return this.#operations
  }
}
