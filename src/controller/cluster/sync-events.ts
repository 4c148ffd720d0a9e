/** What ingress-nginx says of what it read: `Sync` of Ingresses, `CREATE` and `UPDATE` of its ConfigMaps (docs/cluster.md). */
import type { AnyObject } from '../../kube/objects.ts'
import type { EventSink, EventTarget } from './event-sink.ts'

export interface SyncEventsOptions {
  readonly sink: Pick<EventSink, 'say'>
  readonly targetOf: (object: AnyObject) => EventTarget
  /** False by `--disable-sync-events`: nothing of Ingresses. */
  readonly tellsOfIngresses: boolean
}

export class SyncEvents {
  readonly #options: SyncEventsOptions
  /** As last seen, by uid: an object that did not change is the very same one. */
  #seen = new Map<string, AnyObject>()

  constructor(options: SyncEventsOptions) {
    this.#options = options
  }

  /**
   * @param objects the Ingresses that are served, and the ConfigMaps of this controller
   * @param mayWrite false: only keeps the account
   */
  record(objects: Iterable<AnyObject>, mayWrite: boolean): void {
    const seen = new Map<string, AnyObject>()
    for (const object of objects) {
      const before = this.#seen.get(object.meta.uid)
      seen.set(object.meta.uid, object)
      if (mayWrite && before !== object) this.#say(object, before === undefined ? 'CREATE' : 'UPDATE', false)
    }
    this.#seen = seen
  }

  /** A new leader tells of what nobody has told of. */
  repeat(): void {
    for (const object of this.#seen.values()) this.#say(object, 'CREATE', true)
  }

  #say(object: AnyObject, change: 'CREATE' | 'UPDATE', isRepeat: boolean): void {
    const { sink, targetOf, tellsOfIngresses } = this.#options
    if (object.kind === 'Ingress') {
      if (!tellsOfIngresses) return
      sink.say(targetOf(object), { type: 'Normal', reason: 'Sync', message: 'Scheduled for sync', isRepeat })
    } else {
      const message = `${object.kind} ${object.meta.namespace}/${object.meta.name}`
      sink.say(targetOf(object), { type: 'Normal', reason: change, message, isRepeat })
    }
  }
}
