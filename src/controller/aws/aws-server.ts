/**
 * The running system of `genkan serve --provider aws`: a cluster in, load balancers in AWS out. All replicas read the cluster; the
 * leader alone talks to AWS and writes statuses, finalizers and Events.
 */
import { type AdminServer, startAdminServer } from '../../admin/admin-server.ts'
import type { Pod } from '../../kube/objects.ts'
import type { ApiTransport } from '../../sources/cluster/api-transport.ts'
import { type KindChange, KindsSource } from '../../sources/cluster/kinds-source.ts'
import { LeaderElection } from '../../sources/cluster/leader-election.ts'
import {
  ENDPOINT_SLICES,
  INGRESS_CLASS_PARAMS,
  INGRESS_CLASSES,
  INGRESSES,
  NAMESPACES,
  NODES,
  PODS,
  SERVICES,
  TARGET_GROUP_BINDINGS,
} from '../../sources/cluster/resource.ts'
import { EventRecorder } from '../cluster/event-recorder.ts'
import { EventSink } from '../cluster/event-sink.ts'
import { WriteQueue } from '../cluster/write-queue.ts'
import { createAwsAdmin } from './aws-admin.ts'
import { AwsEvents, targetOf } from './aws-events.ts'
import { createAwsLog } from './aws-log.ts'
import type { AwsServeEvents, AwsServeOptions } from './aws-options.ts'
import { AwsLead, type AwsLeadParts } from './aws-lead.ts'
import { AwsState } from './aws-state.ts'
import { MemberObjects } from './member-objects.ts'
import { GateStore } from './gate-store.ts'
import { startPodWebhook } from './pod-webhook.ts'
import { ReadinessGates } from './readiness-gates.ts'

export interface AwsServer {
  readonly adminPort: number
  readonly isLeader: boolean
  /** Finishes calls under way, gives up the Lease, closes everything. Nothing in AWS is taken away. */
  close(): Promise<void>
}

/** Writes into the cluster at a time. */
const PARALLEL = 8
const KINDS = [
  INGRESSES,
  INGRESS_CLASSES,
  SERVICES,
  ENDPOINT_SLICES,
  NODES,
  PODS,
  NAMESPACES,
  INGRESS_CLASS_PARAMS,
  TARGET_GROUP_BINDINGS,
]

/**
 * Returns when the cluster was read once, however long the API server takes. The admin server answers from the beginning.
 *
 * @param aws test seam: another AWS, and other budgets
 * @returns `null` when the signal came first
 * @throws {Error} with a `code` and a message for people when the admin port cannot be used
 */
export async function startAwsServer(
  transport: ApiTransport,
  options: AwsServeOptions,
  events: AwsServeEvents,
  signal: AbortSignal,
  aws: Pick<AwsLeadParts, 'open' | 'rates'> = {},
): Promise<AwsServer | null> {
  const state = new AwsState()
  const members = new MemberObjects()
  const log = createAwsLog((line) => events.line(line), options.logLevel ?? '')
  const problem = (message: string): void => events.problem(message)
  let lead: AwsLead | null = null
  const source = new KindsSource({
    transport,
    watchNamespace: options.aws.watchNamespace,
    kinds: KINDS,
    followsConfigMaps: false,
    onRaw: (kind, key, raw) => members.set(kind, key, raw),
    onChange: () => changed(source.takeChanges()),
    onProblem: problem,
  })
  const election = new LeaderElection({
    transport,
    namespace: options.podNamespace,
    name: options.electionId,
    identity: options.podName,
    ttlMs: options.electionTtlMs,
    onChange: (isLeader) => {
      events.leading(isLeader)
      if (isLeader) lead?.begin()
      else void lead?.end()
    },
    onProblem: problem,
  })
  const mayWrite = (): boolean => election.isLeader
  const queue = new WriteQueue({ parallel: PARALLEL, mayWrite, onProblem: problem })
  const sink = new EventSink({
    transport,
    component: 'ingress-controller',
    instance: options.podName,
    namespace: options.aws.watchNamespace,
    mayWrite,
    onProblem: problem,
  })
  const podOf = (key: string): Pod | undefined => {
    const [namespace = '', name = ''] = key.split('/')
    const found = source.find('Pod', namespace, name)
    return found?.kind === 'Pod' ? found : undefined
  }
  const gates = new ReadinessGates({ transport, queue, pod: podOf, isGone: (group) => lead?.isGone(group) ?? false })
  const gateStore = new GateStore(transport, options.podNamespace, queue)
  const find = (object: string): ReturnType<typeof targetOf> | null => {
    const member = members.get(object)
    return member === undefined ? null : targetOf(member)
  }
  lead = new AwsLead({
    ...aws,
    transport,
    source,
    options,
    members,
    queue,
    gates,
    gateStore,
    log,
    state,
    problem,
    events: new AwsEvents({ sink, members, log }),
    recorder: new EventRecorder({ sink, find }),
  })

  const changed = (changes: readonly KindChange[]): void => {
    for (const { kind, key } of changes) if (kind === 'Pod') gates.look(key)
    lead?.changed(changes)
  }
  const leadership = () => ({
    lease: options.electionId,
    leader: election.isLeader ? options.podName : election.leader,
    isLeader: election.isLeader,
  })
  const admin: AdminServer = await startAdminServer({
    host: options.adminHost,
    port: options.adminPort,
    sources: createAwsAdmin({
      state,
      leadership,
      staleSinceMs: () => source.staleSinceMs,
      forbidden: () => source.forbidden,
    }),
    onProblem: problem,
  })
  const webhook = await startPodWebhook({
    transport,
    options,
    problem,
    source,
    gates: () => gateStore.gates(),
    isLeader: mayWrite,
  })
  const close = async (): Promise<void> => {
    state.isDraining = true
    await webhook?.close()
    await lead?.end()
    await queue.idle()
    await election.stop()
    await sink.close()
    await queue.close()
    await source.close()
    await admin.close()
  }
  log.write('controller', 'INFO', `Ingress class set to ${options.aws.ingressClass}`)
  const stopped = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => stopped.resolve(), { once: true })
  if (!signal.aborted) await Promise.race([source.start(), stopped.promise])
  if (signal.aborted) {
    await close()
    return null
  }
  state.hasRead = true
  await sink.learn()
  election.start()
  return {
    adminPort: admin.port,
    get isLeader() {
      return election.isLeader
    },
    close,
  }
}
