/**
 * Objects of a cluster, read once with the caller's rights, for commands that look and exit: nothing is watched. Secrets and
 * ConfigMaps are read by name when something refers to them, never listed. What may not be read is noted, not fatal.
 */
import type { Finding } from '../../base/finding.ts'
import type { AnyObject } from '../../kube/objects.ts'
import { ApiError, type ApiTransport } from './api-transport.ts'
import { AccessError } from './cluster-access.ts'
import { DecodedStore } from './decoded-store.ts'
import { keyOf, type RawObject } from './reflector.ts'
import {
  collectionPath,
  CONFIG_MAPS,
  ENDPOINT_SLICES,
  objectPath,
  type Resource,
  SECRETS,
  SERVICES,
} from './resource.ts'
import { wait } from './wait.ts'

export interface ReadOnceOptions {
  readonly transport: ApiTransport
  /** Empty = all. Kinds without namespaces are read all the same. */
  readonly namespaces: readonly string[]
  /** Kinds that are listed. */
  readonly resources: readonly Resource[]
  /** Called while it reads. */
  readonly onProgress?: (progress: ReadProgress) => void
  /** Test seams. Defaults: 10 s without a byte, 2 min for everything. */
  readonly idleTimeoutMs?: number
  readonly longestMs?: number
}

export interface ReadProgress {
  readonly objects: number
  /** Kinds whose lists are complete, of how many. */
  readonly done: number
  readonly all: number
}

/** A kind that could not be listed, in all namespaces that were asked for or in one. */
export interface UnreadKind {
  readonly resource: Resource
  readonly reason: string
}

/** `namespace/name` of what objects refer to. */
export interface Wanted {
  readonly secrets: ReadonlySet<string>
  readonly configMaps: ReadonlySet<string>
  readonly services: ReadonlySet<string>
}

interface ListPage {
  readonly metadata?: { readonly continue?: string }
  readonly items?: readonly RawObject[] | null
}

const PAGE = 500
/** Reads by name at a time. */
const PARALLEL = 16
const IDLE_MS = 10_000
const LONGEST_MS = 120_000
/** For servers that are busy (429, 503). */
const TRIES = 4
const FIRST_PAUSE_MS = 500

/** @throws {AccessError} when there is no answer in time, or the server refuses the credentials */
export async function readClusterOnce(options: ReadOnceOptions): Promise<ClusterReading> {
  const reading = new ClusterReading(options)
  await reading.list()
  return reading
}

/** What was read so far; grows by {@link ClusterReading.fetch}. */
export class ClusterReading {
  readonly #options: ReadOnceOptions
  readonly #signal: AbortSignal
  readonly #stores = new Map<Resource, DecodedStore>()
  readonly #unreadKinds: UnreadKind[] = []
  readonly #unreadObjects = new Map<string, string>()
  /** `Kind namespace/name`. */
  readonly #asked = new Set<string>()
  #done = 0

  constructor(options: ReadOnceOptions) {
    this.#options = options
    this.#signal = AbortSignal.timeout(options.longestMs ?? LONGEST_MS)
  }

  get objects(): readonly AnyObject[] {
    return [...this.#stores.values()].flatMap((store) => store.objects())
  }

  /** Of decoding. */
  get findings(): readonly Finding[] {
    return [...this.#stores.values()].flatMap((store) => store.findings())
  }

  get unreadKinds(): readonly UnreadKind[] {
    return this.#unreadKinds
  }

  /** Why objects that are referred to could not be read, by `Kind namespace/name`. */
  get unreadObjects(): ReadonlyMap<string, string> {
    return this.#unreadObjects
  }

  /** True when all of this kind that were asked for are here. */
  isListed(kind: string): boolean {
    return this.#options.resources.some((resource) => resource.kind === kind) && !this.isUnread(kind)
  }

  isUnread(kind: string): boolean {
    return this.#unreadKinds.some(({ resource }) => resource.kind === kind)
  }

  async list(): Promise<void> {
    const { resources, namespaces } = this.#options
    await this.#greet()
    await Promise.all(
      resources.map(async (resource) => {
        const places = resource.isNamespaced && namespaces.length > 0 ? namespaces : ['']
        for (const namespace of places) await this.#listKind(resource, namespace)
        this.#done++
        this.#tell()
      }),
    )
  }

  /**
   * Reads what is referred to and was not asked for yet. Services only where their namespace was not listed.
   *
   * @returns true when there was nothing to read
   */
  async fetch({ secrets, configMaps, services }: Wanted): Promise<boolean> {
    const { namespaces } = this.#options
    const isListed = (key: string): boolean =>
      namespaces.length === 0 || namespaces.includes(key.slice(0, key.indexOf('/')))
    const queue = [
      ...[...secrets].map((key) => ({ resource: SECRETS, key })),
      ...[...configMaps].map((key) => ({ resource: CONFIG_MAPS, key })),
      ...[...services].filter((key) => !isListed(key)).map((key) => ({ resource: SERVICES, key })),
    ].filter(({ resource, key }) => /^[^/]+\/[^/]+$/.test(key) && !this.#asked.has(`${resource.kind} ${key}`))
    if (queue.length === 0) return true
    for (const { resource, key } of queue) this.#asked.add(`${resource.kind} ${key}`)
    const workers = Array.from({ length: Math.min(PARALLEL, queue.length) }, async () => {
      for (let next = queue.pop(); next !== undefined; next = queue.pop()) await this.#fetchOne(next.resource, next.key)
    })
    await Promise.all(workers)
    this.#tell()
    return false
  }

  /** One small request with a limit of its own: a server that takes connections and says nothing is told soon. */
  async #greet(): Promise<void> {
    const { transport, idleTimeoutMs = IDLE_MS } = this.#options
    const limit = AbortSignal.timeout(idleTimeoutMs)
    try {
      await transport.json({ path: '/version', signal: AbortSignal.any([this.#signal, limit]) })
    } catch (error) {
      // Whatever it says, it is there; its lists will tell what is wrong.
      if (error instanceof ApiError && error.status !== 401) return
      if (error instanceof AccessError) throw error
      throw this.#noAnswer(limit.aborted ? new Error(`it does not answer in ${idleTimeoutMs / 1000} s`) : error)
    }
  }

  async #fetchOne(resource: Resource, key: string): Promise<void> {
    const [namespace = '', name = ''] = key.split('/')
    try {
      const path = objectPath(resource, encodeURIComponent(namespace), encodeURIComponent(name))
      this.#store(resource).set(key, await this.#get<RawObject>(path))
    } catch (error) {
      // What is not there is for dialects to remark on.
      if (isStatus(error, 404)) return
      if (!isStatus(error, 403)) throw error
      this.#unreadObjects.set(`${resource.kind} ${key}`, error.message)
      return
    }
    if (resource === SERVICES) {
      await this.#listKind(ENDPOINT_SLICES, namespace, `kubernetes.io/service-name=${name}`)
    }
  }

  async #listKind(resource: Resource, namespace: string, labelSelector = ''): Promise<void> {
    const store = this.#store(resource)
    const base = collectionPath(resource, encodeURIComponent(namespace))
    const selection = labelSelector === '' ? {} : { labelSelector }
    let token = ''
    try {
      do {
        const query = new URLSearchParams({
          limit: String(PAGE),
          ...selection,
          ...(token === '' ? {} : { continue: token }),
        })
        let page: ListPage
        try {
          page = await this.#get<ListPage>(`${base}?${query.toString()}`)
        } catch (error) {
          // The rest of a list that took too long: it is read again, in one piece.
          if (token === '' || !isStatus(error, 410)) throw error
          page = await this.#get<ListPage>(`${base}?${new URLSearchParams(selection).toString()}`)
        }
        for (const object of page.items ?? []) store.set(keyOf(object), object)
        this.#tell()
        token = page.metadata?.continue ?? ''
      } while (token !== '')
    } catch (error) {
      if (!isStatus(error, 403) && !isStatus(error, 404)) throw error
      if (resource.isCustom === true && (error.status === 404 || !(await this.#isServed(resource)))) return
      if (!this.isUnread(resource.kind)) this.#unreadKinds.push({ resource, reason: error.message })
    }
  }

  /** A kind that nobody installed is refused, not missing, where its objects may not be listed. Everybody may ask this. */
  async #isServed({ apiVersion }: Resource): Promise<boolean> {
    try {
      await this.#get(`/apis/${apiVersion}`)
      return true
    } catch (error) {
      return !isStatus(error, 404)
    }
  }

  /** @throws {ApiError} for 403, 404 and 410 @throws {AccessError} for everything else */
  async #get<T>(path: string): Promise<T> {
    const { transport, idleTimeoutMs = IDLE_MS } = this.#options
    for (let attempt = 1; ; attempt++) {
      try {
        return await transport.json<T>({ path, signal: this.#signal, idleTimeoutMs })
      } catch (error) {
        if (error instanceof AccessError) throw error
        if (isStatus(error, 403) || isStatus(error, 404) || isStatus(error, 410)) throw error
        const isBusy = isStatus(error, 429) || isStatus(error, 503)
        if (!isBusy || attempt >= TRIES || this.#signal.aborted) throw this.#noAnswer(error)
        await wait(Math.max(error.retryAfter * 1000, FIRST_PAUSE_MS * 2 ** attempt), this.#signal)
      }
    }
  }

  #noAnswer(error: unknown): AccessError {
    const { access } = this.#options.transport
    const where = `Cannot read the cluster at ${access.server} (${access.from})`
    if (isStatus(error, 401)) {
      return new AccessError(
        `${where}: it does not accept these credentials (401); log in again or choose another --context`,
      )
    }
    const state = this.#signal.aborted
      ? `it was not read in ${(this.#options.longestMs ?? LONGEST_MS) / 1000} s`
      : error instanceof Error
        ? error.message || ('code' in error ? String(error.code) : error.name)
        : String(error)
    return new AccessError(`${where}: ${state}; is the API server running, and reachable from here?`, { cause: error })
  }

  #store(resource: Resource): DecodedStore {
    const known = this.#stores.get(resource)
    if (known !== undefined) return known
    const store = new DecodedStore(resource)
    this.#stores.set(resource, store)
    return store
  }

  #tell(): void {
    const objects = [...this.#stores.values()].reduce((sum, { size }) => sum + size, 0)
    this.#options.onProgress?.({ objects, done: this.#done, all: this.#options.resources.length })
  }
}

function isStatus(error: unknown, status: number): error is ApiError {
  return error instanceof ApiError && error.status === status
}
