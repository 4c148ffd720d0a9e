/**
 * What to do about others who say to have our addresses. A speaker that is heard is no stranger: election settles it within
 * moments. With strangers, and speakers that are not heard, the lower MAC keeps the address: both sides come to the same.
 * One packet alone takes nothing away (RFC 5227 2.4): it is answered, and who has the address says so again.
 */
export interface ForeignClaimsOptions {
  readonly setTimer: (run: () => void, delayMs: number) => NodeJS.Timeout
  /** The MAC is of a speaker that is heard, or that said good-bye a moment ago. */
  readonly isKnown: (mac: string) => boolean
  /** The address is still wished here. */
  readonly isOwn: (address: string) => boolean
  readonly defend: (address: string) => void
  /** The set of addresses that are left to others has changed. */
  readonly onYield: (address: string, mac: string) => void
  readonly onReturn: () => void
}

/** Time for heartbeats to say who it is, and for the other to answer what is said against it: claims are told once a second. */
const PATIENCE_MS = 2000
/** Then it is looked whether the other is still there. */
const YIELD_MS = 30_000

export class ForeignClaims {
  readonly #options: ForeignClaimsOptions
  readonly #judged = new Map<string, { readonly timer: NodeJS.Timeout; isInsistent: boolean }>()
  readonly #yielded = new Map<string, { readonly timer: NodeJS.Timeout; readonly mac: string }>()

  constructor(options: ForeignClaimsOptions) {
    this.#options = options
  }

  /** Left to a stranger for now; one that turns out to be a speaker that is heard is none. */
  has(address: string): boolean {
    const yielded = this.#yielded.get(address)
    if (yielded === undefined) return false
    if (!this.#options.isKnown(yielded.mac)) return true
    clearTimeout(yielded.timer)
    this.#yielded.delete(address)
    return false
  }

  see(address: string, mac: string, ownMac: string): void {
    const { isKnown, isOwn, defend, setTimer } = this.#options
    // What the other said has reached everybody: it is said again who has the address.
    if (isKnown(mac) || ownMac < mac) return defend(address)
    const judged = this.#judged.get(address)
    if (judged !== undefined) {
      judged.isInsistent = true
      return
    }
    defend(address)
    const timer = setTimer(() => {
      const isInsistent = this.#judged.get(address)?.isInsistent === true
      this.#judged.delete(address)
      if (!isOwn(address) || !isInsistent) return
      if (isKnown(mac)) defend(address)
      else this.#yield(address, mac)
    }, PATIENCE_MS)
    this.#judged.set(address, { timer, isInsistent: false })
  }

  close(): void {
    for (const { timer } of this.#judged.values()) clearTimeout(timer)
    for (const { timer } of this.#yielded.values()) clearTimeout(timer)
    this.#judged.clear()
    this.#yielded.clear()
  }

  #yield(address: string, mac: string): void {
    const timer = this.#options.setTimer(() => {
      this.#yielded.delete(address)
      this.#options.onReturn()
    }, YIELD_MS)
    this.#yielded.set(address, { timer, mac })
    this.#options.onYield(address, mac)
  }
}
