/**
 * Gives addresses to Services of type LoadBalancer on bare metal: configuration, Services and leadership in, `.status` and Events
 * out. Several replicas may run; the one that leads writes.
 */
import { type AdminServer, startAdminServer } from '../../../admin/admin-server.ts'
import { compareFindings, type Finding } from '../../../base/finding.ts'
import { keepGood } from '../../../dialects/metal/keep-good.ts'
import { LEGACY_CONFIG_MAP, METAL_CONFIG_MAPS, readMetalConfig } from '../../../dialects/metal/read-metal-config.ts'
import type { Service } from '../../../kube/objects.ts'
import { createSnapshot } from '../../../kube/snapshot.ts'
import { trackReferences } from '../../../kube/tracked-snapshot.ts'
import type { MetalConfig } from '../../../metal/model.ts'
import type { ApiTransport } from '../../../sources/cluster/api-transport.ts'
import { type KindChange, KindsSource } from '../../../sources/cluster/kinds-source.ts'
import { LeaderElection } from '../../../sources/cluster/leader-election.ts'
import { CONFIG_MAPS, IP_ADDRESS_POOLS, NAMESPACES, SERVICES } from '../../../sources/cluster/resource.ts'
import { wait } from '../../../sources/cluster/wait.ts'
import type { Admission } from '../../admission/start-admission.ts'
import { EventRecorder } from '../../cluster/event-recorder.ts'
import { EventSink } from '../../cluster/event-sink.ts'
import { WriteQueue } from '../../cluster/write-queue.ts'
import { type AddressState, createAddressAdmin } from './address-admin.ts'
import { AddressKeeper, type ServiceView } from './address-keeper.ts'
import { findConfigTarget } from '../config-target.ts'
import { CONFIG_KINDS, CONTROLLER_KINDS } from '../followed-kinds.ts'
import { listServices } from './list-services.ts'
import type { MetalServeEvents, MetalServeOptions } from './metal-options.ts'
import { startMetalWebhook } from './metal-webhook.ts'
import { PoolStatus } from './pool-status.ts'
import { ServiceWriter } from './service-writer.ts'
import { StateObject } from '../state-object.ts'

export interface AddressController {
  readonly adminPort: number
  readonly isLeader: boolean
  /** Finishes writes under way and gives up the Lease. Addresses stay. */
  close(): Promise<void>
}

/** Writes into the cluster at a time. */
const PARALLEL = 8
const RETRY_MS = 1000

/**
 * Returns when the cluster was read once, however long the API server takes. The admin server answers from the beginning.
 *
 * @returns `null` when the signal came first
 * @throws {Error} with a `code` and a message for people when the port of admin or webhook cannot be used
 */
export async function startAddressController(
  transport: ApiTransport,
  options: MetalServeOptions,
  events: MetalServeEvents,
  signal: AbortSignal,
): Promise<AddressController | null> {
  const problem = (message: string): void => events.problem(message)
  const state: AddressState = { findings: [], isDraining: false, hasRead: false, isStale: false, configVersion: 0 }
  const versions = new Map<string, string>()
  const services = new KindsSource({
    transport,
    watchNamespace: '',
    kinds: CONTROLLER_KINDS,
    followsConfigMaps: false,
    followsSecrets: false,
    onRaw: (kind, key, raw) => {
      if (kind !== SERVICES.kind) return
      if (raw === null) versions.delete(key)
      else versions.set(key, raw.metadata.resourceVersion ?? '')
    },
    onChange: () => servicesChanged(services.takeChanges()),
    onProblem: problem,
  })
  const configuration = new KindsSource({
    transport,
    watchNamespace: options.metalNamespace,
    kinds: CONFIG_KINDS,
    followsSecrets: false,
    configMapNames: METAL_CONFIG_MAPS,
    onChange: () => {
      configuration.takeChanges()
      readConfig()
    },
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
      if (isLeader) void begin()
      else end()
    },
    onProblem: problem,
  })
  const mayWrite = (): boolean => election.isLeader
  const queue = new WriteQueue({ parallel: PARALLEL, mayWrite, onProblem: problem })
  const sink = new EventSink({
    transport,
    component: 'metallb-controller',
    instance: options.podName,
    namespace: '',
    mayWrite,
    onProblem: problem,
  })
  const recorder = new EventRecorder({ sink, find: (object) => findConfigTarget(configuration, object) })
  const configurationState = new StateObject({
    transport,
    namespace: options.metalNamespace,
    name: 'controller',
    labels: { 'metallb.io/component-type': 'controller' },
    owners: [],
    parts: ['poolReconcilerValid', 'configReconcilerValid'],
    mayWrite,
    onProblem: problem,
  })
  const toView = (object: Service): ServiceView => {
    const { namespace, name, resourceVersion } = object.meta
    const found = services.find('Namespace', '', namespace)
    return {
      object,
      resourceVersion: versions.get(`${namespace}/${name}`) ?? resourceVersion,
      namespaceLabels: found?.meta.labels ?? {},
    }
  }
  const view = (key: string): ServiceView | null => {
    const [namespace = '', name = ''] = key.split('/')
    const found = services.find('Service', namespace, name)
    return found?.kind === 'Service' ? toView(found) : null
  }
  const keeper = new AddressKeeper({
    loadBalancerClass: options.loadBalancerClass,
    sink,
    views: () => services.objects.flatMap((object) => (object.kind === 'Service' ? [toView(object)] : [])),
    view,
    write: (key, uid) => writer.push(key, uid),
  })
  const writer = new ServiceWriter({
    transport,
    queue,
    wishFor: (key, uid) => keeper.wishFor(key, uid),
    onWritten: (key, version, wish) => keeper.written(key, version, wish),
  })
  const poolStatus = new PoolStatus(transport, queue, options.metalNamespace, () => keeper.counts())
  let config: MetalConfig | null = null
  let pools = ''
  /** The keeper has what is in `.status`. */
  let leads: AbortController | null = null
  let isKeeping = false

  const hasPool = (name: string): boolean =>
    configuration.find(IP_ADDRESS_POOLS.kind, options.metalNamespace, name) !== undefined
  const readConfig = (): void => {
    const tracked = trackReferences(createSnapshot(configuration.objects))
    const reading = readMetalConfig(tracked.snapshot, { namespace: options.metalNamespace })
    if (!configuration.want(new Set(), tracked.configMaps)) return
    config = keepGood(config, reading)
    // Passwords are for speakers: nobody here reads Secrets.
    const found = [...reading.findings, ...configuration.findings]
    const findings = found.filter(({ absent = '' }) => !absent.startsWith('Secret '))
    state.findings = findings.sort(compareFindings)
    state.isStale = findings.some(({ severity }: Finding) => severity === 'error')
    state.configVersion++
    recorder.record(state.findings, isKeeping)
    configurationState.tell({ findings: state.findings, unread: configuration.forbidden })
    const text = JSON.stringify(config.pools, (_key, value: unknown) =>
      typeof value === 'bigint' ? `${value}` : value,
    )
    if (text === pools) return
    pools = text
    if (isKeeping) keeper.setPools(config.pools)
    poolStatus.soon(hasPool)
  }
  const servicesChanged = (changes: readonly KindChange[]): void => {
    if (!isKeeping) return
    if (changes.some(({ kind }) => kind === NAMESPACES.kind)) keeper.lookAtAll()
    else keeper.look(changes.flatMap(({ kind, key }) => (kind === SERVICES.kind ? [key] : [])))
    poolStatus.soon(hasPool)
  }
  const begin = async (): Promise<void> => {
    end()
    configurationState.look()
    const leading = new AbortController()
    leads = leading
    let told = ''
    while (!leading.signal.aborted) {
      try {
        const unread = cannotRead()
        if (unread !== '') throw new Error(unread)
        const listed = await listServices(transport, leading.signal)
        await sink.learn()
        if (leading.signal.aborted || config === null) return
        // By the versions of the list, not of the watch.
        const views = listed.map((object) => ({ ...toView(object), resourceVersion: object.meta.resourceVersion }))
        isKeeping = true
        keeper.begin(config.pools, views)
        recorder.repeat()
        // What came while it was read.
        keeper.lookAtAll()
        poolStatus.soon(hasPool)
        queue.advance()
        return
      } catch (error) {
        if (leading.signal.aborted) return
        const reason = error instanceof Error ? error.message : String(error)
        if (reason !== told) problem(`Cannot give addresses: ${reason}; it is tried again`)
        told = reason
        await wait(RETRY_MS, leading.signal)
      }
    }
  }
  /** Whoever may not read pools would take every address away. */
  const cannotRead = (): string => {
    if (config === null) return 'the configuration was not read yet'
    const kinds = [SERVICES.kind, NAMESPACES.kind].filter((kind) => services.forbidden.includes(kind))
    const noPools = configuration.forbidden.includes(IP_ADDRESS_POOLS.kind) && (config?.pools ?? []).length === 0
    if (noPools) kinds.push(IP_ADDRESS_POOLS.kind)
    const older = configuration.whyUnread(CONFIG_MAPS.kind, `${options.metalNamespace}/${LEGACY_CONFIG_MAP}`)
    if (older !== null) return `the ConfigMap with pools cannot be read: ${older}`
    return kinds.length === 0 ? '' : `${kinds.join(' and ')} may not be read, or are not defined`
  }
  const end = (): void => {
    leads?.abort()
    leads = null
    isKeeping = false
    queue.clear()
    sink.clear()
    keeper.end()
    poolStatus.forget()
  }
  const admin: AdminServer = await startAdminServer({
    host: options.adminHost,
    port: options.adminPort,
    sources: createAddressAdmin({
      state,
      counts: () => keeper.counts(),
      leadership: () => ({
        lease: options.electionId,
        leader: election.isLeader ? options.podName : election.leader,
        isLeader: election.isLeader,
      }),
      staleSinceMs: () => services.staleSinceMs ?? configuration.staleSinceMs,
      forbidden: () => [...services.forbidden, ...configuration.forbidden],
    }),
    onProblem: problem,
  })
  let webhook: Admission | null = null
  const close = async (): Promise<void> => {
    state.isDraining = true
    leads?.abort()
    isKeeping = false
    await queue.idle()
    // The Lease first: another replica waits for it.
    await election.stop()
    await sink.close()
    await queue.close()
    poolStatus.forget()
    await Promise.all([services.close(), configuration.close(), configurationState.close(false)])
    await webhook?.close()
    await admin.close()
  }
  const stopped = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => stopped.resolve(), { once: true })
  const read = async (): Promise<void> => {
    await Promise.all([services.start(), configuration.start()])
    readConfig()
    await configuration.settled()
    readConfig()
  }
  if (!signal.aborted) await Promise.race([read(), stopped.promise])
  if (signal.aborted) {
    await close()
    return null
  }
  try {
    webhook = await startMetalWebhook({ transport, options, isLeader: mayWrite, onProblem: problem })
  } catch (error) {
    await close()
    throw error
  }
  state.hasRead = true
  configurationState.start()
  election.start()
  return {
    adminPort: admin.port,
    get isLeader() {
      return election.isLeader
    },
    close,
  }
}
