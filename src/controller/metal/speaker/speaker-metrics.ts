/** Metrics of a speaker: under MetalLB's names where it has them, so that its dashboards go on working. */
import { parseAddress } from '../../../base/ip-address.ts'
import { contains, parseCidr } from '../../../base/ip-range.ts'
import type { BgpRoute } from '../../../metal/announcement.ts'
import type { LatencyHistogram } from '../../../metal/l2/responder-model.ts'
import { formatFamily, formatHeader, type Labels } from '../../../proxy/metrics/exposition.ts'
import type { AnnouncedAddress, SpeakerReports } from './speaker-reports.ts'
import type { Speaker } from './speaker.ts'

/** Seconds. */
const FAILOVER_BOUNDS = [0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 10]

export class SpeakerMetrics implements SpeakerReports {
  readonly #node: string
  #l2: readonly AnnouncedAddress[] = []
  #bgp: readonly BgpRoute[] = []
  #conflicts = 0
  #updates = 0
  #hasErrors = false
  readonly #failovers = { bounds: FAILOVER_BOUNDS, counts: [...FAILOVER_BOUNDS, 0].map(() => 0), sumSeconds: 0 }

  constructor(node: string) {
    this.#node = node
  }

  announced(l2: readonly AnnouncedAddress[], bgp: readonly BgpRoute[]): void {
    this.#l2 = l2
    this.#bgp = bgp
  }

  warn(_services: readonly string[], reason: string): void {
    if (reason === 'addressConflict') this.#conflicts++
  }

  tookOver(_address: string, silenceMs: number): void {
    const seconds = silenceMs / 1000
    const index = FAILOVER_BOUNDS.findIndex((bound) => seconds <= bound)
    const at = index === -1 ? FAILOVER_BOUNDS.length : index
    this.#failovers.counts[at] = (this.#failovers.counts[at] ?? 0) + 1
    this.#failovers.sumSeconds += seconds
  }

  configured(hasErrors: boolean): void {
    this.#updates++
    this.#hasErrors = hasErrors
  }

  async format(speaker: Speaker): Promise<string> {
    const [l2, beats] = await Promise.all([speaker.l2Stats(), speaker.heartbeatStats()])
    const perAddress = (l2?.addresses ?? []).map((stats) => [{ ip: stats.address }, stats] as const)
    const peers = speaker.bgpStatus().map((status) => [{ peer: status.address }, status] as const)
    const heard = (beats?.peers ?? []).map((peer) => [{ peer: peer.name }, peer] as const)
    const one = (value: number): [Labels, number][] => [[{}, value]]
    return [
      gauge(
        'metallb_k8s_client_config_loaded_bool',
        'Whether a configuration was read',
        one(Number(this.#updates > 0)),
      ),
      gauge(
        'metallb_k8s_client_config_stale_bool',
        'Whether parts of it are wrong and left out',
        one(Number(this.#hasErrors)),
      ),
      counter('metallb_k8s_client_updates_total', 'Changes of objects that were looked at', one(this.#updates)),
      gauge('metallb_speaker_announced', 'Addresses that this node announces', this.#announcedSamples(speaker)),
      counter(
        'metallb_layer2_requests_received',
        'Requests for an address',
        perAddress.map(([ip, stats]) => [ip, stats.requestsReceived]),
      ),
      counter(
        'metallb_layer2_responses_sent',
        'Answers to them',
        perAddress.map(([ip, stats]) => [ip, stats.responsesSent]),
      ),
      counter(
        'metallb_layer2_gratuitous_sent',
        'Announcements that nobody asked for',
        perAddress.map(([ip, stats]) => [ip, stats.gratuitousSent]),
      ),
      counter(
        'genkan_layer2_foreign_claims_total',
        'Packets in which another says to have an address of this node',
        perAddress.map(([ip, stats]) => [ip, stats.foreignSeen]),
      ),
      l2 === null ? '' : histogram('genkan_layer2_reply_seconds', 'From a request to its answer', l2.replyLatency),
      l2 === null
        ? ''
        : counter('genkan_layer2_send_failures_total', 'Packets that the kernel did not take', one(l2.sendFailures)),
      counter('genkan_layer2_conflicts_total', 'Conflicts about addresses that were told', one(this.#conflicts)),
      histogram(
        'genkan_layer2_failover_seconds',
        'From the last sign of a node to the announcement here',
        this.#failovers,
      ),
      gauge(
        'genkan_layer2_leader',
        'Who announces an address, as this node sees it',
        [...speaker.facts.announcers].map(([ip, node]) => [{ ip, node }, 1]),
      ),
      gauge(
        'metallb_bgp_session_up',
        'Whether a session is established',
        peers.map(([peer, status]) => [peer, Number(status.state === 'established')]),
      ),
      counter(
        'metallb_bgp_updates_total',
        'UPDATE messages sent',
        peers.map(([peer, { counters }]) => [peer, counters.updatesSent]),
      ),
      gauge(
        'metallb_bgp_announced_prefixes_total',
        'Prefixes announced',
        peers.map(([peer, status]) => [peer, status.announcedPrefixes]),
      ),
      gauge(
        'metallb_bgp_pending_prefixes_total',
        'Prefixes that are to be announced',
        peers.map(([peer, status]) => [peer, status.pendingPrefixes]),
      ),
      counter(
        'metallb_bgp_opens_sent',
        'OPEN messages sent',
        peers.map(([peer, { counters }]) => [peer, counters.opensSent]),
      ),
      counter(
        'metallb_bgp_opens_received',
        'OPEN messages received',
        peers.map(([peer, { counters }]) => [peer, counters.opensReceived]),
      ),
      counter(
        'metallb_bgp_notifications_sent',
        'NOTIFICATION messages sent',
        peers.map(([peer, { counters }]) => [peer, counters.notificationsSent]),
      ),
      counter(
        'metallb_bgp_keepalives_sent',
        'KEEPALIVE messages sent',
        peers.map(([peer, { counters }]) => [peer, counters.keepalivesSent]),
      ),
      counter(
        'metallb_bgp_keepalives_received',
        'KEEPALIVE messages received',
        peers.map(([peer, { counters }]) => [peer, counters.keepalivesReceived]),
      ),
      gauge(
        'genkan_bgp_time_to_announce_seconds',
        'Of the last change of routes',
        peers.flatMap(([peer, { timeToAnnounceMs }]) =>
          timeToAnnounceMs === null ? [] : [[peer, timeToAnnounceMs / 1000] as const],
        ),
      ),
      gauge(
        'metallb_bfd_session_up',
        'Whether BFD says that a peer is there',
        peers.flatMap(([peer, { bfd }]) => (bfd === null ? [] : [[peer, Number(bfd.state === 'Up')] as const])),
      ),
      gauge(
        'genkan_heartbeat_peer_live',
        'Whether the speaker of a node is heard',
        heard.map(([peer, { isLive }]) => [peer, Number(isLive)]),
      ),
      counter(
        'genkan_heartbeat_lost_total',
        'Rounds of which nothing came',
        heard.map(([peer, { lost }]) => [peer, lost]),
      ),
      counter(
        'genkan_heartbeat_received_total',
        'Heartbeats received',
        heard.map(([peer, { received }]) => [peer, received]),
      ),
      counter(
        'genkan_heartbeat_refused_total',
        'Datagrams that changed nothing',
        Object.entries(beats?.counters ?? {})
          .filter(([reason]) => REFUSALS.has(reason))
          .map(([reason, count]) => [{ reason }, count]),
      ),
    ].join('')
  }

  #announcedSamples(speaker: Speaker): readonly (readonly [Labels, number])[] {
    const node = this.#node
    const addresses = new Map(speaker.services.map((service) => [service.key, service.addresses]))
    // Routes that differ by peer alone are one sample, and so are an address and the block that it is announced with.
    const samples = new Map<string, Labels>()
    const add = (service: string, protocol: string, ip: string): void =>
      void samples.set(`${service} ${protocol} ${ip}`, { service, protocol, node, ip })
    for (const { address, services } of this.#l2) for (const service of services) add(service, 'layer2', address)
    for (const { prefix, services } of this.#bgp) {
      const range = parseCidr(prefix)
      for (const service of services) {
        for (const ip of addresses.get(service) ?? []) {
          const address = parseAddress(ip)
          if (range !== null && address !== null && contains(range, address)) add(service, 'bgp', ip)
        }
      }
    }
    return [...samples.values()].map((labels) => [labels, 1])
  }
}

const REFUSALS: ReadonlySet<string> = new Set(['malformed', 'forged', 'replayed', 'foreign'])

function gauge(name: string, help: string, samples: readonly (readonly [Labels, number])[]): string {
  return formatFamily({ name, help, type: 'gauge' }, samples)
}

function counter(name: string, help: string, samples: readonly (readonly [Labels, number])[]): string {
  return formatFamily({ name, help, type: 'counter' }, samples)
}

function histogram(name: string, help: string, { bounds, counts, sumSeconds }: LatencyHistogram): string {
  let total = 0
  const lines = counts.map((count, index) => {
    total += count
    return `${name}_bucket{le="${index < bounds.length ? String(bounds[index]) : '+Inf'}"} ${total}\n`
  })
  return `${formatHeader({ name, help, type: 'histogram' })}${lines.join('')}${name}_sum ${sumSeconds}\n${name}_count ${total}\n`
}
