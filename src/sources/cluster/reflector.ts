/**
 * Follows one kind of objects (Kubernetes API concepts, "Efficient detection of changes"): lists in pages, then watches
 * with bookmarks and resumes where it was. When the server has forgotten that version (410) it lists again and passes on
 * what differs, so that nobody sees a flap. What was read stays while the server is away.
 */
import { ApiError, type ApiTransport } from './api-transport.ts'
import { collectionPath, type Resource } from './resource.ts'
import { createRetryPause } from './retry-pause.ts'
import { wait } from './wait.ts'

/** An object as the API sends it, before anybody decoded it. */
export interface RawObject {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly uid?: string
    readonly resourceVersion?: string
  }
}

export interface ReflectorOptions {
  readonly transport: ApiTransport
  readonly resource: Resource
  /** Empty = all. */
  readonly namespace: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** Names and versions only: the server leaves out everything but `metadata`. */
  readonly isMetadataOnly?: boolean
  readonly sink: ReflectorSink
  /** Test seam: the longest watch. Default: 5 to 10 minutes. */
  readonly watchSeconds?: () => number
  readonly firstPauseMs?: number
}

export interface ReflectorSink {
  /** A new or changed object. */
  set(key: string, object: RawObject): void
  delete(key: string): void
  /** All that was known before was passed on; called after each list. */
  synced(): void
  /** The server cannot be read; called once for each outage, with a message for people. */
  failed(failure: ReflectorFailure): void
  /** It can be read again. */
  recovered(): void
}

export interface ReflectorFailure {
  /** True for 403: this kind stays unread until somebody grants it; others go on. */
  readonly isForbidden: boolean
  readonly message: string
}

const PAGE = 500
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000
/** Rights change rarely. */
const FORBIDDEN_PAUSE_MS = 60_000
/** Servers send a bookmark about every minute: after such a silence the connection is taken for dead. */
const SILENCE_MS = 150_000
/** A relist must not be asked of the server by everybody at once. */
const METADATA = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json'
const METADATA_WATCH = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json'

interface ListPage {
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string }
  readonly items?: readonly RawObject[] | null
}

interface WatchLine {
  readonly type: string
  readonly object: RawObject & { readonly code?: number; readonly message?: string }
}

export class Reflector {
  readonly #options: ReflectorOptions
  readonly #stopped = new AbortController()
  /** Versions by `namespace/name`. */
  #versions = new Map<string, string>()
  #resourceVersion = ''
  #isFailing = false
  #running: Promise<void> = Promise.resolve()

  constructor(options: ReflectorOptions) {
    this.#options = options
  }

  /** Number of objects known. */
  get size(): number {
    return this.#versions.size
  }

  start(): void {
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const pause = createRetryPause(this.#options.firstPauseMs ?? FIRST_PAUSE_MS, LONGEST_PAUSE_MS)
    const { signal } = this.#stopped
    while (!signal.aborted) {
      try {
        if (this.#resourceVersion === '') await this.#list()
        this.#succeeded()
        await this.#watch(() => pause.reset())
      } catch (error) {
        if (signal.aborted) return
        if (isExpired(error)) {
          this.#resourceVersion = ''
          continue
        }
        const isForbidden = error instanceof ApiError && error.status === 403
        this.#failed(error, isForbidden)
        const atLeastMs = isForbidden ? FORBIDDEN_PAUSE_MS : error instanceof ApiError ? error.retryAfter * 1000 : 0
        await wait(pause.next(atLeastMs), signal)
      }
    }
  }

  async #list(): Promise<void> {
    const { sink } = this.#options
    const versions = new Map<string, string>()
    let token = ''
    let version = ''
    do {
      const page = await this.#page(token)
      for (const object of page.items ?? []) {
        const key = keyOf(object)
        const objectVersion = object.metadata.resourceVersion ?? ''
        versions.set(key, objectVersion)
        if (objectVersion === '' || this.#versions.get(key) !== objectVersion) sink.set(key, object)
      }
      version = page.metadata.resourceVersion ?? ''
      token = page.metadata.continue ?? ''
    } while (token !== '')
    for (const key of this.#versions.keys()) if (!versions.has(key)) sink.delete(key)
    this.#versions = versions
    this.#resourceVersion = version
    sink.synced()
  }

  async #page(token: string): Promise<ListPage> {
    const query = new URLSearchParams({ limit: String(PAGE), ...(token === '' ? {} : { continue: token }) })
    try {
      return await this.#options.transport.json<ListPage>({
        path: this.#path(query),
        signal: this.#stopped.signal,
        ...(this.#options.isMetadataOnly === true ? { accept: METADATA } : {}),
      })
    } catch (error) {
      // The rest of a list that took too long: it is begun anew, in one piece.
      if (token === '' || !isExpired(error)) throw error
      return await this.#options.transport.json<ListPage>({
        path: this.#path(new URLSearchParams()),
        signal: this.#stopped.signal,
        ...(this.#options.isMetadataOnly === true ? { accept: METADATA } : {}),
      })
    }
  }

  async #watch(worked: () => void): Promise<void> {
    const seconds = this.#options.watchSeconds?.() ?? Math.round(300 + Math.random() * 300)
    const query = new URLSearchParams({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: this.#resourceVersion,
      timeoutSeconds: String(seconds),
    })
    const lines = this.#options.transport.lines({
      path: this.#path(query),
      signal: this.#stopped.signal,
      idleTimeoutMs: SILENCE_MS,
      ...(this.#options.isMetadataOnly === true ? { accept: METADATA_WATCH } : {}),
    })
    for await (const line of lines) {
      this.#take(JSON.parse(line) as WatchLine)
      worked()
    }
  }

  #take({ type, object }: WatchLine): void {
    const { sink } = this.#options
    if (type === 'ERROR') {
      const code = object.code ?? 500
      throw new ApiError(code, code === 410 ? 'Expired' : '', `watch: ${code} ${object.message ?? ''}`, 0)
    }
    const version = object.metadata.resourceVersion ?? ''
    if (type !== 'BOOKMARK') {
      const key = keyOf(object)
      if (type === 'DELETED') {
        this.#versions.delete(key)
        sink.delete(key)
      } else {
        this.#versions.set(key, version)
        sink.set(key, object)
      }
    }
    if (version !== '') this.#resourceVersion = version
  }

  #path(query: URLSearchParams): string {
    const { resource, namespace, labelSelector = '', fieldSelector = '' } = this.#options
    if (labelSelector !== '') query.set('labelSelector', labelSelector)
    if (fieldSelector !== '') query.set('fieldSelector', fieldSelector)
    return `${collectionPath(resource, namespace)}?${query.toString()}`
  }

  #succeeded(): void {
    if (!this.#isFailing) return
    this.#isFailing = false
    this.#options.sink.recovered()
  }

  #failed(error: unknown, isForbidden: boolean): void {
    if (this.#isFailing) return
    this.#isFailing = true
    const { resource, transport } = this.#options
    const reason = error instanceof Error ? error.message : String(error)
    const message = isForbidden
      ? `Cannot read ${resource.resource}: the API server forbids it (${reason}); grant get, list and watch`
      : `Cannot read ${resource.resource} from ${transport.access.server}: ${reason}; what was read stays, and is tried again`
    this.#options.sink.failed({ isForbidden, message })
  }
}

export function keyOf({ metadata }: RawObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`
}

/** The server has forgotten the version that was asked for. */
function isExpired(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 410 || error.reason === 'Expired' || error.reason === 'Gone')
}
