/** Upstreams whose TLS is not as it must be: each is spoken of once, until it was well again or fails otherwise. */
import { LruMap } from '../../base/lru.ts'

/** Endpoints that are remembered; of more, some are spoken of again. */
const MOST_ENDPOINTS = 1000

export class TlsProblems {
  readonly #report: (message: string) => void
  readonly #reasons = new LruMap<string, string>(MOST_ENDPOINTS)

  constructor(report: (message: string) => void) {
    this.#report = report
  }

  /** @param endpoint `address:port` */
  failed(endpoint: string, reason: string): void {
    if (this.#reasons.get(endpoint) === reason) return
    this.#reasons.set(endpoint, reason)
    this.#report(`Cannot speak TLS with upstream ${endpoint}: ${reason}; requests are not sent there`)
  }

  succeeded(endpoint: string): void {
    if (this.#reasons.size > 0 && this.#reasons.get(endpoint) !== undefined) this.#reasons.set(endpoint, '')
  }
}
