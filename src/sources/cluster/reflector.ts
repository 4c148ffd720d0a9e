/**
 * Follows one kind of objects (Kubernetes API concepts, "Efficient detection of changes"): lists in pages, then watches
 * with bookmarks and resumes where it was. When the server has forgotten that version (410) it lists again and passes on
 * what differs, so that nobody sees a flap. What was read stays while the server is away.
 */
import { ApiError, type ApiTransport } from './api-transport.ts'
import { collectionPath, type Resource } from './resource.ts'
import { createRetryPause, type RetryPause } from './retry-pause.ts'
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
    readonly labels?: Readonly<Record<string, string>> | null
    readonly annotations?: Readonly<Record<string, string>> | null
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
  /** Test seam: pause after 403. */
  readonly forbiddenPauseMs?: number
  /** Test seam: silence after which a watch is taken for dead. */
  readonly silenceMs?: number
}

export interface ReflectorSink {
  /** A new or changed object. */
  set(key: string, object: RawObject): void
  delete(key: string): void
  /** All that was known before was passed on; called after each list. */
  synced(): void
  /** The server cannot be read; called once for each outage, and when it becomes one of another kind. */
  failed(failure: ReflectorFailure): void
  /** It can be read again. */
  recovered(): void
}

export interface ReflectorFailure {
  /** True for 403, and 404 of custom resources: this kind stays unread until somebody grants or defines it; others go on. */
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
/** A watch that ended sooner, and without a word, does not count as one that worked. */
const SHORT_WATCH_MS = 5000
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
  #failure: 'none' | 'away' | 'forbidden' = 'none'
  readonly #pause: RetryPause
  #running: Promise<void> = Promise.resolve()

  constructor(options: ReflectorOptions) {
    this.#options = options
    this.#pause = createRetryPause(options.firstPauseMs ?? FIRST_PAUSE_MS, LONGEST_PAUSE_MS)
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
    const pause = this.#pause
    const { signal } = this.#stopped
    while (!signal.aborted) {
      try {
        if (this.#resourceVersion === '') await this.#list()
        if (await this.#watch()) pause.reset()
        // A server that ends each watch at once is not asked without a pause.
        else await wait(pause.next(), signal)
      } catch (error) {
        if (signal.aborted) return
        if (isExpired(error)) {
          // The first relist comes soon, those of a server that forgets everything do not.
          this.#resourceVersion = ''
          await wait(pause.next(), signal)
          continue
        }
        if (error instanceof BrokenWatch) {
          // Balancers cut idle streams: it is trouble only if it cannot be taken up again.
          if (error.worked) pause.reset()
          await wait(pause.next(), signal)
          continue
        }
        // A custom resource that the cluster does not define yet is looked for as rarely as a right that is not given.
        const isForbidden =
          error instanceof ApiError &&
          (error.status === 403 || (error.status === 404 && this.#options.resource.isCustom === true))
        this.#failed(error, isForbidden)
        const forbiddenMs = this.#options.forbiddenPauseMs ?? FORBIDDEN_PAUSE_MS
        const atLeastMs = isForbidden ? forbiddenMs : error instanceof ApiError ? error.retryAfter * 1000 : 0
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
      const { page, isWhole } = await this.#page(token)
      // Begun anew: what the first pages told may be gone.
      if (isWhole) versions.clear()
      for (const object of page.items ?? []) {
        const key = keyOf(object)
        const objectVersion = object.metadata.resourceVersion ?? ''
        versions.set(key, objectVersion)
        if (objectVersion !== '' && this.#versions.get(key) === objectVersion) continue
        // Noted at once: a list that breaks off must not leave objects that nobody deletes.
        this.#versions.set(key, objectVersion)
        sink.set(key, object)
      }
      version = page.metadata.resourceVersion ?? ''
      token = page.metadata.continue ?? ''
    } while (token !== '')
    for (const key of this.#versions.keys()) if (!versions.has(key)) sink.delete(key)
    this.#versions = versions
    this.#resourceVersion = version
    sink.synced()
  }

  async #page(token: string): Promise<{ readonly page: ListPage; readonly isWhole: boolean }> {
    const query = new URLSearchParams({ limit: String(PAGE), ...(token === '' ? {} : { continue: token }) })
    try {
      return { page: await this.#read(query), isWhole: false }
    } catch (error) {
      // The rest of a list that took too long: it is begun anew, in one piece.
      if (token === '' || !isExpired(error)) throw error
      return { page: await this.#read(new URLSearchParams()), isWhole: true }
    }
  }

  async #read(query: URLSearchParams): Promise<ListPage> {
    return await this.#options.transport.json<ListPage>({
      path: this.#path(query),
      signal: this.#stopped.signal,
      ...(this.#options.isMetadataOnly === true ? { accept: METADATA } : {}),
    })
  }

  /** @returns whether it worked: it said something, or stayed for a while @throws {BrokenWatch} when it broke off */
  async #watch(): Promise<boolean> {
    const seconds = this.#options.watchSeconds?.() ?? Math.round(300 + Math.random() * 300)
    const query = new URLSearchParams({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: this.#resourceVersion,
      timeoutSeconds: String(seconds),
    })
    const call = {
      path: this.#path(query),
      signal: this.#stopped.signal,
      idleTimeoutMs: this.#options.silenceMs ?? SILENCE_MS,
      ...(this.#options.isMetadataOnly === true ? { accept: METADATA_WATCH } : {}),
    }
    let openedAtMs = 0
    let hasSpoken = false
    const hasWorked = (): boolean => hasSpoken || performance.now() - openedAtMs >= SHORT_WATCH_MS
    try {
      const lines = this.#options.transport.lines(call, () => {
        openedAtMs = performance.now()
        this.#succeeded()
      })
      for await (const line of lines) {
        this.#take(JSON.parse(line) as WatchLine)
        hasSpoken = true
        this.#pause.reset()
      }
    } catch (error) {
      if (openedAtMs === 0 || error instanceof ApiError) throw error
      throw new BrokenWatch(hasWorked(), { cause: error })
    }
    return hasWorked()
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
    if (this.#failure === 'none') return
    this.#failure = 'none'
    this.#options.sink.recovered()
  }

  #failed(error: unknown, isForbidden: boolean): void {
    const failure = isForbidden ? 'forbidden' : 'away'
    if (this.#failure === failure) return
    this.#failure = failure
    const { resource, transport } = this.#options
    const reason = error instanceof Error ? error.message : String(error)
    const message = isForbidden
      ? `Cannot read ${resource.resource}: the API server forbids it (${reason}); grant get, list and watch`
      : `Cannot read ${resource.resource} from ${transport.access.server}: ${reason}; what was read stays, and is tried again`
    this.#options.sink.failed({ isForbidden, message })
  }
}

/** A watch that was accepted and broke off: in the middle of a line, by a reset, or by silence. */
class BrokenWatch extends Error {
  readonly worked: boolean

  constructor(worked: boolean, options: ErrorOptions) {
    super('The watch broke off', options)
    this.name = 'BrokenWatch'
    this.worked = worked
  }
}

export function keyOf({ metadata }: RawObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`
}

/** The server has forgotten the version that was asked for, or (restored from a backup) has never come to it. */
function isExpired(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false
  return (
    error.status === 410 ||
    error.reason === 'Expired' ||
    error.reason === 'Gone' ||
    error.message.includes('Too large resource version')
  )
}
