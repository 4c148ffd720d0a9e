/**
 * Which target groups the pods of each Service go into, kept in a ConfigMap: the leader alone knows it from AWS, and every
 * replica may be asked.
 */
import { isDeepStrictEqual } from 'node:util'
import { isPlainMap } from '../../base/decode.ts'
import { ApiError, type ApiTransport } from '../../sources/cluster/api-transport.ts'
import { CONFIG_MAPS, collectionPath, objectPath } from '../../sources/cluster/resource.ts'
import type { WriteQueue } from '../cluster/write-queue.ts'
import type { GatesByService } from './gate-injection.ts'

const GATES_NAME = 'genkan-aws-readiness-gates'
const KEY = 'gates.json'
/** A rollout creates many pods at once; for so long one answer is good for all. */
const FRESH_MS = 1000
/** The API server waits for us no longer than that. */
const READ_MS = 2000

export class GateStore {
  readonly #transport: ApiTransport
  readonly #namespace: string
  readonly #queue: WriteQueue
  #own: GatesByService | null = null
  #read: { readonly gates: Promise<GatesByService>; readonly atMs: number } | null = null

  constructor(transport: ApiTransport, namespace: string, queue: WriteQueue) {
    this.#transport = transport
    this.#namespace = namespace
    this.#queue = queue
  }

  /** By the leader, after each pass. */
  publish(gates: GatesByService): void {
    if (isDeepStrictEqual(this.#own, gates)) return
    this.#own = gates
    this.#queue.push('readiness gates', async (signal) => {
      const metadata = { name: GATES_NAME, namespace: this.#namespace }
      const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { [KEY]: JSON.stringify(gates) } }
      const path = objectPath(CONFIG_MAPS, this.#namespace, GATES_NAME)
      try {
        await this.#transport.json({ method: 'PUT', path, body, signal })
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 404) throw error
        await this.#transport.json({ method: 'POST', path: collectionPath(CONFIG_MAPS, this.#namespace), body, signal })
      }
    })
  }

  /** Somebody else leads now: what we knew grows old. */
  forget(): void {
    this.#own = null
  }

  /** @throws {Error} when the API server does not answer */
  gates(): Promise<GatesByService> {
    if (this.#own !== null) return Promise.resolve(this.#own)
    const now = performance.now()
    if (this.#read !== null && now - this.#read.atMs < FRESH_MS) return this.#read.gates
    const gates = this.#load()
    this.#read = { gates, atMs: now }
    return gates
  }

  async #load(): Promise<GatesByService> {
    try {
      const path = objectPath(CONFIG_MAPS, this.#namespace, GATES_NAME)
      const signal = AbortSignal.timeout(READ_MS)
      const { data } = await this.#transport.json<{ readonly data?: Readonly<Record<string, string>> }>({
        path,
        signal,
      })
      const gates = JSON.parse(data?.[KEY] ?? '{}') as unknown
      return isPlainMap(gates) ? (gates as GatesByService) : {}
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return {}
      throw error
    }
  }
}
