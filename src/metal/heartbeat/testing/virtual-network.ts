/** Speakers' memberships on a network and a clock of the test: delay, loss, duplicates, partitions, recordings. */
import type { HeartbeatDeparture, HeartbeatTiming } from '../heartbeat-model.ts'
import { Membership } from '../membership.ts'

export interface Sent {
  readonly from: string
  readonly to: string
  readonly datagram: Buffer
}

interface Event {
  readonly atMs: number
  readonly order: number
  readonly run: () => void
}

export class VirtualNetwork {
  readonly key = Buffer.from('the key of the cluster')
  readonly recorded: Sent[] = []
  readonly departures: (HeartbeatDeparture & { readonly at: string; readonly atMs: number })[] = []
  /** `a with b`: a has found b again. */
  readonly reunions: string[] = []
  /** `a by b`: b, whom a heard all the time, has found a again. */
  readonly heardAgain: string[] = []
  /** Milliseconds for a datagram; `null` = it is lost. */
  route: (sent: Sent) => number | null = () => 1
  nowMs = 0
  readonly #timing: HeartbeatTiming
  readonly #names: readonly string[]
  readonly #nodes = new Map<string, { readonly membership: Membership; isRunning: boolean }>()
  #events: Event[] = []
  #order = 0
  #boot = 1n

  constructor(timing: HeartbeatTiming, names: readonly string[]) {
    this.#timing = timing
    this.#names = names
    for (const name of names) this.start(name)
  }

  /** A speaker starts, once more maybe: as a new boot. */
  start(name: string): void {
    this.stop(name)
    const membership = new Membership(
      {
        name,
        key: this.key,
        timing: this.#timing,
        boot: this.#boot++,
        send: (datagram, to) => this.deliver({ from: name, to, datagram: Buffer.from(datagram) }),
        onDeparture: (departure) => this.departures.push({ ...departure, at: name, atMs: this.nowMs }),
        onReunion: (other) => this.reunions.push(`${name} with ${other}`),
        onHeardAgain: (other) => this.heardAgain.push(`${name} by ${other}`),
      },
      this.nowMs,
    )
    const node = { membership, isRunning: true }
    this.#nodes.set(name, node)
    const peers = this.#names.filter((other) => other !== name).map((other) => ({ name: other, addresses: [other] }))
    membership.setPeers(peers, this.nowMs)
    const tick = (): void => {
      if (!node.isRunning) return
      this.after(membership.advance(this.nowMs), tick)
    }
    tick()
  }

  /** As kill -9 does. */
  stop(name: string): void {
    const node = this.#nodes.get(name)
    if (node !== undefined) node.isRunning = false
  }

  at(name: string): Membership {
    const node = this.#nodes.get(name)
    if (node === undefined) throw new Error(`no node ${name}`)
    return node.membership
  }

  deliver(sent: Sent): void {
    this.recorded.push(sent)
    const delayMs = this.route(sent)
    if (delayMs !== null) this.after(delayMs, () => this.inject(sent))
  }

  /** A datagram arrives now, whoever sent it. */
  inject({ from, to, datagram }: Sent): void {
    const node = this.#nodes.get(to)
    if (node?.isRunning === true) node.membership.receive(datagram, from, this.nowMs)
  }

  after(delayMs: number, run: () => void): void {
    this.#events.push({ atMs: this.nowMs + delayMs, order: this.#order++, run })
  }

  /** Lets time pass. */
  run(forMs: number): void {
    const untilMs = this.nowMs + forMs
    for (;;) {
      const next = this.#events.reduce<Event | null>(
        (best, event) =>
          best === null || event.atMs < best.atMs || (event.atMs === best.atMs && event.order < best.order)
            ? event
            : best,
        null,
      )
      if (next === null || next.atMs > untilMs) break
      this.#events = this.#events.filter((event) => event !== next)
      this.nowMs = next.atMs
      next.run()
    }
    this.nowMs = untilMs
  }

  /** Names of members as a node sees them, those that are not settled in brackets. */
  seenBy(name: string): string {
    return this.at(name)
      .view(this.nowMs)
      .members.map((member) => (member.isSettled ? member.name : `(${member.name})`))
      .join(' ')
  }

  /** Only these pairs, in both directions, are cut. */
  cut(...groups: readonly (readonly string[])[]): void {
    this.route = ({ from, to }) => {
      const [a, b] = [from, to].map((name) => groups.findIndex((group) => group.includes(name)))
      return a === b ? 1 : null
    }
  }
}
