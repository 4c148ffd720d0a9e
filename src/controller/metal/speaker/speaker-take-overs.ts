/** How long addresses were without an announcer: from the last sign of the one that went until this node announces them. */
import type { HeartbeatDeparture } from '../../../metal/heartbeat/heartbeat-model.ts'

export class TakeOvers {
  /** Departures whose addresses were not taken over yet, by node. */
  readonly #departures = new Map<string, HeartbeatDeparture>()
  /** Addresses that were of a speaker that went, until they are announced here. */
  readonly #begun = new Map<string, { readonly silenceMs: number; readonly atMs: number }>()

  left(departure: HeartbeatDeparture): void {
    this.#departures.set(departure.name, departure)
  }

  /**
   * @param wished all that this node is to announce from now on: what it is not to, somebody else has
   * @param addresses what it takes over now
   * @param announcers of addresses, until now
   */
  begin(wished: readonly string[], addresses: readonly string[], announcers: ReadonlyMap<string, string>): void {
    const atMs = performance.now()
    const all = new Set(wished)
    for (const address of this.#begun.keys()) if (!all.has(address)) this.#begun.delete(address)
    for (const address of addresses) {
      const departure = this.#departures.get(announcers.get(address) ?? '')
      if (departure !== undefined) this.#begun.set(address, { silenceMs: departure.silenceMs, atMs })
    }
    this.#departures.clear()
  }

  /** The address is announced. @returns milliseconds; `null` = it was of nobody who went */
  end(address: string): number | null {
    const begun = this.#begun.get(address)
    if (begun === undefined) return null
    this.#begun.delete(address)
    return begun.silenceMs + performance.now() - begun.atMs
  }
}
