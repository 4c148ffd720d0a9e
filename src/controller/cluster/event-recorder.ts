/**
 * Findings as Events, on transitions only: one when a finding appears, one when an object is well again. What one object has
 * to say about one code is one Event. Followers keep the account too, so that a new leader goes on where the last one was.
 */
import type { Finding } from '../../base/finding.ts'
import type { EventSink, EventTarget } from './event-sink.ts'

export interface EventRecorderOptions {
  readonly sink: Pick<EventSink, 'say'>
  /** The object of a finding's origin (`Ingress namespace/name`); `null` when it is not in the cluster any more. */
  readonly find: (object: string) => EventTarget | null
}

/** Objects that are remembered to have findings. */
const MOST_REMEMBERED = 50_000

export class EventRecorder {
  readonly #options: EventRecorderOptions
  /** By object: the texts of its findings by code. */
  #said: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map()

  constructor(options: EventRecorderOptions) {
    this.#options = options
  }

  /**
   * Compares with what was said before and says what is new. Infos are for reports, not for Events.
   *
   * @param mayWrite false: only keeps the account
   */
  record(findings: readonly Finding[], mayWrite: boolean): void {
    const before = this.#said
    const now = gatherTexts(findings)
    this.#said = now
    if (!mayWrite) return
    for (const [object, texts] of now) {
      for (const [code, text] of texts) {
        if (before.get(object)?.get(code) !== text) this.#say(object, 'Warning', reasonOf(code), text, false)
      }
    }
    for (const object of before.keys()) {
      if (!now.has(object)) this.#say(object, 'Normal', 'Resolved', 'Nothing is wrong any more', false)
    }
  }

  /** A new leader says what is true now, as far as nobody has said it: the last one may have died before it could. */
  repeat(): void {
    for (const [object, texts] of this.#said) {
      for (const [code, text] of texts) this.#say(object, 'Warning', reasonOf(code), text, true)
    }
  }

  #say(object: string, type: 'Normal' | 'Warning', reason: string, message: string, isRepeat: boolean): void {
    const target = this.#options.find(object)
    if (target !== null) this.#options.sink.say(target, { type, reason, message, isRepeat })
  }
}

/** @returns by object: the texts of its findings by code; without infos */
export function gatherTexts(findings: readonly Finding[]): Map<string, Map<string, string>> {
  const byObject = new Map<string, Map<string, string>>()
  for (const { severity, origin, code, message } of findings) {
    if (severity === 'info') continue
    const texts = byObject.get(origin.object) ?? new Map<string, string>()
    if (texts.size === 0 && byObject.size >= MOST_REMEMBERED) continue
    byObject.set(origin.object, texts)
    const before = texts.get(code)
    texts.set(code, before === undefined ? message : `${before}; ${message}`)
  }
  return byObject
}

/** `SERVICE_NOT_FOUND` → `ServiceNotFound`, as reasons of Events are written. */
export function reasonOf(code: string): string {
  return code
    .toLowerCase()
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
}
