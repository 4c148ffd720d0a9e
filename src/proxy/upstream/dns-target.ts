/**
 * Keeps the addresses of a host name (ExternalName) current: all A and AAAA records are used, asked again when their TTL
 * ends, the last good ones kept when asking fails. Without a good answer failures are repeated after a short while.
 */
import { isIP } from 'node:net'

/** One answer of a resolver. `ttlSeconds` is the shortest of its records. */
export interface ResolvedAddresses {
  readonly addresses: readonly string[]
  readonly ttlSeconds: number
}

/** Asks for all addresses of a name. @throws when there are none or nobody answers */
export type ResolveAddresses = (hostname: string) => Promise<ResolvedAddresses>

/** Whoever uses the addresses: the cluster. */
export interface DnsConsumer {
  setEndpoints(endpoints: readonly { readonly address: string; readonly port: number }[]): void
  targetSettled(): void
}

const SHORTEST_TTL_SECONDS = 1
const LONGEST_TTL_SECONDS = 300
/** How long a failure is believed. */
const NEGATIVE_TTL_SECONDS = 5

export class DnsTarget {
  readonly hostname: string
  readonly port: number
  readonly #resolve: ResolveAddresses
  readonly #consumer: DnsConsumer
  #timer: NodeJS.Timeout | null = null
  #isClosed = false
  /** True until the first answer, good or bad. */
  isPending = true

  constructor(hostname: string, port: number, resolve: ResolveAddresses, consumer: DnsConsumer) {
    // A trailing dot is how zone files write it; addresses in brackets are how URLs do.
    this.hostname = hostname.replace(/\.$/, '').replace(/^\[(.*)\]$/, '$1')
    this.port = port
    this.#resolve = resolve
    this.#consumer = consumer
  }

  /** Begins. An address instead of a name needs no resolver. */
  start(): void {
    if (isIP(this.hostname) !== 0) {
      this.isPending = false
      this.#consumer.setEndpoints([{ address: this.hostname, port: this.port }])
      return
    }
    this.#ask()
  }

  close(): void {
    this.#isClosed = true
    this.isPending = false
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  #ask(): void {
    this.#resolve(this.hostname).then(
      ({ addresses, ttlSeconds }) => this.#settle(addresses, ttlSeconds),
      // Why it failed is the same to every request: there is no address. Those of before stay.
      () => this.#settle([], NEGATIVE_TTL_SECONDS),
    )
  }

  #settle(addresses: readonly string[], ttlSeconds: number): void {
    if (this.#isClosed) return
    this.isPending = false
    if (addresses.length > 0) {
      this.#consumer.setEndpoints(addresses.toSorted().map((address) => ({ address, port: this.port })))
    }
    const seconds = Math.min(LONGEST_TTL_SECONDS, Math.max(SHORTEST_TTL_SECONDS, ttlSeconds))
    this.#timer = setTimeout(() => this.#ask(), seconds * 1000)
    this.#timer.unref()
    this.#consumer.targetSettled()
  }
}
