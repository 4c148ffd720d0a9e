/**
 * Limits that hold over all workers: each client of a zone has one worker that counts it, told by a hash, and the others
 * ask that one over a socket between the two. A worker that is gone takes the rates it knew along; running requests are
 * counted again by its successor, because whoever holds them says so.
 */
import { chmodSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import type { FindLimitOwner, LimitCounter } from '../../proxy/filters/limit-owners.ts'
import { LimitLink } from './limit-link.ts'
import { type LimitAnswer, type LimitAsk, takeLines } from './limit-wire.ts'

export interface LimitPlace {
  /** Only our user may enter it. */
  readonly folder: string
  /** Which of the workers this one is. */
  readonly slot: number
  readonly workers: number
}

export class LimitPeers {
  readonly #slot: number
  readonly #links: readonly LimitLink[]
  readonly #server: Server
  readonly #counter: () => LimitCounter | null
  readonly #askers = new Set<Socket>()

  /** @param counter of this process; `null` while it starts, when askers are sent away */
  constructor({ folder, slot, workers }: LimitPlace, counter: () => LimitCounter | null) {
    this.#slot = slot
    this.#counter = counter
    this.#links = Array.from({ length: workers }, (_, index) => new LimitLink(socketPath(folder, index)))
    this.#server = createServer((socket) => this.#serve(socket))
  }

  /** @throws {Error} with the system's `code` */
  static async open(place: LimitPlace, counter: () => LimitCounter | null): Promise<LimitPeers> {
    const peers = new LimitPeers(place, counter)
    const path = socketPath(place.folder, place.slot)
    // Of a worker that died in this place.
    rmSync(path, { force: true })
    peers.#server.listen(path)
    await once(peers.#server, 'listening')
    chmodSync(path, 0o600)
    peers.#server.unref()
    return peers
  }

  readonly ownerOf: FindLimitOwner = (zone, client) => {
    const slot = hash(zone, client) % this.#links.length
    return slot === this.#slot ? null : (this.#links[slot] ?? null)
  }

  close(): void {
    this.#server.close()
    for (const link of this.#links) link.close()
    for (const socket of this.#askers) socket.destroy()
  }

  #serve(socket: Socket): void {
    this.#askers.add(socket)
    const holds = new Holds(this.#counter)
    let rest: string | null = ''
    socket.setEncoding('latin1').unref()
    socket.on('data', (text: string) => {
      let answers = ''
      rest = takeLines(rest + text, (line) => {
        const answer = holds.answer(JSON.parse(line) as LimitAsk)
        if (answer !== null) answers += `${answer}\n`
      })
      if (answers !== '') socket.write(answers)
      if (rest === null || this.#counter() === null) socket.destroy()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.#askers.delete(socket)
      holds.releaseAll()
    })
  }
}

/** What one other worker holds: given back when it is gone. */
class Holds {
  readonly #counter: () => LimitCounter | null
  readonly #held = new Map<string, { readonly zone: string; readonly client: string; count: number }>()

  constructor(counter: () => LimitCounter | null) {
    this.#counter = counter
  }

  /** @returns `null` where none is due */
  answer(ask: LimitAsk): LimitAnswer | null {
    const counter = this.#counter()
    if (counter === null) return null
    const [kind, zone, client] = ask
    switch (kind) {
      case 'rate':
        return counter.countRate(zone, ask[3], client)
      case 'acquire':
        if (!counter.acquire(zone, client, ask[3])) return 0
        this.#hold(zone, client, 1)
        return 1
      case 'release':
        if (this.#hold(zone, client, -1)) counter.release(zone, client)
        return null
      case 'held':
        for (let i = 0; i < ask[3]; i++) if (counter.acquire(zone, client, Infinity)) this.#hold(zone, client, 1)
        return null
    }
  }

  releaseAll(): void {
    const counter = this.#counter()
    for (const { zone, client, count } of this.#held.values()) {
      for (let i = 0; i < count; i++) counter?.release(zone, client)
    }
    this.#held.clear()
  }

  /** @returns false when there was nothing to give back */
  #hold(zone: string, client: string, change: number): boolean {
    const key = `${zone} ${client}`
    const held = this.#held.get(key) ?? { zone, client, count: 0 }
    if (held.count + change < 0) return false
    held.count += change
    if (held.count > 0) this.#held.set(key, held)
    else this.#held.delete(key)
    return true
  }
}

function socketPath(folder: string, slot: number): string {
  return join(folder, String(slot))
}

/** FNV-1a: quick, and the same in every process. */
function hash(zone: string, client: string): number {
  let value = 0x811c9dc5
  for (const text of [zone, ' ', client]) {
    for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  }
  // The low bits of neighbouring addresses would follow each other.
  return (value ^ (value >>> 15)) >>> 0
}
