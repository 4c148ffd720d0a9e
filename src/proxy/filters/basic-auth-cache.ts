/** Remembers which credentials were right and which were wrong, so that a slow hash is computed once per client and not per request. */
import { createHmac, randomBytes } from 'node:crypto'
import { LruMap } from '../../base/lru.ts'

const RIGHT_MS = 300_000
/** Long enough for the parallel requests of a page, short enough to be no trap. */
const WRONG_MS = 10_000
const MOST_ENTRIES = 10_000

interface Entry {
  readonly isRight: boolean
  readonly expiresMs: number
}

export class CredentialCache {
  /** Random per process: a dump of the map tells nothing about passwords. */
  readonly #key = randomBytes(32)
  readonly #entries = new LruMap<string, Entry>(MOST_ENTRIES)
  readonly #nowMs: () => number

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
  }

  /** A changed hash is another key: old passwords are forgotten with it. */
  keyOf(user: string, hash: string, password: Buffer): string {
    const lengths = `${Buffer.byteLength(user)} ${Buffer.byteLength(hash)} `
    return createHmac('sha256', this.#key).update(lengths).update(user).update(hash).update(password).digest('base64')
  }

  /** @returns `undefined` when it is not known (any more) */
  find(key: string): boolean | undefined {
    const entry = this.#entries.get(key)
    return entry !== undefined && entry.expiresMs > this.#nowMs() ? entry.isRight : undefined
  }

  remember(key: string, isRight: boolean): void {
    this.#entries.set(key, { isRight, expiresMs: this.#nowMs() + (isRight ? RIGHT_MS : WRONG_MS) })
  }
}
