/** A speaker whose objects are in a cluster: followed, with Events and status objects going back. */
import type { Finding } from '../../../base/finding.ts'
import { METAL_CONFIG_MAPS } from '../../../dialects/metal/read-metal-config.ts'
import { createSnapshot } from '../../../kube/snapshot.ts'
import { trackReferences } from '../../../kube/tracked-snapshot.ts'
import type { ApiTransport } from '../../../sources/cluster/api-transport.ts'
import { KindsSource } from '../../../sources/cluster/kinds-source.ts'
import { EventSink } from '../../cluster/event-sink.ts'
import { CONFIG_KINDS, SPEAKER_KINDS } from '../followed-kinds.ts'
import { readHeartbeatSecret } from './heartbeat-secret.ts'
import { podOwner } from './pod-owner.ts'
import { SpeakerConfiguration } from './speaker-configuration.ts'
import type { RunningSpeaker } from './speaker-files.ts'
import { readSpeakerInputs, type SpeakerInputs } from './speaker-inputs.ts'
import { startSpeakerMetrics } from './speaker-metrics-server.ts'
import { SpeakerMetrics } from './speaker-metrics.ts'
import type { SpeakerEvents, SpeakerOptions } from './speaker-options.ts'
import { ClusterReports } from './speaker-cluster-reports.ts'
import { Staleness } from './staleness.ts'
import { StatusObjects } from './speaker-status.ts'
import { Speaker } from './speaker.ts'
import { tellUnread } from '../tell-unread.ts'

export interface ClusterSpeakerOptions extends SpeakerOptions {
  /** Of this pod; empty = not in one. */
  readonly podName: string
  /** Of this pod; empty = not known. */
  readonly podUid: string
  /** Where status objects are written; empty = the namespace of MetalLB. */
  readonly podNamespace: string
  /** In the same namespace, with the key of heartbeats in place of `heartbeatKey`; empty = none. */
  readonly heartbeatSecret: string
}

const DEFAULT_NAMESPACE = 'metallb-system'
/** Others are told so often how far what is known here may be out of date. */
const STALENESS_MS = 5000

/** Returns when the cluster was read once, however long that takes. @returns `null` when the signal came first */
export async function startClusterSpeaker(
  transport: ApiTransport,
  options: ClusterSpeakerOptions,
  events: SpeakerEvents & { readonly findings: (findings: readonly Finding[]) => void },
  signal: AbortSignal,
): Promise<RunningSpeaker | null> {
  const metalNamespace = options.namespace || DEFAULT_NAMESPACE
  const namespace = options.podNamespace || metalNamespace
  let speaker: Speaker | null = null
  let told: ReadonlySet<string> = new Set()
  let before: SpeakerInputs | null = null
  const source = new KindsSource({
    transport,
    watchNamespace: '',
    kinds: SPEAKER_KINDS,
    followsConfigMaps: false,
    followsSecrets: false,
    onChange: () => look(),
    onProblem: (message) => events.problem(message),
  })
  // Passwords are there too: Secrets of no other namespace are read.
  const configuration = new KindsSource({
    transport,
    watchNamespace: metalNamespace,
    kinds: CONFIG_KINDS,
    configMapNames: METAL_CONFIG_MAPS,
    onChange: () => look(),
    onProblem: (message) => events.problem(message),
  })
  const sink = new EventSink({
    transport,
    component: 'metallb-speaker',
    instance: options.podName || options.nodeName,
    namespace: '',
    mayWrite: () => true,
    onProblem: (message) => events.problem(message),
  })
  const metrics = new SpeakerMetrics(options.nodeName)
  const owners = options.podNamespace === '' ? [] : podOwner(options.podName, options.podUid)
  const onProblem = events.problem
  const status = new StatusObjects({ transport, namespace, node: options.nodeName, owners, onProblem })
  const ownConfiguration = new SpeakerConfiguration({
    transport,
    node: options.nodeName,
    namespace: metalNamespace,
    // An owner is looked for in the namespace of what it owns.
    owners: namespace === metalNamespace ? owners : [],
    source: configuration,
    sink,
    onProblem,
  })
  const uidOf = (key: string): string | null => {
    const [inNamespace = '', name = ''] = key.split('/')
    return source.find('Service', inNamespace, name)?.meta.uid ?? null
  }
  const reports = new ClusterReports({ node: options.nodeName, metrics, sink, status, uidOf })

  const look = (): void => {
    if (speaker === null) return
    const tracked = trackReferences(createSnapshot([...source.objects, ...configuration.objects]))
    const inputs = readSpeakerInputs(tracked.snapshot, { ...options, namespace: metalNamespace }, false, before)
    // What is asked for is on its way; then there is another look. What cannot be read for now holds nothing up.
    if (!configuration.want(tracked.secrets, tracked.configMaps)) return
    before = inputs
    speaker.update(inputs)
    const read = tellUnread(inputs.findings, (kind, key) => configuration.whyUnread(kind, key))
    const findings = [...source.findings, ...configuration.findings, ...read]
    const { labels = {} } = inputs.nodes.find(({ name }) => name === options.nodeName) ?? {}
    const own = ownConfiguration.tell(findings, tracked.snapshot.metal.peers, labels)
    metrics.configured(own.some(({ severity }) => severity === 'error'))
    events.findings(findings.filter((finding) => !told.has(JSON.stringify(finding))))
    told = new Set(findings.map((finding) => JSON.stringify(finding)))
  }

  const stopped = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
  const server = await startSpeakerMetrics(() => speaker, metrics, options, events)
  let heartbeatKey = options.heartbeatKey
  const read = async (): Promise<void> => {
    await Promise.all([source.start(), configuration.start()])
    if (options.heartbeatSecret === '') return
    heartbeatKey = await readHeartbeatSecret({ transport, namespace, name: options.heartbeatSecret, onProblem }, signal)
  }
  if (!signal.aborted) await Promise.race([read(), stopped])
  if (signal.aborted) {
    await Promise.all([source.close(), configuration.close(), sink.close(), status.close(), server?.close()])
    return null
  }
  await status.begin()
  const running = new Speaker({ ...options, heartbeatKey }, events, reports)
  speaker = running
  look()
  const staleness = new Staleness(performance.now())
  const watch = setInterval(() => {
    running.setStale(staleness.look(source.staleSinceMs !== null, performance.now()))
  }, STALENESS_MS)
  ownConfiguration.start()
  return {
    metricsPort: server?.port ?? 0,
    async close() {
      clearInterval(watch)
      await speaker?.close()
      await Promise.all([status.close(), ownConfiguration.close()])
      await Promise.all([source.close(), configuration.close(), sink.close(), server?.close()])
    },
  }
}
