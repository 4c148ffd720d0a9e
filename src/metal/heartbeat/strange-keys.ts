/** Nodes whose heartbeats are made with another key: told once, because nobody would find out otherwise why they are not heard. */
import type { HeartbeatPeer } from './heartbeat-model.ts'

export class StrangeKeys {
  readonly #tell: (message: string) => void
  #names: ReadonlyMap<string, string> = new Map()
  readonly #told = new Set<string>()

  constructor(tell: (message: string) => void) {
    this.#tell = tell
  }

  setPeers(peers: readonly HeartbeatPeer[]): void {
    this.#names = new Map(peers.flatMap(({ name, addresses }) => addresses.map((address) => [address, name] as const)))
    const names = new Set(peers.map(({ name }) => name))
    for (const name of this.#told) if (!names.has(name)) this.#told.delete(name)
  }

  /** These are heard: what comes later is told anew. */
  heard(peers: readonly { readonly name: string }[]): void {
    for (const { name } of peers) this.#told.delete(name)
  }

  /** A datagram came from there that was not made with the key; of addresses that are no node's nothing is told. */
  see(from: string): void {
    const name = this.#names.get(from)
    if (name === undefined || this.#told.has(name)) return
    this.#told.add(name)
    this.#tell(
      `Heartbeats come from ${from}, node ${name}, that are not made with the key of this node: the keys differ, or somebody forges them`,
    )
  }
}
