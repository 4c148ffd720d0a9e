/** What the leader does for as long as it leads: it opens AWS, looks at everything once, and keeps it as the cluster asks for. */
import { AwsError } from '../../aws/deploy/aws-api.ts'
import { createBudgets, DEFAULT_RATES } from '../../aws/deploy/execute/budget.ts'
import { createGuardedApi } from '../../aws/deploy/execute/guarded-api.ts'
import { createOptionalFeatures } from '../../aws/deploy/execute/optional-features.ts'
import { SYSTEM_PORTS } from '../../aws/deploy/execute/ports.ts'
import { createInventoryReader, type InventoryReader } from '../../aws/deploy/inventory/observe-inventory.ts'
import type { NodeIdentity } from '../../aws/deploy/inventory/read-nodes.ts'
import { createObserveCache, noteWrites } from '../../aws/deploy/observe/observe-cache.ts'
import { observe } from '../../aws/deploy/observe/observe.ts'
import { type OpenedAws, openAws } from '../../aws/deploy/sdk/open-aws.ts'
import { createNodeAccessKeeper, type NodeAccessKeeper } from '../../aws/deploy/security-groups/node-access-keeper.ts'
import { createOrphanCollector, type OrphanCollector } from '../../aws/deploy/security-groups/orphan-collector.ts'
import { createTargetLane, type TargetLane } from '../../aws/deploy/targets/target-lane.ts'
import type { Inventory } from '../../aws/stack/inventory.ts'
import { nodeAccess } from '../../aws/stack/node-access.ts'
import { compareFindings } from '../../base/finding.ts'
import { instanceIdOf } from '../../dialects/aws/targets/nodes.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import type { ApiTransport } from '../../sources/cluster/api-transport.ts'
import type { KindChange, KindsSource } from '../../sources/cluster/kinds-source.ts'
import type { EventRecorder } from '../cluster/event-recorder.ts'
import type { WriteQueue } from '../cluster/write-queue.ts'
import type { AwsEvents } from './aws-events.ts'
import type { AwsLog } from './aws-log.ts'
import type { AwsServeOptions } from './aws-options.ts'
import { AwsReconciler } from './aws-reconciler.ts'
import type { AwsState } from './aws-state.ts'
import { AwsTargets } from './aws-targets.ts'
import { type AwsView, viewCluster } from './aws-view.ts'
import type { MemberObjects } from './member-objects.ts'
import { PassLoop } from './pass-loop.ts'
import type { ReadinessGates } from './readiness-gates.ts'
import { createSecretReader } from './read-secrets.ts'

export interface AwsLeadParts {
  readonly transport: ApiTransport
  readonly source: KindsSource
  readonly options: AwsServeOptions
  readonly members: MemberObjects
  readonly queue: WriteQueue
  readonly gates: ReadinessGates
  readonly events: AwsEvents
  readonly recorder: EventRecorder
  readonly log: AwsLog
  readonly state: AwsState
  readonly problem: (message: string) => void
}

/** Everything that lives as long as one leadership. */
interface Session {
  readonly aws: OpenedAws
  readonly lane: TargetLane
  readonly targets: AwsTargets
  readonly inventory: InventoryReader
  readonly reconciler: AwsReconciler
  readonly access: NodeAccessKeeper
  readonly orphans: OrphanCollector
}

/** A rollout touches several objects at once. */
const SETTLE_MS = 100
const FIRST_RETRY_MS = 2000
const LONGEST_RETRY_MS = 300_000
/** Kinds whose changes make other targets and nothing else. */
const TARGET_KINDS: ReadonlySet<string> = new Set(['EndpointSlice', 'Pod'])

export class AwsLead {
  readonly #parts: AwsLeadParts
  readonly #loop: PassLoop
  #session: Session | null = null
  #view: AwsView | null = null
  #inventory: Inventory | null = null
  #ending: Promise<void> = Promise.resolve()
  #told: ReadonlySet<string> = new Set()

  constructor(parts: AwsLeadParts) {
    this.#parts = parts
    this.#loop = new PassLoop({
      pass: (signal) => this.#pass(signal),
      onError: (error) => this.#failed(error),
      settleMs: SETTLE_MS,
      firstRetryMs: FIRST_RETRY_MS,
      longestRetryMs: LONGEST_RETRY_MS,
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

  async #end(): Promise<void> {
    await this.#loop.stop()
    const session = this.#session
    this.#session = null
    if (session === null) return
    await session.lane.close()
    await session.orphans.close()
    session.aws.close()
  }

  async #pass(signal: AbortSignal): Promise<boolean> {
    const { source, options, state, recorder } = this.#parts
    const beganMs = performance.now()
    const session = await this.#open()
    const { inventory, problems } = await session.inventory.read()
    this.#tellOnce(problems)
    this.#inventory = inventory
    const view = await viewCluster(source, options.aws, inventory)
    this.#view = view
    const result = await session.reconciler.pass(view, signal)
    if (signal.aborted) return false
    const { translation, snapshot } = view
    const applied = session.targets.apply(translation.stacks, snapshot, inventory, result.identifiers)
    const access = nodeAccess(applied.demands, inventory, options.aws.clusterName)
    const findings = [...view.findings, ...applied.findings, ...access.findings].sort(compareFindings)
    state.findings = findings
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
    return result.isSettled && refused.length === 0
  }

  /** What lasts is told when it begins, and again when it comes back. */
  #tellOnce(problems: readonly string[]): void {
    for (const problem of problems) if (!this.#told.has(problem)) this.#parts.problem(problem)
    this.#told = new Set(problems)
  }

  async #open(): Promise<Session> {
    if (this.#session !== null) return this.#session
    const { options, state, source, gates, members, queue, events, log, transport, problem } = this.#parts
    const aws = await openAws({
      region: options.region,
      ...(options.endpoint === '' ? {} : { endpoint: options.endpoint }),
    })
    const onCall = state.recordCall.bind(state)
    const api = createGuardedApi(aws, {
      budgets: createBudgets(DEFAULT_RATES, SYSTEM_PORTS),
      ports: SYSTEM_PORTS,
      onCall,
    })
    const clusterUid = this.#clusterUid()
    const { clusterName } = options.aws
    const inventory = createInventoryReader({
      api,
      region: options.region,
      vpcId: options.vpcId,
      clusterName,
      nodes: () => nodesOf(source),
    })
    const { vpcId } = (await inventory.read()).inventory
    const orphans = createOrphanCollector({
      api,
      ports: SYSTEM_PORTS,
      clusterName,
      clusterUid,
      nowSeconds: () => Math.floor(Date.now() / 1000),
      events: {
        onStuck: ({ groupId, stack }, holders) =>
          problem(`The security group ${groupId} of ${stack} is still in use: ${holders.join(', ')}`),
      },
    })
    const cache = createObserveCache()
    const lane = createTargetLane({
      api: aws,
      onCall,
      events: {
        onHealth: gates.onHealth,
        onProblem: ({ pool, code, message }) =>
          problem(`Cannot change targets of ${pool.kind === 'classic' ? pool.name : pool.arn}: ${code}: ${message}`),
      },
    })
    const session: Session = {
      aws,
      lane,
      inventory,
      orphans,
      targets: new AwsTargets(lane, (pool) => gates.forget(pool)),
      access: createNodeAccessKeeper({ api, ports: SYSTEM_PORTS, vpcId, clusterName }),
      reconciler: new AwsReconciler({
        api: noteWrites(api, cache),
        transport,
        members,
        queue,
        events,
        log,
        plan: {
          clusterName,
          clusterUid,
          adopts: options.adopts,
          maxDeleteShare: options.maxDeleteShare,
          confirmedDeletes: options.confirmsDeletes,
          vpcId,
          externalManagedTags: options.aws.externalManagedTags,
          // Emulators look at each rule alone.
          swapsPriorities: options.endpoint === '',
        },
        execution: {
          readSecret: createSecretReader((key) => {
            const [namespace = '', name = ''] = key.split('/')
            const found = source.find('Secret', namespace, name)
            return found?.kind === 'Secret' ? found : undefined
          }),
          optional: createOptionalFeatures(SYSTEM_PORTS.nowMs),
          orphans,
        },
        observe: () =>
          observe(api, { clusterName, clusterUid, vpcId, desired: this.#view?.translation.stacks ?? [] }, cache),
      }),
    }
    this.#session = session
    return session
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

  /** Of the namespace that no cluster is without: two clusters of one name are told apart by it. */
  #clusterUid(): string {
    return this.#parts.source.find('Namespace', '', 'kube-system')?.meta.uid ?? ''
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

  #failed(error: unknown): void {
    const { state, problem } = this.#parts
    state.failedPasses++
    const cause = error instanceof AwsError ? `${error.action} ${error.code}: ${error.message}` : String(error)
    problem(`Cannot reconcile AWS: ${cause}; what exists stays, and it is tried again`)
  }
}

function nodesOf(source: KindsSource): readonly NodeIdentity[] {
  return source.objects.flatMap((object) => {
    const instanceId = object.kind === 'Node' ? instanceIdOf(object.providerId) : null
    return instanceId === null ? [] : [{ name: object.meta.name, instanceId }]
  })
}
