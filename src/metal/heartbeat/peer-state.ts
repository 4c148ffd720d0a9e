/** What is known of one peer: of bounded size, whatever it sends. */
import type { HeartbeatInterface, HeartbeatPeer } from './heartbeat-model.ts'
import type { Echo, Packet } from './packet.ts'

/** Boots that ended; their datagrams are never new again. */
const REMEMBERED_BOOTS = 8

export class PeerState {
  readonly name: string
  addresses: readonly string[]
  isLive = false
  hasLeft = false
  /** It was given up without a word of it, and has not started anew since. */
  isMissed = false
  /** Of the proven boot. */
  lastHeardMs = -Infinity
  /** When an echo proved last that it hears us now. */
  lastProvenMs = -Infinity
  /** Where it was heard from last; empty = nowhere yet. */
  heardFrom = ''
  isSettled = false
  isListening = true
  staleSeconds: number | null = null
  interfaces: readonly HeartbeatInterface[] | null = null
  /** It counts us as alive. */
  hearsUs = false
  /** It did, and does not any more. */
  hasLostUs = false
  /** Its last heartbeat, to be passed on. */
  lastDatagram: { readonly datagram: Buffer; readonly atMs: number } | null = null
  askedAtMs = -Infinity
  /** Heartbeats sent to it out of turn in this round. */
  answered = 0
  received = 0
  lost = 0
  roundTripMs: number | null = null
  #echo: Echo = { boot: 0n, sequence: 0 }
  #unproven: Echo = { boot: 0n, sequence: 0 }
  #round = 0
  readonly #ended: bigint[] = []

  constructor({ name, addresses }: HeartbeatPeer) {
    this.name = name
    this.addresses = addresses
  }

  get echo(): Echo {
    return this.#echo
  }

  get unprovenEcho(): Echo {
    return this.#unproven
  }

  /** Of the boot that is proven; zero = none. */
  get boot(): bigint {
    return this.#echo.boot
  }

  /** True for a datagram of the proven boot that was seen, or of one that ended. */
  isReplay({ boot, sequence }: Packet): boolean {
    return boot === this.#echo.boot ? sequence <= this.#echo.sequence : this.#ended.includes(boot)
  }

  /** Remembered so that the answer can prove it; only the latest, whoever sent it. */
  noteUnproven({ boot, sequence }: Packet): void {
    this.#unproven = { boot, sequence }
  }

  /** A datagram is new: its boot is the current one from now on. @returns true when it is another than before */
  accept({ boot, sequence, round }: Packet): boolean {
    const isOther = boot !== this.#echo.boot
    if (isOther) {
      if (this.#echo.boot !== 0n) this.#ended.push(this.#echo.boot)
      if (this.#ended.length > REMEMBERED_BOOTS) this.#ended.shift()
      this.#unproven = { boot: 0n, sequence: 0 }
      this.hasLeft = false
      this.isMissed = false
      this.hasLostUs = false
    } else if (this.isLive && round > this.#round + 1) this.lost += round - this.#round - 1
    this.#round = round
    this.#echo = { boot, sequence }
    return isOther
  }
}
