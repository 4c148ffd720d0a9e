/** Events and status objects of a speaker, on transitions only. Reasons are MetalLB's. */
import type { BgpRoute } from '../../../metal/announcement.ts'
import type { EventSink } from '../../cluster/event-sink.ts'
import type { SpeakerMetrics } from './speaker-metrics.ts'
import type { AnnouncedAddress, SpeakerReports } from './speaker-reports.ts'
import type { StatusObjects } from './speaker-status.ts'

export interface ClusterReportsOptions {
  readonly node: string
  readonly metrics: SpeakerMetrics
  readonly sink: Pick<EventSink, 'say'>
  readonly status: Pick<StatusObjects, 'set'>
  /** Of a Service by key; `null` = it is gone. */
  readonly uidOf: (key: string) => string | null
}

export class ClusterReports implements SpeakerReports {
  readonly #options: ClusterReportsOptions
  /** `protocol/key` of what was told. */
  #assigned: ReadonlySet<string> = new Set()

  constructor(options: ClusterReportsOptions) {
    this.#options = options
  }

  announced(l2: readonly AnnouncedAddress[], bgp: readonly BgpRoute[]): void {
    const { metrics, status, node } = this.#options
    metrics.announced(l2, bgp)
    const interfaces = new Map<string, readonly string[]>()
    for (const { services, interfaces: wished } of l2) for (const key of services) interfaces.set(key, wished)
    const peers = new Map<string, readonly string[]>()
    for (const route of bgp) {
      for (const key of route.services) peers.set(key, [...new Set([...(peers.get(key) ?? []), ...route.peers])].sort())
    }
    status.set(interfaces, peers)
    const assigned = new Set([
      ...[...interfaces.keys()].map((key) => `layer2/${key}`),
      ...[...peers.keys()].map((key) => `bgp/${key}`),
    ])
    for (const each of assigned) {
      if (this.#assigned.has(each)) continue
      const at = each.indexOf('/')
      const message = `announcing from node "${node}" with protocol "${each.slice(0, at)}"`
      this.#say(each.slice(at + 1), 'Normal', 'nodeAssigned', message)
    }
    this.#assigned = assigned
  }

  warn(services: readonly string[], reason: string, message: string): void {
    this.#options.metrics.warn(services, reason)
    for (const key of services) this.#say(key, 'Warning', reason, message)
  }

  tookOver(address: string, silenceMs: number): void {
    this.#options.metrics.tookOver(address, silenceMs)
  }

  #say(key: string, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const uid = this.#options.uidOf(key)
    if (uid === null) return
    const [namespace = '', name = ''] = key.split('/')
    const target = { apiVersion: 'v1', kind: 'Service', namespace, name, uid }
    this.#options.sink.say(target, { type, reason, message, isRepeat: false })
  }
}
