/**
 * Runs a plan. Operations run beside each other as far as their order allows; a failed one stops only those that need it.
 * A crash at any point is made good by the next plan: everything is created together with the tags that say whose it is.
 */
import { type AwsApi, AwsError } from '../aws-api.ts'
import { identifierKey, type Operation, type Plan } from '../operation.ts'
import type { OptionalFeature } from '../sdk/actions.ts'
import { createOptionalFeatures, type OptionalFeatures } from './optional-features.ts'
import { createOrder, type Order } from './order.ts'
import { type ExecutionResult, groupOutcomes, type Outcome } from './outcome.ts'
import { type ReadSecret, referencesOf } from './placeholders.ts'
import { type Ports, SYSTEM_PORTS } from './ports.ts'
import { type OperationResult, type OrphanSink, runOperation } from './run-operation.ts'
import { isOverQuota } from './settling.ts'

export interface ExecutionHooks {
  readonly readSecret: ReadSecret
  /** Called before an operation's first call; again when it is put off for want of room. */
  readonly onBegin?: (operation: Operation) => void
  /** Called as soon as an operation has ended, before those that need it begin. */
  readonly onOutcome?: (outcome: Outcome) => void
  /** Kept from run to run, so that a denied feature is told once. */
  readonly optional?: OptionalFeatures
  /** Absent = security groups in use stay for the next pass. */
  readonly orphans?: OrphanSink
  readonly ports?: Ports
  /** Nothing new begins after it, and waiting ends; calls under way are waited for. */
  readonly signal?: AbortSignal
  /** Operations at the same time; default 16. */
  readonly parallel?: number
  /** Of one stack; default 4. */
  readonly parallelPerStack?: number
}

/** @param api with budgets and retries (`createGuardedApi`) */
export async function execute(plan: Plan, api: AwsApi, hooks: ExecutionHooks): Promise<ExecutionResult> {
  const ports = hooks.ports ?? SYSTEM_PORTS
  const optional = hooks.optional ?? createOptionalFeatures(ports.nowMs)
  const identifiers = new Map(plan.identifiers)
  const dnsNames = new Map<string, string>()
  const denied: { feature: OptionalFeature; message: string }[] = []
  const created = new Set<string>()
  const outcomes = new Map<Operation, Outcome>()
  const order = createOrder(plan, hooks.parallelPerStack ?? 4)
  const parallel = hooks.parallel ?? 16

  // What waits for its turn or for another try is given up at once; what is on its way is waited for.
  const stoppable: AwsApi = { call: (action, input) => api.call(action, input, hooks.signal) }

  const settle = (outcome: Outcome): void => {
    outcomes.set(outcome.operation, outcome)
    hooks.onOutcome?.(outcome)
  }
  const run = async (operation: Operation): Promise<void> => {
    hooks.onBegin?.(operation)
    const result = await runOperation(operation, {
      api: stoppable,
      ports,
      readSecret: hooks.readSecret,
      optional,
      orphans: hooks.orphans ?? null,
      identifiers,
      usesNew: referencesOf(operation.input).some((key) => created.has(key)),
      signal: hooks.signal,
      onDenied: (feature, message) => denied.push({ feature, message }),
    })
    if (makesRoom(result) && order.putAfterDeletes(operation)) return
    const { error: _, ...plain } = result
    const key = identifierKey(operation.stack, operation.resource)
    if (plain.identifier !== undefined) {
      identifiers.set(key, plain.identifier)
      created.add(key)
    }
    if (plain.dnsName !== undefined) dnsNames.set(key, plain.dnsName)
    settle({ operation, ...plain })
    if (plain.state !== 'failed') return order.done(operation)
    for (const skipped of order.failed(operation)) {
      settle({
        operation: skipped,
        state: 'skipped',
        code: 'Skipped',
        message: `${operation.summary} failed: ${plain.message}`,
      })
    }
  }

  if (hooks.orphans !== undefined) await releaseWanted(plan, hooks.orphans)
  await runAll(order, run, parallel, hooks.signal)
  for (const operation of plan.operations) {
    if (outcomes.has(operation)) continue
    const isAborted = hooks.signal?.aborted === true
    const message = isAborted ? 'stopped before it' : 'it waits for what never ends: the plan has a circle'
    settle({ operation, state: 'skipped', code: isAborted ? 'Aborted' : 'Skipped', message })
  }
  const inOrder = plan.operations.map((operation) => outcomes.get(operation) as Outcome)
  return { stacks: groupOutcomes(inOrder), identifiers, dnsNames, denied }
}

/** A group that is being collected and that the plan does not delete is wanted again. */
async function releaseWanted(plan: Plan, orphans: OrphanSink): Promise<void> {
  const deletes = plan.operations.filter(({ action }) => action === 'ec2:DeleteSecurityGroup')
  const deleted = new Set(deletes.map(({ stack, resource }) => identifierKey(stack, resource)))
  for (const [key, id] of plan.identifiers) {
    if (deleted.has(key) || !key.includes('#SecurityGroup/') || !orphans.has(id)) continue
    try {
      await orphans.release(id)
    } catch (error) {
      // The mark stays, and nobody collects it: another replica would, so the next pass tries again.
      if (!(error instanceof AwsError)) throw error
    }
  }
}

function makesRoom(result: OperationResult): boolean {
  return result.state === 'failed' && result.error !== undefined && isOverQuota(result.error)
}

/** Resolves when nothing runs and nothing can begin. */
async function runAll(
  order: Order,
  run: (operation: Operation) => Promise<void>,
  parallel: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let running = 0
    const pump = (): void => {
      while (running < parallel) {
        const operation = signal?.aborted === true ? null : order.next()
        if (operation === null) break
        running++
        run(operation).then(
          () => {
            running--
            order.ended(operation)
            pump()
          },
          (error: unknown) => reject(error instanceof Error ? error : new Error(String(error))),
        )
      }
      if (running === 0) resolve()
    }
    pump()
  })
}
