/**
 * What goes back into the cluster: addresses into `.status`, findings as Events. Written by the leader alone, and only about
 * versions that the proxy serves. Followers look at the same things and write nothing.
 */
import type { Finding } from '../../base/finding.ts'
import type { AnyObject, Ingress } from '../../kube/objects.ts'
import type { ApiTransport } from '../../sources/cluster/api-transport.ts'
import type { ClusterSource } from '../../sources/cluster/cluster-source.ts'
import { LeaderElection } from '../../sources/cluster/leader-election.ts'
import type { Leadership } from '../live-state.ts'
import type { ServeOptions } from '../serve/serve-options.ts'
import { EventRecorder } from './event-recorder.ts'
import { EventSink, type EventTarget } from './event-sink.ts'
import { type IngressStatus, IngressStatusKeeper } from './ingress-status.ts'
import { hasOtherPods } from './own-pods.ts'
import { PublishedAddresses } from './published-addresses.ts'
import { SyncEvents } from './sync-events.ts'
import { WriteQueue } from './write-queue.ts'

export interface ClusterWriterEvents {
  problem(message: string): void
  leading(isLeader: boolean): void
}

/** Writes at a time: 1,500 statuses at 5 ms each take about a second. */
const PARALLEL = 8
/** Looking at everything takes a small part of the time, however often something changes. */
const LEAST_PAUSE_MS = 50
const LOOK_PART = 10
/** For clearing everything when the last pod ends. */
const CLEAR_MS = 10_000

export class ClusterWriter {
  readonly #source: ClusterSource
  readonly #transport: ApiTransport
  readonly #options: ServeOptions
  readonly #election: LeaderElection | null
  readonly #queue: WriteQueue
  readonly #statuses: IngressStatusKeeper
  readonly #sink: EventSink
  readonly #events: EventRecorder
  readonly #syncs: SyncEvents
  readonly #addresses: PublishedAddresses
  #served: readonly Ingress[] = []
  #findings: readonly Finding[] = []
  #isStarted = false
  #isClosed = false
  #closing: Promise<void> | null = null
  /** Events that others wrote are known: what is new can be told from what is not. */
  #hasLearned = false
  #timer: NodeJS.Timeout | null = null
  #interval: NodeJS.Timeout | null = null
  #lookedAtMs = Number.NEGATIVE_INFINITY
  #lookMs = 0

  constructor(transport: ApiTransport, source: ClusterSource, options: ServeOptions, events: ClusterWriterEvents) {
    const { options: flags } = options.command
    const onProblem = (message: string): void => events.problem(message)
    this.#source = source
    this.#transport = transport
    this.#options = options
    this.#election = flags['disable-leader-election']
      ? null
      : new LeaderElection({
          transport,
          namespace: options.podNamespace,
          name: flags['election-id'],
          identity: options.podName,
          ttlMs: flags['election-ttl'],
          onChange: (isLeader) => {
            events.leading(isLeader)
            this.#leads(isLeader)
          },
          onProblem,
        })
    const mayWrite = (): boolean => this.isLeader
    this.#queue = new WriteQueue({ parallel: PARALLEL, mayWrite, onProblem })
    const controller = flags['controller-class'].replaceAll(/[^\w./-]/g, '_')
    this.#statuses = new IngressStatusKeeper({
      transport,
      queue: this.#queue,
      fieldManager: `genkan:${options.podNamespace}/${flags['election-id']}:${controller}`.slice(0, 128),
    })
    this.#sink = new EventSink({
      transport,
      component: 'nginx-ingress-controller',
      instance: options.podName,
      namespace: flags['watch-namespace'],
      mayWrite,
      onProblem,
    })
    this.#events = new EventRecorder({ sink: this.#sink, find: (object) => this.#find(object) })
    this.#syncs = new SyncEvents({ sink: this.#sink, targetOf, tellsOfIngresses: !flags['disable-sync-events'] })
    this.#addresses = new PublishedAddresses(transport, options, {
      changed: () => this.#look(),
      problem: onProblem,
    })
  }

  get isLeader(): boolean {
    return !this.#isClosed && (this.#election === null || this.#election.isLeader)
  }

  get leadership(): Leadership {
    const { podName, command } = this.#options
    const { isLeader } = this
    const leader = isLeader ? podName : (this.#election?.leader ?? '')
    return { lease: command.options['election-id'], leader, isLeader }
  }

  start(): void {
    this.#isStarted = true
    this.#addresses.start()
    this.#election?.start()
    if (this.#election === null) this.#leads(true)
    const { 'status-update-interval': seconds } = this.#options.command.options
    // Status that somebody else changed is no change to the routes: it is found here.
    this.#interval = setInterval(() => this.#soon(), Math.max(5, seconds) * 1000)
    this.#interval.unref()
    this.#look()
  }

  /** This is served now. */
  served(ingresses: readonly Ingress[], findings: readonly Finding[]): void {
    this.#served = ingresses
    this.#findings = findings
    this.#soon()
  }

  /** Lets another replica lead; before that the last pod of all takes its addresses away. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (this.#interval !== null) clearInterval(this.#interval)
    this.#isStarted = false
    await this.#sink.close()
    if (this.isLeader && (await this.#mustClear())) {
      this.#statuses.forget()
      this.#statuses.clearAll(this.#served.map((ingress) => this.#statusOf(ingress)))
      const { promise: late, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, CLEAR_MS)
      await Promise.race([this.#queue.idle(), late])
      clearTimeout(timer)
    }
    this.#isClosed = true
    await this.#queue.close()
    // The Lease first: another replica waits for it.
    await this.#election?.stop()
    await this.#addresses.close()
  }

  /** ingress-nginx's rule: the last pod, and a single address. */
  async #mustClear(): Promise<boolean> {
    const { podNamespace, podName, command } = this.#options
    const selector = this.#addresses.podSelector
    const isWanted = command.options['update-status'] && command.options['update-status-on-shutdown']
    if (!isWanted || selector === null || this.#addresses.current?.length !== 1) return false
    try {
      return !(await hasOtherPods(this.#transport, podNamespace, podName, selector))
    } catch {
      // Whoever cannot know leaves it as it is.
      return false
    }
  }

  #leads(isLeader: boolean): void {
    this.#hasLearned = false
    this.#queue.clear()
    this.#sink.clear()
    this.#statuses.forget()
    if (!isLeader) return
    void this.#sink.learn().then(() => {
      if (!this.isLeader) return
      this.#look()
      this.#hasLearned = true
      this.#events.repeat()
      this.#syncs.repeat()
    })
    this.#look()
  }

  #soon(): void {
    if (!this.#isStarted || this.#timer !== null) return
    const pauseMs = Math.max(LEAST_PAUSE_MS, this.#lookedAtMs + LOOK_PART * this.#lookMs - performance.now())
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#look()
    }, pauseMs)
    this.#timer.unref()
  }

  #look(): void {
    if (!this.#isStarted) return
    this.#lookedAtMs = performance.now()
    const { isLeader } = this
    const maySay = isLeader && this.#hasLearned
    this.#events.record(this.#findings, maySay)
    this.#syncs.record([...this.#served, ...this.#configMaps()], maySay)
    const wanted = this.#addresses.current
    if (this.#options.command.options['update-status'] && wanted !== null) {
      const ours = new Set(this.#served.map(({ meta }) => `${meta.namespace}/${meta.name}`))
      this.#statuses.keep(
        this.#served.filter((ingress) => this.#exists(ingress)).map((ingress) => this.#statusOf(ingress)),
        this.#source.ingresses
          .filter(({ meta }) => !ours.has(`${meta.namespace}/${meta.name}`))
          .map((ingress) => this.#statusOf(ingress)),
        wanted,
        isLeader,
      )
    }
    this.#queue.advance()
    this.#lookMs = performance.now() - this.#lookedAtMs
  }

  #exists({ meta: { namespace, name, uid } }: Ingress): boolean {
    return this.#source.find('Ingress', namespace, name)?.meta.uid === uid
  }

  #statusOf({ meta: { namespace, name, uid } }: Ingress): IngressStatus {
    return { namespace, name, uid, addresses: this.#source.statusOf(namespace, name) }
  }

  #configMaps(): readonly AnyObject[] {
    const { options: flags } = this.#options.command
    const keys = [flags.configmap, flags['tcp-services-configmap'], flags['udp-services-configmap']]
    return keys.flatMap((key) => {
      const [namespace = '', name = ''] = key.split('/')
      return key === '' ? [] : (this.#source.find('ConfigMap', namespace, name) ?? [])
    })
  }

  /** @param text `Kind namespace/name`, or `Kind name` where there are no namespaces */
  #find(text: string): EventTarget | null {
    const [kind = '', path = ''] = text.split(' ')
    const [name = '', namespace = ''] = path.split('/').reverse()
    const found = this.#source.find(kind, namespace, name)
    return found === undefined ? null : targetOf(found)
  }
}

const API_VERSIONS: Readonly<Record<string, string>> = {
  Ingress: 'networking.k8s.io/v1',
  IngressClass: 'networking.k8s.io/v1',
  EndpointSlice: 'discovery.k8s.io/v1',
}

function targetOf({ kind, meta: { namespace, name, uid } }: AnyObject): EventTarget {
  return { apiVersion: API_VERSIONS[kind] ?? 'v1', kind, namespace, name, uid }
}
