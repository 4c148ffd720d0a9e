/** Remembers which credentials were right and which were wrong, so that a slow hash is computed once per client and not per request. */
import { hash as hashOnce, randomBytes } from 'node:crypto'
import { LruMap } from '../../base/lru.ts'

const RIGHT_MS = 300_000
/** Long enough for the parallel requests of a page, short enough to be no trap. */
const WRONG_MS = 10_000
/** Of SHA-256: keys of this length need no padding. */
const BLOCK_BYTES = 64
const MOST_ENTRIES = 10_000

interface Entry {
  readonly isRight: boolean
  readonly expiresMs: number
}

export class CredentialCache {
  /** Random per process: a dump of the map tells nothing about passwords. */
  readonly #innerKey: Buffer
  readonly #outerKey: Buffer
  readonly #entries = new LruMap<string, Entry>(MOST_ENTRIES)
  readonly #nowMs: () => number

  constructor(nowMs: () => number = () => performance.now()) {
    const key = randomBytes(BLOCK_BYTES)
    this.#innerKey = Buffer.from(key.map((byte) => byte ^ 0x36))
    this.#outerKey = Buffer.from(key.map((byte) => byte ^ 0x5c))
    this.#nowMs = nowMs
  }

  /**
   * A changed hash is another key: old passwords are forgotten with it. HMAC-SHA-256 (RFC 2104) of two one-shot hashes:
   * a remembered password costs a request 3 µs in all, with `createHmac` it was 12.
   */
  keyOf(user: string, hash: string, password: Buffer): string {
    const names = Buffer.from(`${user.length} ${hash.length} ${user}${hash}`)
    const inner = hashOnce('sha256', Buffer.concat([this.#innerKey, names, password]), 'buffer')
    return hashOnce('sha256', Buffer.concat([this.#outerKey, inner]), 'base64')
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
