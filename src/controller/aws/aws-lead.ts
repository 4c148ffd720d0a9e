/** What the leader does for as long as it leads: it opens AWS, looks at everything once, and keeps it as the cluster asks for. */
import { AwsError } from '../../aws/deploy/aws-api.ts'
import type { Rates } from '../../aws/deploy/execute/budget.ts'
import type { OpenAwsOptions, OpenedAws } from '../../aws/deploy/sdk/open-aws.ts'
import { EMPTY_INVENTORY, type Inventory } from '../../aws/stack/inventory.ts'
import { nodeAccess } from '../../aws/stack/node-access.ts'
import { compareFindings } from '../../base/finding.ts'
import { createSnapshot, type Snapshot } from '../../kube/snapshot.ts'
import type { ApiTransport } from '../../sources/cluster/api-transport.ts'
import type { KindChange, KindsSource } from '../../sources/cluster/kinds-source.ts'
import type { EventRecorder } from '../cluster/event-recorder.ts'
import type { WriteQueue } from '../cluster/write-queue.ts'
import type { AwsEvents } from './aws-events.ts'
import type { AwsLog } from './aws-log.ts'
import type { AwsServeOptions } from './aws-options.ts'
import { type AwsSession, openSession } from './aws-session.ts'
import type { AwsState } from './aws-state.ts'
import { type AwsView, viewCluster } from './aws-view.ts'
import { clearDerivedBindings } from './derived-bindings.ts'
import type { GateStore } from './gate-store.ts'
import type { MemberObjects } from './member-objects.ts'
import { PassLoop } from './pass-loop.ts'
import type { ReadinessGates } from './readiness-gates.ts'
import { settleBindings } from './target-bindings.ts'

export interface AwsLeadParts {
  readonly transport: ApiTransport
  readonly source: KindsSource
  readonly options: AwsServeOptions
  readonly members: MemberObjects
  readonly queue: WriteQueue
  readonly gates: ReadinessGates
  readonly gateStore: GateStore
  readonly events: AwsEvents
  readonly recorder: EventRecorder
  readonly log: AwsLog
  readonly state: AwsState
  readonly problem: (message: string) => void
  /** Absent = the AWS SDK. */
  readonly open?: (options: OpenAwsOptions) => Promise<OpenedAws>
  /** Absent = those that are known to be bearable. */
  readonly rates?: Rates
}

/** A rollout touches several objects at once. */
const SETTLE_MS = 100
const FIRST_RETRY_MS = 2000
const LONGEST_RETRY_MS = 300_000
/** A thousand new Ingresses take ten minutes, which a change of another one must not wait for. */
const PATIENCE_MS = 20_000
/** Kinds whose changes make other targets and nothing else. */
const TARGET_KINDS: ReadonlySet<string> = new Set(['EndpointSlice', 'Pod'])
/** A cluster that may not be read in these parts would look as if they were deleted. */
const REQUIRED_KINDS: ReadonlySet<string> = new Set([
  'Ingress',
  'IngressClass',
  'Service',
  'EndpointSlice',
  'Node',
  'Pod',
])

export class AwsLead {
  readonly #parts: AwsLeadParts
  readonly #loop: PassLoop
  #session: AwsSession | null = null
  #view: AwsView | null = null
  #inventory: Inventory | null = null
  /** Names of all target groups there are; `null` = not known. */
  #groups: ReadonlySet<string> | null = null
  #ending: Promise<void> = Promise.resolve()
  #told: ReadonlySet<string> = new Set()
  /** Why the last pass failed; empty = it did not. */
  #cause = ''

  constructor(parts: AwsLeadParts) {
    this.#parts = parts
    this.#loop = new PassLoop({
      pass: (signal, interrupt) => this.#pass(signal, interrupt),
      onError: (error) => void this.#failed(error),
      settleMs: SETTLE_MS,
      firstRetryMs: FIRST_RETRY_MS,
      longestRetryMs: LONGEST_RETRY_MS,
      patienceMs: PATIENCE_MS,
      resyncMs: parts.options.resyncMs,
    })
  }

  begin(): void {
    void this.#ending.then(() => this.#loop.start())
  }

  /** Calls under way are waited for. */
  end(): Promise<void> {
    this.#ending = this.#end()
    return this.#ending
  }

  /** Endpoints go to AWS at once; everything else makes a pass due. */
  changed(changes: readonly KindChange[]): void {
    const others = changes.filter(({ kind }) => !TARGET_KINDS.has(kind))
    if (others.length > 0) this.#loop.request()
    const services = this.#servicesOf(changes)
    if (services.size === 0 || this.#session === null || this.#inventory === null) return
    const snapshot = this.#snapshotNow()
    if (snapshot !== null) this.#session.targets.changed(services, snapshot, this.#inventory)
  }

  /** True when no target group of this name exists, as far as the last pass saw. */
  isGone(group: string): boolean {
    return this.#groups !== null && !this.#groups.has(group)
  }

  async #end(): Promise<void> {
    await this.#loop.stop()
    this.#groups = null
    this.#parts.gateStore.forget()
    const session = this.#session
    this.#session = null
    if (session === null) return
    await session.close()
  }

  async #pass(signal: AbortSignal, interrupt: AbortSignal): Promise<boolean> {
    const { source, options, state, recorder } = this.#parts
    const beganMs = performance.now()
    const unread = source.forbidden.filter((kind) => REQUIRED_KINDS.has(kind))
    if (unread.length > 0) throw new Error(`${unread.join(' and ')} may not be read: grant list and watch`)
    const session = await this.#open()
    const { inventory, problems } = await session.inventory.read()
    this.#tellOnce(problems)
    this.#inventory = inventory
    const view = await viewCluster(source, options.aws, inventory)
    this.#view = view
    const { translation } = view
    // Pods come and go behind what cannot be built just now, too.
    const known = [...translation.stacks, ...translation.held]
    const stacks = new Map(translation.stacks.map((stack) => [stack.id, stack]))
    const result = await session.reconciler.pass(view, signal, interrupt, {
      planned: ({ identifiers, bridges }) =>
        session.targets.apply(known, view.snapshot, inventory, identifiers, bridges),
      created: (id, resource, identifier) => {
        const stack = stacks.get(id)
        const now = this.#snapshotNow()
        if (stack === undefined || now === null || !resource.startsWith('TargetGroup/')) return
        session.targets.created(stack, resource.slice('TargetGroup/'.length), identifier, now, inventory)
      },
    })
    if (signal.aborted) return false
    // A pass may take minutes: what came meanwhile must not be undone by what was known at its beginning.
    const snapshot = createSnapshot(source.objects)
    this.#view = { ...view, snapshot }
    const { transport, members, events } = this.#parts
    const bindings = { transport, members, events, lane: session.lane }
    const areBound = await settleBindings(snapshot.targetGroupBindings, inventory, bindings, signal)
    const heldBack = new Set(result.plan.held.map((one) => one.stack))
    const adopted = new Set(options.adopts ? [...stacks.keys()].filter((id) => !heldBack.has(id)) : [])
    const areCleared = await clearDerivedBindings(snapshot.targetGroupBindings, adopted, bindings, signal)
    const applied = session.targets.apply(known, snapshot, inventory, result.identifiers, result.plan.bridges)
    this.#groups = new Set([
      ...inventory.targetGroups.map(({ name }) => name),
      ...translation.stacks.flatMap(({ targetGroups }) => targetGroups.map(({ name }) => name)),
    ])
    if (inventory.unread?.includes('target groups') === true) this.#groups = null
    if (options.podWebhook !== '') this.#parts.gateStore.publish(session.targets.gates())
    for (const pod of snapshot.pods) {
      if (pod.readinessGates !== undefined) this.#parts.gates.look(`${pod.meta.namespace}/${pod.meta.name}`)
    }
    const access = nodeAccess(applied.demands, inventory, options.aws.clusterName)
    const findings = [...view.findings, ...applied.findings, ...access.findings].sort(compareFindings)
    state.findings = findings
    events.forget((object) => members.get(object) !== undefined)
    recorder.record(findings, true)
    const { problems: refused } = await session.access.apply({
      groups: access.groups,
      isComplete: translation.unbuilt.length === 0,
      identifiers: result.identifiers,
    })
    for (const { groupId, code, message } of refused) {
      this.#parts.problem(`Cannot open ${groupId} for load balancers: ${code}: ${message}`)
    }
    state.recordPass(result, translation.stacks.length, (performance.now() - beganMs) / 1000, Date.now())
    if (this.#cause !== '') this.#parts.problem('AWS is reconciled again')
    this.#cause = ''
    return result.isSettled && areBound && areCleared && refused.length === 0
  }

  /** What lasts is told when it begins, and again when it comes back. */
  #tellOnce(problems: readonly string[]): void {
    for (const problem of problems) if (!this.#told.has(problem)) this.#parts.problem(problem)
    this.#told = new Set(problems)
  }

  async #open(): Promise<AwsSession> {
    this.#session ??= await openSession(this.#parts, () => this.#view?.translation.stacks ?? [])
    return this.#session
  }

  /** That of the last pass, with Services, pods and endpoints as they are now. */
  #snapshotNow(): Snapshot | null {
    const { source } = this.#parts
    if (this.#view === null) return null
    return {
      ...this.#view.snapshot,
      service: (namespace, name) => {
        const found = source.find('Service', namespace, name)
        return found?.kind === 'Service' ? found : undefined
      },
      pod: (namespace, name) => {
        const found = source.find('Pod', namespace, name)
        return found?.kind === 'Pod' ? found : undefined
      },
      slicesOf: (namespace, service) => source.slicesOf(namespace, service),
    }
  }

  #servicesOf(changes: readonly KindChange[]): ReadonlySet<string> {
    const { source } = this.#parts
    const services = new Set<string>()
    for (const { kind, key } of changes) {
      const [namespace = '', name = ''] = key.split('/')
      if (kind === 'EndpointSlice') {
        const slice = source.find(kind, namespace, name)
        const service = slice?.kind === 'EndpointSlice' ? slice.serviceName : (this.#sliceOwners.get(key) ?? '')
        if (service === '') continue
        this.#sliceOwners.set(key, service)
        if (slice === undefined) this.#sliceOwners.delete(key)
        services.add(`${namespace}/${service}`)
      } else if (kind === 'Pod') {
        // Pods that only a gate of ours keeps out are in the slices as not ready: nothing else tells of their containers.
        const pod = source.find(kind, namespace, name)
        if (pod?.kind !== 'Pod' || pod.readinessGates === undefined) continue
        for (const service of this.#gatedServices(namespace, name)) services.add(service)
      }
    }
    return services
  }

  *#gatedServices(namespace: string, pod: string): Iterable<string> {
    for (const { meta } of this.#view?.snapshot.services ?? []) {
      if (meta.namespace !== namespace) continue
      const slices = this.#parts.source.slicesOf(namespace, meta.name)
      const isIn = slices.some(({ endpoints }) => endpoints.some(({ podName }) => podName === pod))
      if (isIn) yield `${namespace}/${meta.name}`
    }
  }

  /** Service of each slice: one that is deleted does not say any more. */
  readonly #sliceOwners = new Map<string, string>()

  /** Nothing was changed, or not all: whoever waits for it is told, once for as long as it lasts. */
  async #failed(error: unknown): Promise<void> {
    const { state, problem, source, options, events } = this.#parts
    state.failedPasses++
    const cause = causeOf(error)
    if (cause !== this.#cause) problem(`Cannot reconcile AWS: ${cause}; what exists stays, and it is tried again`)
    this.#cause = cause
    const { translation } = await viewCluster(source, options.aws, this.#inventory ?? EMPTY_INVENTORY)
    events.failed([...translation.stackOf.keys()], 'FailedDeployModel', `Failed deploy model due to ${cause}`)
  }
}

/** Which of many calls finds out that AWS is away, and by which error, is chance. */
function causeOf(error: unknown): string {
  if (!(error instanceof AwsError)) return error instanceof Error ? error.message : String(error)
  return error.code === 'Unreachable' ? 'AWS cannot be reached' : `${error.action} ${error.code}: ${error.message}`
}
