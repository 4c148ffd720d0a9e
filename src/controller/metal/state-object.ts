/**
 * Keeps one ConfigurationState as it should be: written when it differs from what is there, and again when somebody changes or
 * deletes it. A cluster that does not define the kind, or does not grant it, has none.
 */
import { isDeepStrictEqual } from 'node:util'
import { isOlderVersion } from '../../metal/pools/resource-version.ts'
import { ApiError, type ApiRequest, type ApiTransport } from '../../sources/cluster/api-transport.ts'
import { type RawObject, Reflector } from '../../sources/cluster/reflector.ts'
import { collectionPath, CONFIGURATION_STATES, objectPath } from '../../sources/cluster/resource.ts'
import { TokenBucket } from '../cluster/token-bucket.ts'
import { WriteQueue } from '../cluster/write-queue.ts'
import {
  type ConfigurationFacts,
  type ConfigurationStatus,
  type StatePart,
  toConfigurationStatus,
} from './configuration-state.ts'
import type { OwnerReference } from './speaker/pod-owner.ts'

export interface StateObjectOptions {
  readonly transport: ApiTransport
  readonly namespace: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** In the same namespace; none = it stays until somebody deletes it. */
  readonly owners: readonly OwnerReference[]
  readonly parts: readonly StatePart[]
  readonly mayWrite: () => boolean
  readonly onProblem: (message: string) => void
}

interface RawState extends RawObject {
  readonly metadata: RawObject['metadata'] & { readonly ownerReferences?: readonly unknown[] }
  readonly status?: Partial<ConfigurationStatus>
}

/** Whoever else writes the same object is not answered faster than this. */
const BURST = 20
const PER_SECOND = 1
const CLOSE_MS = 1000
const TRIES = 3

export class StateObject {
  readonly #options: StateObjectOptions
  readonly #queue: WriteQueue
  readonly #reflector: Reflector
  #facts: ConfigurationFacts | null = null
  #found: RawState | null = null
  #hasRead = false
  #deletions = 0

  constructor(options: StateObjectOptions) {
    this.#options = options
    const { transport, namespace, name, mayWrite, onProblem } = options
    const budget = new TokenBucket(BURST, PER_SECOND, performance.now())
    this.#queue = new WriteQueue({ parallel: 1, mayWrite, onProblem, budget })
    this.#reflector = new Reflector({
      transport,
      resource: CONFIGURATION_STATES,
      namespace,
      fieldSelector: `metadata.name=${name}`,
      sink: {
        set: (_key, object) => this.#saw(object),
        delete: () => {
          this.#found = null
          this.#deletions++
          this.look()
        },
        synced: () => {
          this.#hasRead = true
          this.look()
        },
        // Others follow the same server and tell of it.
        failed: () => undefined,
        recovered: () => this.look(),
      },
    })
  }

  start(): void {
    this.#reflector.start()
  }

  /** What is true now. */
  tell(facts: ConfigurationFacts): void {
    this.#facts = facts
    this.look()
  }

  /** Looks whether there is something to write, and the right to do so. */
  look(): void {
    if (!this.#hasRead || !this.#queue.mayWrite || this.#isRight()) return
    this.#queue.push(`ConfigurationState ${this.#options.name}`, (signal) => this.#write(signal))
  }

  /** @param removes the object goes too, as far as that is quick @param withinMs test seam */
  async close(removes: boolean, withinMs = CLOSE_MS): Promise<void> {
    const { transport, namespace, name } = this.#options
    this.#facts = null
    this.#queue.clear()
    await this.#reflector.stop()
    if (removes && this.#found !== null) {
      const path = objectPath(CONFIGURATION_STATES, namespace, name)
      this.#queue.push(`ConfigurationState ${name}`, (signal) => transport.json({ method: 'DELETE', path, signal }))
      await Promise.race([this.#queue.idle(), new Promise((resolve) => setTimeout(resolve, withinMs).unref())])
    }
    await this.#queue.close()
  }

  #saw(object: RawState): void {
    this.#adopt(object)
    this.look()
  }

  #adopt(object: RawState): void {
    // Answers and watch may overtake each other.
    const [version = '', known = ''] = [object.metadata.resourceVersion, this.#found?.metadata.resourceVersion]
    if (!isOlderVersion(version, known)) this.#found = object
  }

  #wish(): ConfigurationStatus | null {
    if (this.#facts === null) return null
    const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
    return toConfigurationStatus(this.#facts, this.#options.parts, this.#found?.status?.conditions ?? [], now)
  }

  #isRight(): boolean {
    const wish = this.#wish()
    return wish === null || (this.#hasRightMetadata() && isDeepStrictEqual(this.#found?.status, wish))
  }

  #hasRightMetadata(): boolean {
    if (this.#found === null) return false
    const { labels, ownerReferences = [] } = this.#found.metadata
    const isLabelled = Object.entries(this.#options.labels).every(([key, value]) => labels?.[key] === value)
    return isLabelled && isDeepStrictEqual(ownerReferences, this.#options.owners)
  }

  async #write(signal: AbortSignal): Promise<void> {
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      try {
        if (this.#found === null) await this.#create(signal)
        return await this.#merge(signal)
      } catch (error) {
        if (attempt === TRIES || !(error instanceof ApiError) || error.status !== 404) throw error
        // Somebody has deleted it, which the watch has not told yet.
        this.#found = null
      }
    }
  }

  /** The answer is what is there now, unless somebody has deleted it since. */
  async #ask(call: ApiRequest): Promise<void> {
    const before = this.#deletions
    const object = await this.#options.transport.json<RawState>(call)
    if (this.#deletions === before) this.#adopt(object)
  }

  async #create(signal: AbortSignal): Promise<void> {
    const { namespace, name, labels, owners } = this.#options
    const { apiVersion, kind } = CONFIGURATION_STATES
    const body = { apiVersion, kind, metadata: { name, namespace, labels, ownerReferences: owners }, spec: {} }
    try {
      const path = collectionPath(CONFIGURATION_STATES, namespace)
      await this.#ask({ method: 'POST', path, body, signal })
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 409) throw error
      await this.#ask({ path: objectPath(CONFIGURATION_STATES, namespace, name), signal })
    }
  }

  async #merge(signal: AbortSignal): Promise<void> {
    const { namespace, name, labels, owners } = this.#options
    const path = objectPath(CONFIGURATION_STATES, namespace, name)
    const merge = { method: 'PATCH', contentType: 'application/merge-patch+json', signal } as const
    if (!this.#hasRightMetadata()) {
      const metadata = { labels, ownerReferences: owners }
      await this.#ask({ ...merge, path, body: { metadata } })
    }
    const status = this.#wish()
    if (status === null || !this.#queue.mayWrite || isDeepStrictEqual(this.#found?.status, status)) return
    await this.#ask({ ...merge, path: `${path}/status`, body: { status } })
  }
}
