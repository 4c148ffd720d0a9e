/** What became of a plan, for Events, status and logs. */
import type { StackId } from '../../stack/model.ts'
import type { OptionalFeature } from '../sdk/actions.ts'
import type { Operation } from '../operation.ts'

export interface Outcome {
  readonly operation: Operation
  readonly state:
    | 'done'
    /** AWS refused it. */
    | 'failed'
    /** Something that it needs failed, or we stopped before AWS had it. */
    | 'skipped'
    /** It cannot be done yet (something is still in use, or still being made), is tried again, and holds nobody meanwhile. */
    | 'postponed'
    /** IAM denies an optional feature: left as it is. */
    | 'unmanaged'
  /** AWS's code; `Skipped` where an operation before it failed, `Aborted` where we stopped. Empty when done. */
  readonly code: string
  /** In AWS's words, without secrets. Empty when done. */
  readonly message: string
  /** What the operation created. */
  readonly identifier?: string
  /** Of a load balancer that it created. */
  readonly dnsName?: string
}

export interface StackOutcome {
  readonly stack: StackId
  /** In the order of the plan. */
  readonly outcomes: readonly Outcome[]
  /** Everything is as planned, or postponed or unmanaged: status may say so, and finalizers may go. */
  readonly isSettled: boolean
}

export interface ExecutionResult {
  readonly stacks: ReadonlyMap<StackId, StackOutcome>
  /** `stack#Kind/id` to ARN or id: those of the plan and the new ones. */
  readonly identifiers: ReadonlyMap<string, string>
  /** DNS names of load balancers that were created, by `stack#Kind/id`. */
  readonly dnsNames: ReadonlyMap<string, string>
  /** Denied for the first time in this run. */
  readonly denied: readonly { readonly feature: OptionalFeature; readonly message: string }[]
}

/** Groups by stack, in the order in which stacks appear in the plan. */
export function groupOutcomes(outcomes: readonly Outcome[]): ReadonlyMap<StackId, StackOutcome> {
  const lists = new Map<StackId, Outcome[]>()
  for (const outcome of outcomes) {
    const list = lists.get(outcome.operation.stack)
    if (list === undefined) lists.set(outcome.operation.stack, [outcome])
    else list.push(outcome)
  }
  return new Map(
    [...lists].map(([stack, list]) => [
      stack,
      { stack, outcomes: list, isSettled: list.every(({ state }) => state !== 'failed' && state !== 'skipped') },
    ]),
  )
}
