/** Others that have, or say to have, an address of this node: told, and settled by election or by the lower MAC. */
import { ForeignClaims } from './foreign-claims.ts'
import { LongDisputes } from './long-disputes.ts'

export interface ConflictsOptions {
  /** This node is to announce it. */
  readonly isWished: (address: string) => boolean
  readonly isSpeaker: (mac: string) => boolean
  readonly defend: (address: string) => void
  /** Announces at once what was looked for and found with another. */
  readonly insist: (address: string) => void
  readonly warn: (address: string, message: string) => void
  /** Which addresses are left to others has changed. */
  readonly onChange: () => void
}

export class Conflicts {
  readonly #options: ConflictsOptions
  readonly #claims: ForeignClaims
  /** Addresses that another had when they were looked for, and its MAC. */
  readonly #found = new Map<string, string>()
  readonly #disputes = new LongDisputes()

  constructor(options: ConflictsOptions) {
    this.#options = options
    const { isWished, isSpeaker, defend, warn, onChange } = options
    this.#claims = new ForeignClaims({
      setTimer: (run, delayMs) => setTimeout(run, delayMs),
      isKnown: isSpeaker,
      isOwn: isWished,
      defend,
      onYield: (address, mac) => {
        warn(
          address,
          `${address} is announced by ${mac} too, which is no speaker that is heard and has the lower MAC: this node leaves it to that one`,
        )
        onChange()
      },
      onReturn: onChange,
    })
  }

  /** Left to others for now. */
  hasYielded(address: string): boolean {
    return this.#claims.has(address)
  }

  /** Somebody has an address that was looked for. */
  found(address: string, mac: string, on: string): void {
    this.#found.set(address, mac)
    if (this.#options.isSpeaker(mac)) return this.settle()
    this.#options.warn(
      address,
      `Cannot announce ${address}: ${mac} has it already on ${on}; it is looked for again every 30 s`,
    )
  }

  /** Somebody says to have an address that is announced. */
  claimed(address: string, mac: string, ownMac: string, on: string): void {
    if (!this.#options.isSpeaker(mac)) {
      this.#options.warn(address, `${mac} says on ${on} to have ${address}, which this node announces`)
    } else if (this.#disputes.see(address, mac, performance.now())) {
      this.#options.warn(
        address,
        `${mac}, of a node whose speaker is heard, goes on saying on ${on} to have ${address}, which this node announces: its kernel answers too (strictARP of kube-proxy, arp_ignore), or its speaker reads other objects`,
      )
    }
    this.#claims.see(address, mac, ownMac)
  }

  announced(address: string): void {
    this.#found.delete(address)
  }

  /** Who had an address turns out to be a speaker that is heard: election has given the address to this node. */
  settle(): void {
    for (const [address, mac] of this.#found) {
      if (!this.#options.isWished(address)) this.#found.delete(address)
      else if (this.#options.isSpeaker(mac)) {
        this.#found.delete(address)
        this.#options.insist(address)
      }
    }
  }

  close(): void {
    this.#claims.close()
  }
}
