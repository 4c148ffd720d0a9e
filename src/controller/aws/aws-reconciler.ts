/**
 * One pass over AWS: what the cluster asks for, what exists, the difference, and making it so; then statuses, finalizers and
 * Events. Only the leader runs it. Every pass begins with what is really there, so that a crash at any point is made good.
 */
import type { AwsApi } from '../../aws/deploy/aws-api.ts'
import { AwsError } from '../../aws/deploy/aws-api.ts'
import { execute, type ExecutionHooks } from '../../aws/deploy/execute/execute.ts'
import type { ExecutionResult, StackOutcome } from '../../aws/deploy/execute/outcome.ts'
import type { Observed, ObservedStack } from '../../aws/deploy/observed.ts'
import { identifierKey, type Plan } from '../../aws/deploy/operation.ts'
import { mapLimited } from '../../aws/deploy/observe/pages.ts'
import { planOperations, type PlanOptions } from '../../aws/deploy/plan/plan-operations.ts'
import type { ResourceKey, StackId } from '../../aws/stack/model.ts'
import type { ApiTransport } from '../../sources/cluster/api-transport.ts'
import type { WriteQueue } from '../cluster/write-queue.ts'
import type { AwsEvents } from './aws-events.ts'
import { type AwsLog, scopeOf } from './aws-log.ts'
import type { AwsView } from './aws-view.ts'
import { Patience } from './patience.ts'
import { finalizerOf, isOurs, type MemberObjects, stackOfFinalizer } from './member-objects.ts'
import { writeFinalizers, writeHostnames } from './member-writer.ts'

/** Finalizers written at a time. */
const PARALLEL = 16

export interface ReconcilerOptions {
  readonly api: AwsApi
  readonly transport: ApiTransport
  readonly members: MemberObjects
  /** Statuses and finalizers, while we lead. */
  readonly queue: WriteQueue
  readonly events: AwsEvents
  readonly log: AwsLog
  readonly plan: Omit<PlanOptions, 'keeps'>
  readonly execution: Omit<ExecutionHooks, 'onBegin' | 'onOutcome' | 'signal'>
  /** What exists. */
  observe(): Promise<Observed>
}

export interface PassHooks {
  /** Before anything is changed. */
  planned(plan: Plan): void
  created(stack: StackId, resource: ResourceKey, identifier: string): void
}

/** DNS names of load balancers, by `stack#Kind/id`. */
interface DnsNames {
  readonly before: ReadonlyMap<string, string>
  readonly made: Map<string, string>
}

export interface PassResult {
  /** Something failed, or waits: the next pass should come by itself. */
  readonly isSettled: boolean
  /** ARNs and ids, by `stack#Kind/id`. */
  readonly identifiers: ReadonlyMap<string, string>
  readonly plan: Plan
}

export class AwsReconciler {
  readonly #options: ReconcilerOptions
  readonly #patience = new Patience()
  #isFirst = true

  constructor(options: ReconcilerOptions) {
    this.#options = options
  }

  /**
   * @param signal we stop: nothing is told any more
   * @param interrupt nothing new begins: another pass is due
   * @param hooks told of what exists as soon as it is known: endpoints do not wait for a long pass
   * @throws {AwsError} when AWS cannot be observed; nothing was changed then
   */
  async pass(view: AwsView, signal: AbortSignal, interrupt: AbortSignal, hooks: PassHooks): Promise<PassResult> {
    const { events } = this.#options
    const { translation } = view
    // Who is part of a stack has to be held before anything exists that would be left behind.
    const unheld = await this.#hold(translation.stackOf, signal)
    const observed = await this.#observe(translation.stackOf)
    const keeps = new Set<StackId>([...translation.unbuilt, ...unheld])
    const stacks = translation.stacks.filter(({ id }) => !keeps.has(id))
    const impatientFor = this.#patience.lost(observed.targetHealth?.keys() ?? [])
    const plan = planOperations(stacks, observed, { ...this.#options.plan, keeps, impatientFor })
    hooks.planned(plan)
    const objectsOf = groupObjects(translation.stackOf)
    const names: DnsNames = { before: observed.dnsNames, made: new Map() }
    const left = countByStack(plan)
    const result = await execute(plan, this.#options.api, {
      ...this.#options.execution,
      signal: AbortSignal.any([signal, interrupt]),
      onBegin: (operation) => events.began(operation, objectsOf.get(operation.stack) ?? this.#heldBy(operation.stack)),
      onOutcome: ({ state, operation, identifier, dnsName }) => {
        const { stack, resource } = operation
        if (state === 'done') events.done(operation, objectsOf.get(stack) ?? this.#heldBy(stack), identifier)
        if (identifier !== undefined) hooks.created(stack, resource, identifier)
        if (dnsName !== undefined) names.made.set(identifierKey(stack, resource), dnsName)
        const rest = (left.get(stack) ?? 0) - (state === 'failed' || state === 'skipped' ? Infinity : 1)
        left.set(stack, rest)
        // Whoever is done does not wait for the others.
        if (rest === 0 && !signal.aborted) this.#publish(view, names, plan, objectsOf.get(stack) ?? [])
      },
    })
    for (const { feature, message } of result.denied) {
      this.#options.log.write('controller', 'WARN', `${feature} is left alone: AWS denies it (${message})`)
    }
    if (signal.aborted) return { isSettled: false, identifiers: result.identifiers, plan }
    this.#tellOutcomes(view, keeps, plan, result)
    this.#publish(view, names, plan, translation.loadBalancersOf.keys())
    const isReleased = this.#release(translation.stackOf, keeps, plan, result)
    const isSettled =
      isReleased &&
      keeps.size === 0 &&
      plan.held.length === 0 &&
      (plan.deferred ?? []).length === 0 &&
      [...result.stacks.values()].every((one) => isDone(one))
    return { isSettled, identifiers: result.identifiers, plan }
  }

  /** Gives every member its finalizer. @returns stacks of members that could not be given one */
  async #hold(stackOf: ReadonlyMap<string, string>, signal: AbortSignal): Promise<ReadonlySet<StackId>> {
    const failed = new Set<StackId>()
    const { transport, members, events } = this.#options
    await mapLimited([...stackOf], PARALLEL, async ([object, stack]) => {
      const member = members.get(object)
      if (member === undefined || signal.aborted) return
      const finalizer = finalizerOf(stack)
      if (member.finalizers.includes(finalizer)) return
      // A former group's finalizer stays until that group has let go.
      const ours = [...member.finalizers.filter(isOurs), finalizer]
      await writeFinalizers(transport, member, ours, signal).catch((error: unknown) => {
        failed.add(stack as StackId)
        events.failed([object], 'FailedAddFinalizer', `Failed add finalizer due to ${textOf(error)}`)
      })
    })
    return failed
  }

  async #observe(stackOf: ReadonlyMap<string, string>): Promise<Observed> {
    const { log } = this.#options
    if (this.#isFirst) log.write('ingresses', 'INFO', 'Build up list of existing ingresses')
    const observed = await this.#options.observe()
    if (this.#isFirst) {
      const known = [...stackOf].filter(
        ([object, stack]) => object.startsWith('Ingress ') && observed.stacks.has(stack as StackId),
      )
      for (const [object, stack] of known) tellRebuilt(log, scopeOf(object), observed.stacks.get(stack as StackId))
      log.write('ingresses', 'INFO', `Assembled ${known.length} ingresses from existing AWS resources`)
      this.#isFirst = false
    }
    return observed
  }

  #tellOutcomes(
    { translation: { stackOf }, findings }: AwsView,
    keeps: ReadonlySet<StackId>,
    plan: Plan,
    result: ExecutionResult,
  ): void {
    const { events } = this.#options
    const held = new Map(plan.held.map(({ stack, reason }) => [stack, reason]))
    for (const [stack, objects] of groupObjects(stackOf)) {
      const failed = result.stacks.get(stack)?.outcomes.find(({ state }) => state === 'failed')
      const reason = held.get(stack)
      if (failed !== undefined) {
        const cause = `${failed.operation.summary}: ${failed.code}: ${failed.message}`
        events.failed(objects, 'FailedDeployModel', `Failed deploy model due to ${cause}`)
      } else if (reason !== undefined) events.failed(objects, 'FailedDeployModel', `Held back: ${reason}`)
      else if (keeps.has(stack)) {
        const cause = findings.find(({ severity, origin }) => severity === 'error' && objects.includes(origin.object))
        const message = cause?.message ?? 'its finalizer could not be written'
        events.failed(objects, 'FailedBuildModel', `Failed build model due to ${message}`)
      } else if (result.stacks.get(stack)?.isSettled !== false) events.reconciled(objects)
      // Otherwise we were stopped in the middle: whoever goes on will tell.
    }
    const living = new Set(stackOf.values())
    for (const [stack, reason] of held) {
      if (living.has(stack)) continue
      this.#options.log.write('controller', 'WARN', `${stack} is held back: ${reason}`)
      events.failed(this.#heldBy(stack), 'FailedDeployModel', `Held back: ${reason}`)
    }
    for (const [stack, { outcomes }] of result.stacks) {
      const failed = outcomes.find(({ state }) => state === 'failed')
      if (failed === undefined || living.has(stack)) continue
      const cause = `${failed.operation.summary}: ${failed.code}: ${failed.message}`
      events.failed(this.#heldBy(stack), 'FailedDeployModel', `Failed deploy model due to ${cause}`)
    }
  }

  /** Hostnames of the load balancers that exist into the status of those who share them. */
  #publish({ translation }: AwsView, names: DnsNames, plan: Plan, objects: Iterable<string>): void {
    // Where an old load balancer answers until its successor does, its name stays until then.
    const replaced = new Set((plan.deferred ?? []).map(({ stack }) => stack))
    const { members, queue, transport } = this.#options
    for (const object of objects) {
      const keys = translation.loadBalancersOf.get(object) ?? []
      const stack = translation.stackOf.get(object) as StackId | undefined
      const member = members.get(object)
      if (stack === undefined || member === undefined) continue
      const hostnames = keys.flatMap((key) => {
        const id = identifierKey(stack, key)
        const [made, before] = [names.made.get(id), names.before.get(id)]
        const name = replaced.has(stack) ? (before ?? made) : (made ?? before)
        return name === undefined ? [] : [name]
      })
      // A load balancer that is about to be is no reason to take an address away.
      if (hostnames.length < keys.length || keys.length === 0) continue
      queue.push(`status of ${object}`, (signal) => writeHostnames(transport, member, hostnames, signal))
    }
  }

  /**
   * Lets go of objects that have nothing in AWS any more: those being deleted, and those that left their stack.
   *
   * @returns false when some have to wait
   */
  #release(
    stackOf: ReadonlyMap<string, string>,
    keeps: ReadonlySet<StackId>,
    plan: Plan,
    result: ExecutionResult,
  ): boolean {
    const { members, queue, transport } = this.#options
    const living = new Set(stackOf.values())
    const heldBack = new Set(plan.held.map(({ stack }) => stack))
    let isDoneWithAll = true
    for (const [object, member, finalizers] of members.held()) {
      const current = stackOf.get(object)
      const kept = finalizers.filter((finalizer) => {
        const stack = stackOfFinalizer(finalizer, member) as StackId
        if (stack === current) return true
        // What is left in a group that cannot be built now is its other members' business.
        if (keeps.has(stack)) return !(member.isDeleting && living.has(stack))
        return heldBack.has(stack) || result.stacks.get(stack)?.isSettled === false
      })
      if (kept.length === finalizers.length) {
        if (current === undefined) isDoneWithAll = false
        continue
      }
      if (current === undefined && kept.length === 0 && !member.isDeleting) {
        queue.push(`status of ${object}`, (signal) => writeHostnames(transport, member, [], signal))
      }
      queue.push(`finalizers of ${object}`, async (signal) => {
        await writeFinalizers(transport, member, kept, signal)
      })
    }
    return isDoneWithAll
  }

  /** Objects that carry the finalizer of a stack. */
  #heldBy(stack: StackId): readonly string[] {
    const objects: string[] = []
    for (const [object, member, finalizers] of this.#options.members.held()) {
      if (finalizers.some((finalizer) => stackOfFinalizer(finalizer, member) === stack)) objects.push(object)
    }
    return objects
  }
}

/** What was found in AWS of an Ingress, in the words of the founding controller. */
function tellRebuilt(log: AwsLog, scope: string, stack: ObservedStack | undefined): void {
  if (stack === undefined) return
  for (const { identifier } of stack.targetGroups) {
    log.write(scope, 'INFO', `Fetching Targets for Target Group ${identifier}`)
  }
  for (const { identifier } of stack.listeners) {
    log.write(scope, 'INFO', `Fetching Rules for Listener ${identifier}`)
  }
  if (stack.loadBalancers.length > 0) log.write(scope, 'INFO', 'Ingress rebuilt from existing ALB in AWS')
}

function isDone({ isSettled, outcomes }: StackOutcome): boolean {
  return isSettled && outcomes.every(({ state }) => state !== 'postponed')
}

function countByStack({ operations }: Plan): Map<StackId, number> {
  const counts = new Map<StackId, number>()
  for (const { stack } of operations) counts.set(stack, (counts.get(stack) ?? 0) + 1)
  return counts
}

function groupObjects(stackOf: ReadonlyMap<string, string>): ReadonlyMap<StackId, readonly string[]> {
  const groups = new Map<StackId, string[]>()
  for (const [object, stack] of stackOf) {
    const list = groups.get(stack as StackId)
    if (list === undefined) groups.set(stack as StackId, [object])
    else list.push(object)
  }
  return groups
}

function textOf(error: unknown): string {
  if (error instanceof AwsError) return `${error.code}: ${error.message}`
  return error instanceof Error ? error.message : String(error)
}
