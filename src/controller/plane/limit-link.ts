/** A worker's way to another one that counts clients for limits. */
import { connect, type Socket } from 'node:net'
import type { LimitOwner } from '../../proxy/filters/limit-owners.ts'
import type { RateLimit } from '../../routing/gate-config.ts'
import { type LimitAsk, takeLines } from './limit-wire.ts'

/** More asks than this are not waited for: the client is counted here. */
const MOST_PENDING = 10_000
/** An owner that is silent for so long is stuck. */
const PATIENCE_MS = 1000
/** After a failure nobody is asked for this long. */
const PAUSE_MS = 100

/** Connects when first asked, and again after a failure. Knows what it holds, and says so to a new owner. */
export class LimitLink implements LimitOwner {
  readonly #path: string
  /** Requests that the owner counts for us, by zone and client. */
  readonly #held = new Map<string, { readonly zone: string; readonly client: string; count: number }>()
  #socket: Socket | null = null
  #pending: ((answer: number | null) => void)[] = []
  #patience: NodeJS.Timeout | null = null
  #answers = 0
  #pausedUntilMs = 0
  #isClosed = false

  /** @param path of the owner's socket */
  constructor(path: string) {
    this.#path = path
  }

  countRate(zone: string, limits: readonly RateLimit[], client: string): Promise<number | null> {
    return this.#ask(['rate', zone, client, limits])
  }

  async acquire(zone: string, client: string, max: number): Promise<boolean | null> {
    const answer = await this.#ask(['acquire', zone, client, max])
    if (answer === null) return null
    if (answer === 0) return false
    this.#hold(zone, client, 1)
    return true
  }

  release(zone: string, client: string): void {
    this.#hold(zone, client, -1)
    // Without a connection the owner has forgotten us already.
    if (this.#socket !== null) this.#write(this.#socket, ['release', zone, client])
  }

  close(): void {
    this.#isClosed = true
    this.#socket?.destroy()
  }

  #hold(zone: string, client: string, change: number): void {
    const key = `${zone} ${client}`
    const held = this.#held.get(key) ?? { zone, client, count: 0 }
    held.count += change
    if (held.count > 0) this.#held.set(key, held)
    else this.#held.delete(key)
  }

  #ask(ask: LimitAsk): Promise<number | null> {
    const socket = this.#connected()
    if (socket === null || this.#pending.length >= MOST_PENDING) return Promise.resolve(null)
    this.#write(socket, ask)
    this.#watch()
    return new Promise((resolve) => this.#pending.push(resolve))
  }

  /** Asks of one turn leave together. */
  #write(socket: Socket, ask: LimitAsk): void {
    if (socket.writableCorked === 0) {
      socket.cork()
      process.nextTick(() => socket.uncork())
    }
    socket.write(`${JSON.stringify(ask)}\n`)
  }

  #connected(): Socket | null {
    if (this.#socket !== null) return this.#socket
    if (this.#isClosed || performance.now() < this.#pausedUntilMs) return null
    const socket = connect(this.#path).setEncoding('latin1').unref()
    let rest: string | null = ''
    socket.on('data', (text: string) => {
      rest = takeLines(rest + text, (line) => {
        this.#answers++
        this.#pending.shift()?.(Number(line))
      })
      if (rest === null) socket.destroy()
    })
    // 'close' follows.
    socket.on('error', () => undefined)
    socket.on('close', () => this.#lost(socket))
    this.#socket = socket
    for (const { zone, client, count } of this.#held.values()) this.#write(socket, ['held', zone, client, count])
    return socket
  }

  #lost(socket: Socket): void {
    if (this.#socket !== socket) return
    this.#socket = null
    this.#pausedUntilMs = performance.now() + PAUSE_MS
    const pending = this.#pending
    this.#pending = []
    for (const resolve of pending) resolve(null)
  }

  #watch(): void {
    if (this.#patience !== null) return
    const before = this.#answers
    this.#patience = setTimeout(() => {
      this.#patience = null
      if (this.#pending.length === 0) return
      if (this.#answers === before) this.#socket?.destroy()
      else this.#watch()
    }, PATIENCE_MS).unref()
  }
}
