/** Evens out connections between workers: knows how many each has, and passes on what one gives away. */
import type { OthersShare, ShareReport } from './connection-share.ts'

/** A worker as the relay sees it. */
export interface RelayWorker {
  /** False while it cannot take connections. */
  readonly isReady: boolean
  tellShare(others: OthersShare): void
}

interface Member {
  report: ShareReport
  /** Connections passed on to it. */
  sent: number
  /** Connections that came from it. */
  received: number
}

/** Reports of one moment are told together; of many workers, of a longer one, because each hears of all. */
const LEAST_TELL_MS = 2

export class ConnectionRelay<W extends RelayWorker> {
  readonly #members = new Map<W, Member>()
  #timer: NodeJS.Timeout | null = null

  /** Returns when all were told, so that what is accepted from now on is spread. */
  add(worker: W): void {
    this.#members.set(worker, { report: { open: 0, taken: 0, given: 0 }, sent: 0, received: 0 })
    this.tell()
  }

  remove(worker: W): void {
    this.#members.delete(worker)
    this.#tellSoon()
  }

  reported(worker: W, report: ShareReport): void {
    const member = this.#members.get(worker)
    if (member === undefined) return
    member.report = report
    this.#tellSoon()
  }

  /**
   * Who takes a connection that a worker gives away: the one with the fewest. The giver when there is nobody else.
   *
   * @param report the giver's, with this connection given
   */
  takerOf(giver: W, report: ShareReport): W {
    this.reported(giver, report)
    let taker = giver
    let fewest = Infinity
    for (const [worker, member] of this.#members) {
      if (worker === giver || !worker.isReady || loadOf(member) >= fewest) continue
      taker = worker
      fewest = loadOf(member)
    }
    const from = this.#members.get(giver)
    if (from !== undefined) from.received++
    const to = this.#members.get(taker)
    if (to !== undefined) to.sent++
    return taker
  }

  /** Connections of each worker as far as is known, those on their way to it included. */
  loads(): readonly number[] {
    return [...this.#members.values()].map(loadOf)
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#members.clear()
  }

  #tellSoon(): void {
    this.#timer ??= setTimeout(
      () => {
        this.tell()
      },
      Math.max(LEAST_TELL_MS, this.#members.size),
    ).unref()
  }

  /** Tells every worker what the others have. */
  tell(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    for (const worker of this.#members.keys()) worker.tellShare(this.othersOf(worker))
  }

  /** What the others of a worker have. One that is not here yet counts among the workers as if it were. */
  othersOf(worker: W): OthersShare {
    let open = 0
    for (const [other, member] of this.#members) if (other !== worker) open += loadOf(member)
    const own = this.#members.get(worker)
    return { open, workers: this.#members.size + (own === undefined ? 1 : 0), given: own?.received ?? 0 }
  }
}

/** What is on its way to a worker is its own already. */
function loadOf({ report, sent }: Member): number {
  return report.open + sent - report.taken
}
