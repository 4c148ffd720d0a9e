/**
 * Writes Events (core `v1`, the form that `kubectl get events` shows best). The name of an Event is a digest of what it says
 * about which object: the same thing said again, by this replica or by another, counts the one that is there.
 */
import { hash } from 'node:crypto'
import { ApiError, type ApiTransport } from '../../sources/cluster/api-transport.ts'
import { collectionPath, type Resource } from '../../sources/cluster/resource.ts'
import { TokenBucket } from './token-bucket.ts'
import { WriteQueue } from './write-queue.ts'

/** The object that an Event is about. */
export interface EventTarget {
  readonly apiVersion: string
  readonly kind: string
  /** Empty for kinds without namespaces: their Events are in `default`. */
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

export interface EventText {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
  /** True when it may have been said before, by another replica: then it is not said again. */
  readonly isRepeat: boolean
}

export interface EventSinkOptions {
  readonly transport: ApiTransport
  /** `nginx-ingress-controller` for those who filter by it. */
  readonly component: string
  /** The pod's name. */
  readonly instance: string
  /** Namespace that is looked through for earlier Events, empty = all. */
  readonly namespace: string
  readonly mayWrite: () => boolean
  readonly onProblem: (message: string) => void
}

const EVENTS: Resource = { kind: 'Event', apiVersion: 'v1', resource: 'events', isNamespaced: true }
/** The API's bound of `note`, which `message` becomes there. */
const LONGEST_MESSAGE = 1024
const PARALLEL = 2
/** At once, and then in a second: a broken ConfigMap has ten thousand things to say. */
const BURST = 200
const PER_SECOND = 20
/** Events that wait; what comes then is left out. */
const MOST_WAITING = 2000
const PAGE = 500
const METADATA = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json'

interface MetadataPage {
  readonly metadata?: { readonly continue?: string }
  readonly items?: readonly { readonly metadata: { readonly name: string; readonly namespace?: string } }[] | null
}

export class EventSink {
  readonly #options: EventSinkOptions
  /** Of their own each: what is wrong does not wait for what is well. */
  readonly #queues: Readonly<Record<EventText['type'], WriteQueue>>
  readonly #stopped = new AbortController()
  /** `namespace/name` of Events that another replica wrote. */
  #known: ReadonlySet<string> = new Set()
  #leftOut = 0

  constructor(options: EventSinkOptions) {
    this.#options = options
    const { mayWrite, onProblem } = options
    const create = (): WriteQueue => {
      const budget = new TokenBucket(BURST, PER_SECOND, performance.now())
      return new WriteQueue({ parallel: PARALLEL, mayWrite, onProblem, budget })
    }
    this.#queues = { Normal: create(), Warning: create() }
  }

  /** Reads which Events there are already. Without the right to do so each is tried and refused as a double. */
  async learn(): Promise<void> {
    const { transport, namespace, component } = this.#options
    const known = new Set<string>()
    let token = ''
    try {
      do {
        const query = new URLSearchParams({
          fieldSelector: `source=${component}`,
          limit: String(PAGE),
          ...(token === '' ? {} : { continue: token }),
        })
        const page: MetadataPage = await transport.json({
          path: `${collectionPath(EVENTS, namespace)}?${query.toString()}`,
          accept: METADATA,
          signal: this.#stopped.signal,
        })
        for (const { metadata } of page.items ?? []) known.add(`${metadata.namespace ?? ''}/${metadata.name}`)
        token = page.metadata?.continue ?? ''
      } while (token !== '')
    } catch {
      // Doubles cost a request each, no more.
    }
    this.#known = known
  }

  say(target: EventTarget, text: EventText): void {
    const { uid, namespace, name } = target
    const { type, reason, isRepeat } = text
    const message =
      text.message.length > LONGEST_MESSAGE ? `${text.message.slice(0, LONGEST_MESSAGE - 1)}…` : text.message
    const digest = hash('sha256', JSON.stringify([uid, type, reason, message]), 'hex').slice(0, 16)
    const eventNamespace = namespace === '' ? 'default' : namespace
    const eventName = `${name.slice(0, 200)}.${digest}`
    const key = `${eventNamespace}/${eventName}`
    if (isRepeat && this.#known.has(key)) return
    const queue = this.#queues[type]
    if (queue.size >= MOST_WAITING) return this.#leaveOut(type)
    const write = { target, eventNamespace, eventName, type, reason, message, isRepeat }
    queue.push(`Event ${reason} ${key}`, (signal) => this.#write(write, signal))
  }

  /** Forgets what waits: somebody else says it. */
  clear(): void {
    for (const queue of Object.values(this.#queues)) queue.clear()
  }

  async close(): Promise<void> {
    this.#stopped.abort()
    await Promise.all(Object.values(this.#queues).map((queue) => queue.close()))
  }

  #leaveOut(type: EventText['type']): void {
    // Nobody misses that something is well.
    if (type === 'Normal' || this.#leftOut++ % MOST_WAITING !== 0) return
    this.#options.onProblem(
      `Cannot write all Events: more than ${MOST_WAITING} wait; the rest is left out, see /api/v1/findings for all findings`,
    )
  }

  async #write(event: PlannedEvent, signal: AbortSignal): Promise<void> {
    const { transport, component, instance } = this.#options
    const { target, eventNamespace, eventName, type, reason, message, isRepeat } = event
    const { apiVersion, kind, name, uid, namespace } = target
    const path = collectionPath(EVENTS, eventNamespace)
    const at = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
    try {
      await transport.json({
        method: 'POST',
        path,
        body: {
          apiVersion: 'v1',
          kind: 'Event',
          metadata: { name: eventName, namespace: eventNamespace },
          involvedObject: { apiVersion, kind, name, uid, ...(namespace === '' ? {} : { namespace }) },
          type,
          reason,
          message,
          count: 1,
          firstTimestamp: at,
          lastTimestamp: at,
          source: { component },
          reportingComponent: component,
          reportingInstance: instance.slice(0, 128),
        },
        signal,
      })
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      // A namespace that ends takes no new objects.
      if (error.status === 403 && error.message.includes('being terminated')) return
      if (error.status !== 409) throw error
      if (!isRepeat) await this.#count(`${path}/${eventName}`, at, signal)
    }
  }

  async #count(path: string, at: string, signal: AbortSignal): Promise<void> {
    const { transport } = this.#options
    const { count = 1, metadata } = await transport.json<{
      readonly count?: number
      readonly metadata: { readonly resourceVersion?: string }
    }>({ path, signal })
    if (!this.#options.mayWrite()) return
    await transport.json({
      method: 'PATCH',
      path,
      contentType: 'application/merge-patch+json',
      body: {
        metadata: { resourceVersion: metadata.resourceVersion },
        count: count + 1,
        lastTimestamp: at,
      },
      signal,
    })
  }
}

interface PlannedEvent {
  readonly target: EventTarget
  readonly eventNamespace: string
  readonly eventName: string
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
  readonly isRepeat: boolean
}
