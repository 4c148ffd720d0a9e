/** The connections of a worker beside those of others: gives some away before anybody read from them, and takes some in. */
import type { Socket } from 'node:net'
import type { Scheme } from '../../routing/model.ts'
import { ConnectionShare, type OthersShare, type ShareReport } from './connection-share.ts'
import { attachConnection, detachConnection, type RawConnection } from './raw-handles.ts'

/** How often a worker looks at what it has, while clients come and go, and while they only stay. */
const BUSY_MS = 10
const CALM_MS = 500
/** Looks without a change after which it is calm. */
const CALM_AFTER = 50

export interface WorkerConnectionsPorts {
  /** Plain connections that are open. */
  plainCount(): number
  accept(socket: Socket, scheme: Scheme): void
  report(report: ShareReport): void
  /** Sends the connection to the control process; `sent` is called when our copy may be closed. */
  give(connection: RawConnection, scheme: Scheme, report: ShareReport, sent: () => void): void
}

export class WorkerConnections {
  readonly #ports: WorkerConnectionsPorts
  readonly #share = new ConnectionShare()
  /** Counted from the accepted socket on: a handshake takes its time. */
  #secure = 0
  #reported: ShareReport = { open: 0, taken: 0, given: 0 }
  #timer: NodeJS.Timeout | null = null
  #calm = 0

  constructor(ports: WorkerConnectionsPorts) {
    this.#ports = ports
  }

  learn(others: OthersShare): void {
    this.#share.learn(others)
  }

  /** For the data plane, which asks for each accepted socket. */
  readonly giveAway = (socket: Socket, scheme: Scheme): boolean => {
    this.#calm = 0
    if (this.#timer === null) this.#lookIn(BUSY_MS)
    if (!this.#share.gives(this.#open)) {
      this.#count(socket, scheme)
      return false
    }
    const connection = detachConnection(socket)
    if (connection !== null) {
      this.#ports.give(connection, scheme, this.#share.now(this.#open), () => connection.close())
    }
    return true
  }

  /** @param others as they are now that one of them gave this connection away */
  take(connection: RawConnection, scheme: Scheme, others: OthersShare): void {
    this.#share.learn(others)
    const socket = attachConnection(connection)
    this.#share.took()
    this.#count(socket, scheme)
    this.#ports.accept(socket, scheme)
    this.#calm = 0
    // Those that pass connections on must not believe for long that this one never came.
    if (this.#timer === null) this.#lookIn(BUSY_MS)
  }

  get #open(): number {
    return this.#ports.plainCount() + this.#secure
  }

  #count(socket: Socket, scheme: Scheme): void {
    if (scheme === 'http') return
    this.#secure++
    socket.once('close', () => {
      this.#secure--
    })
  }

  #lookIn(milliseconds: number): void {
    this.#timer = setTimeout(() => {
      const before = this.#reported
      const report = this.#share.report(this.#open)
      const isSame = report.open === before.open && report.taken === before.taken && report.given === before.given
      this.#calm = isSame ? this.#calm + 1 : 0
      if (!isSame) {
        this.#reported = report
        this.#ports.report(report)
      }
      this.#timer = null
      if (this.#calm <= CALM_AFTER) this.#lookIn(BUSY_MS)
      else if (report.open > 0) this.#lookIn(CALM_MS)
    }, milliseconds)
    this.#timer.unref()
  }
}
