/** All BFD sessions of a node: their sockets, and which packet is for whom (RFC 5880 6.3, RFC 5881 3). */
import { randomInt } from 'node:crypto'
import type { RemoteInfo, Socket } from 'node:dgram'
import { canonicalIp } from '../bgp/ip-bytes.ts'
import type { BfdEvent, BfdSessionSettings, BfdStatus } from './bfd-model.ts'
import { createBfdSession, type BfdSession } from './bfd-session.ts'
import { MULTI_HOP_PORT, SINGLE_HOP_PORT, openReceiver, openSender } from './bfd-sockets.ts'
import { decodeBfd } from './packet.ts'

export interface BfdEnginePorts {
  readonly onEvent: (key: string, event: BfdEvent) => void
  readonly onProblem: (problem: string) => void
}

interface Member {
  readonly session: BfdSession
  readonly socket: Socket
}

const RETRY_MS = 5000
/** Times that the end of a session is said, because each packet may be lost. */
const LAST_WORDS = 3
const LAST_WORDS_PAUSE_MS = 20

export class BfdEngine {
  readonly #ports: BfdEnginePorts
  readonly #members = new Map<string, Member>()
  readonly #receivers = new Map<string, { readonly socket: Socket; readonly leastHops: number }>()
  readonly #retries = new Map<string, NodeJS.Timeout>()
  /** What was added last under each key and was not removed since: a retry that comes too late finds itself no longer here. */
  readonly #wanted = new Map<string, BfdSessionSettings>()
  /** Why what was added could not be had: told once, however often it is tried. */
  readonly #told = new Map<string, string>()
  #queue: Promise<void> = Promise.resolve()

  constructor(ports: BfdEnginePorts) {
    this.#ports = ports
  }

  /** In turn: sockets take a moment. What cannot be had now, such as a port in use, is tried again. */
  add(settings: BfdSessionSettings): void {
    this.#wanted.set(settings.key, settings)
    this.#begin(settings)
  }

  #begin(settings: BfdSessionSettings): void {
    this.#enqueue(async () => {
      this.#retries.delete(settings.key)
      if (this.#wanted.get(settings.key) !== settings) return
      try {
        await this.#open(settings)
        this.#told.delete(settings.key)
      } catch (error) {
        const timer = setTimeout(() => this.#begin(settings), RETRY_MS)
        this.#retries.set(settings.key, timer)
        const reason = error instanceof Error ? error.message : String(error)
        if (this.#told.get(settings.key) === reason) return
        this.#told.set(settings.key, reason)
        throw new Error(`${reason}; it is tried again`, { cause: error })
      }
    })
  }

  async #open(settings: BfdSessionSettings): Promise<void> {
    const family = settings.address.includes(':') ? 6 : 4
    await this.#openReceiver(family, settings)
    const socket = await openSender(family, settings.sourceAddress, () => randomInt(2 ** 32) / 2 ** 32)
    const port = settings.isMultiHop ? MULTI_HOP_PORT : SINGLE_HOP_PORT
    const session = createBfdSession(settings, this.#freeDiscriminator(), {
      send: (bytes) => socket.send(bytes, port, settings.address, () => {}),
      onEvent: (event) => this.#ports.onEvent(settings.key, event),
      random: Math.random,
    })
    this.#members.set(settings.key, { session, socket })
    session.start()
  }

  remove(key: string): void {
    this.#wanted.delete(key)
    this.#told.delete(key)
    this.#enqueue(async () => {
      clearTimeout(this.#retries.get(key))
      this.#retries.delete(key)
      const member = this.#members.get(key)
      if (member === undefined) return
      this.#members.delete(key)
      await this.#end([member])
    })
  }

  status(): readonly (readonly [string, BfdStatus])[] {
    return [...this.#members].map(([key, { session }]) => [key, session.status()])
  }

  /** Resolves when all peers have been told. */
  async close(): Promise<void> {
    this.#wanted.clear()
    this.#enqueue(async () => {
      for (const timer of this.#retries.values()) clearTimeout(timer)
      const members = [...this.#members.values()]
      this.#members.clear()
      await this.#end(members)
      for (const { socket } of this.#receivers.values()) socket.close()
      this.#receivers.clear()
    })
    await this.#queue
  }

  #enqueue(work: () => Promise<void>): void {
    this.#queue = this.#queue.then(work).catch((error: unknown) => {
      this.#ports.onProblem(error instanceof Error ? error.message : String(error))
    })
  }

  async #end(members: readonly Member[]): Promise<void> {
    for (let said = 0; said < LAST_WORDS && members.length > 0; said++) {
      for (const { session } of members) session.endOnPurpose()
      await new Promise((resolve) => setTimeout(resolve, LAST_WORDS_PAUSE_MS))
    }
    for (const { session, socket } of members) {
      session.stop()
      socket.close()
    }
  }

  async #openReceiver(family: 4 | 6, { isMultiHop, minimumTtl }: BfdSessionSettings): Promise<void> {
    const leastHops = isMultiHop ? minimumTtl : 255
    const name = `${family} ${isMultiHop}`
    const existing = this.#receivers.get(name)
    // All sessions over several hops share a socket: the lowest limit of them counts.
    if (existing !== undefined && existing.leastHops <= leastHops) return
    existing?.socket.close()
    this.#receivers.delete(name)
    const socket = await openReceiver(family, isMultiHop ? MULTI_HOP_PORT : SINGLE_HOP_PORT, leastHops)
    socket.on('message', (bytes, from) => this.#take(bytes, from, isMultiHop))
    socket.on('error', (error) => this.#ports.onProblem(`BFD on UDP: ${error.message}`))
    this.#receivers.set(name, { socket, leastHops })
  }

  #take(bytes: Uint8Array, { address }: RemoteInfo, isMultiHop: boolean): void {
    const packet = decodeBfd(bytes)
    if (packet === null) return
    for (const { session } of this.#members.values()) {
      const { settings, discriminator } = session
      if (settings.isMultiHop !== isMultiHop || canonicalIp(settings.address) !== canonicalIp(address)) continue
      if (packet.yourDiscriminator === 0 || packet.yourDiscriminator === discriminator) {
        session.receive(packet)
        return
      }
    }
  }

  #freeDiscriminator(): number {
    for (;;) {
      const candidate = randomInt(1, 2 ** 32)
      if (![...this.#members.values()].some(({ session }) => session.discriminator === candidate)) return candidate
    }
  }
}
