/**
 * What goes back into the cluster: addresses into `.status`, findings as Events. Written by the leader alone, and only about
 * versions that the proxy serves.
 */
import type { Finding } from '../../base/finding.ts'
import type { Ingress } from '../../kube/objects.ts'
import type { ApiTransport } from '../../sources/cluster/api-transport.ts'
import type { ClusterSource } from '../../sources/cluster/cluster-source.ts'
import { LeaderElection } from '../../sources/cluster/leader-election.ts'
import type { ServeOptions } from '../serve/serve-options.ts'
import { EventRecorder } from './event-recorder.ts'
import { IngressStatusKeeper } from './ingress-status.ts'
import { PublishedAddresses } from './published-addresses.ts'
import { WriteQueue } from './write-queue.ts'

export interface ClusterWriterEvents {
  problem(message: string): void
  leading(isLeader: boolean): void
}

/** Writes at a time: 1,500 statuses at 5 ms each take about a second. */
const PARALLEL = 8

export class ClusterWriter {
  readonly #source: ClusterSource
  readonly #election: LeaderElection | null
  readonly #queue: WriteQueue
  readonly #statuses: IngressStatusKeeper
  readonly #events: EventRecorder
  readonly #addresses: PublishedAddresses
  readonly #updatesStatus: boolean
  #served: readonly Ingress[] = []
  #findings: readonly Finding[] = []
  #isClosed = false

  constructor(transport: ApiTransport, source: ClusterSource, options: ServeOptions, events: ClusterWriterEvents) {
    const { options: flags } = options.command
    this.#source = source
    this.#updatesStatus = flags['update-status']
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
            if (isLeader) {
              this.#statuses.forget()
              this.#write()
            }
          },
          onProblem: (message) => events.problem(message),
        })
    this.#queue = new WriteQueue({
      parallel: PARALLEL,
      mayWrite: () => this.isLeader,
      onProblem: (message) => events.problem(message),
    })
    this.#statuses = new IngressStatusKeeper(transport, this.#queue)
    this.#events = new EventRecorder({
      transport,
      queue: this.#queue,
      component: 'nginx-ingress-controller',
      instance: options.podName,
      find: (object) => {
        const found = this.#source.objects.find(({ kind, meta }) => `${kind} ${meta.namespace}/${meta.name}` === object)
        if (found === undefined) return null
        const { namespace, name, uid } = found.meta
        const apiVersion = found.kind === 'Ingress' ? 'networking.k8s.io/v1' : 'v1'
        return { apiVersion, kind: found.kind, namespace, name, uid }
      },
    })
    this.#addresses = new PublishedAddresses(transport, options, {
      changed: () => this.#write(),
      problem: (message) => events.problem(message),
    })
  }

  get isLeader(): boolean {
    return !this.#isClosed && (this.#election === null || this.#election.isLeader)
  }

  start(): void {
    this.#election?.start()
    this.#addresses.start()
    this.#write()
  }

  /** This is served now. */
  served(ingresses: readonly Ingress[], findings: readonly Finding[]): void {
    this.#served = ingresses
    this.#findings = findings
    this.#write()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#queue.close()
    await this.#addresses.close()
    await this.#election?.stop()
  }

  #write(): void {
    if (!this.isLeader) return
    this.#events.record(this.#findings)
    const wanted = this.#addresses.current
    if (this.#updatesStatus && wanted !== null) {
      const ours = new Set(this.#served.map(({ meta }) => `${meta.namespace}/${meta.name}`))
      const statusOf = ({ meta: { namespace, name } }: Ingress) => ({
        namespace,
        name,
        addresses: this.#source.statusOf(namespace, name),
      })
      const all = this.#source.objects.filter((object): object is Ingress => object.kind === 'Ingress')
      const isOurs = ({ meta }: Ingress): boolean => ours.has(`${meta.namespace}/${meta.name}`)
      this.#statuses.keep(
        all.filter(isOurs).map(statusOf),
        all.filter((ingress) => !isOurs(ingress)).map(statusOf),
        wanted,
      )
    }
    this.#queue.advance()
  }
}
