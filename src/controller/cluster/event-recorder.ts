/**
 * Findings as Events (`events.k8s.io/v1`), on transitions only: one when a finding appears, one when an object is well
 * again. Bounded: what one object has to say is said in one Event for each code.
 */
import { createHash } from 'node:crypto'
import type { Finding } from '../../base/finding.ts'
import type { ApiTransport } from '../../sources/cluster/api-transport.ts'
import type { WriteQueue } from './write-queue.ts'

/** The object that an Event is about. */
export interface EventTarget {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

export interface EventRecorderOptions {
  readonly transport: ApiTransport
  readonly queue: WriteQueue
  /** `nginx-ingress-controller` for those who filter by it. */
  readonly component: string
  /** The pod's name. */
  readonly instance: string
  /** The object of a finding's origin (`Ingress namespace/name`); `null` when it is not in the cluster any more. */
  readonly find: (object: string) => EventTarget | null
}

/** The API's bound of `note`. */
const LONGEST_NOTE = 1024
/** Objects that are remembered to have findings. */
const MOST_REMEMBERED = 50_000

export class EventRecorder {
  readonly #options: EventRecorderOptions
  /** By object: the texts of its findings by code. */
  #said: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map()

  constructor(options: EventRecorderOptions) {
    this.#options = options
  }

  /** Compares with what was said before and says what is new. Infos are for reports, not for Events. */
  record(findings: readonly Finding[]): void {
    const now = new Map<string, Map<string, string>>()
    for (const { severity, origin, code, message } of findings) {
      if (severity === 'info' || now.size >= MOST_REMEMBERED) continue
      const texts = now.get(origin.object) ?? new Map<string, string>()
      now.set(origin.object, texts)
      const before = texts.get(code)
      texts.set(code, before === undefined ? message : `${before}\n${message}`)
    }
    for (const [object, texts] of now) {
      const before = this.#said.get(object)
      for (const [code, text] of texts)
        if (before?.get(code) !== text) this.#say(object, 'Warning', reasonOf(code), text)
    }
    for (const object of this.#said.keys()) {
      if (!now.has(object)) this.#say(object, 'Normal', 'Resolved', 'Nothing is wrong any more')
    }
    this.#said = now
  }

  #say(object: string, type: 'Normal' | 'Warning', reason: string, text: string): void {
    const target = this.#options.find(object)
    if (target === null) return
    const { transport, queue, component, instance } = this.#options
    const { uid, namespace, name, kind, apiVersion } = target
    const digest = createHash('sha256')
      .update(`${uid} ${type} ${reason} ${text} ${Date.now()}`)
      .digest('hex')
      .slice(0, 16)
    const eventNamespace = namespace === '' ? 'default' : namespace
    const at = new Date().toISOString().replace('Z', '000Z')
    queue.push(`Event ${reason} of ${object}`, async (signal) => {
      await transport.json({
        method: 'POST',
        path: `/apis/events.k8s.io/v1/namespaces/${eventNamespace}/events`,
        body: {
          apiVersion: 'events.k8s.io/v1',
          kind: 'Event',
          metadata: { name: `${name.slice(0, 200)}.${digest}`, namespace: eventNamespace },
          eventTime: at,
          type,
          reason,
          action: type === 'Warning' ? 'Refused' : 'Served',
          note: text.length > LONGEST_NOTE ? `${text.slice(0, LONGEST_NOTE - 1)}…` : text,
          regarding: { apiVersion, kind, name, uid, ...(namespace === '' ? {} : { namespace }) },
          reportingController: component,
          reportingInstance: instance.slice(0, 128),
        },
        signal,
      })
    })
  }
}

/** `SERVICE_NOT_FOUND` → `ServiceNotFound`, as reasons of Events are written. */
function reasonOf(code: string): string {
  return code
    .toLowerCase()
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
}
