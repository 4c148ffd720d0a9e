/**
 * Events about AWS on Ingresses and Services: one for each resource that was created, modified or deleted, in the words of the
 * founding controller, and one for the outcome with today's reasons, on transitions only.
 */
import type { Operation } from '../../aws/deploy/operation.ts'
import type { EventSink, EventTarget } from '../cluster/event-sink.ts'
import { type AwsLog, scopeOf } from './aws-log.ts'
import type { MemberObject, MemberObjects } from './member-objects.ts'
import { beginLine, endLine } from './step-lines.ts'

export interface AwsEventOptions {
  readonly sink: Pick<EventSink, 'say'>
  readonly members: MemberObjects
  readonly log: AwsLog
}

export class AwsEvents {
  readonly #options: AwsEventOptions
  /** What was said last about each object. */
  readonly #outcomes = new Map<string, string>()

  constructor(options: AwsEventOptions) {
    this.#options = options
  }

  /**
   * An operation was done: told to those whom it is made for, or to all where that is nobody of them.
   *
   * @param objects `Kind namespace/name` of the stack's members
   * @param identifier of what was created; empty = nothing was
   */
  done(operation: Operation, objects: readonly string[], identifier = ''): void {
    const { event } = operation
    if (event === undefined) return
    for (const object of concerned(operation, objects)) {
      this.#say(object, 'Normal', event.reason, event.message)
      this.#options.log.write(scopeOf(object), 'INFO', endLine(operation, identifier))
    }
  }

  /** An operation begins: what is created is logged. */
  began(operation: Operation, objects: readonly string[]): void {
    const line = beginLine(operation)
    if (line === null) return
    for (const object of concerned(operation, objects)) this.#options.log.write(scopeOf(object), 'INFO', line)
  }

  /** Everything of a stack is as it should be. */
  reconciled(objects: readonly string[]): void {
    for (const object of objects) this.#outcome(object, 'Normal', 'SuccessfullyReconciled', 'Successfully reconciled')
  }

  /** @param reason `FailedBuildModel`, `FailedDeployModel`, `FailedUpdateStatus`, ... */
  failed(objects: readonly string[], reason: string, message: string): void {
    for (const object of objects) this.#outcome(object, 'Warning', reason, message)
  }

  /** Nothing more is said about objects that are gone. */
  forget(isKnown: (object: string) => boolean): void {
    for (const object of this.#outcomes.keys()) if (!isKnown(object)) this.#outcomes.delete(object)
  }

  #outcome(object: string, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const outcome = `${reason} ${message}`
    const before = this.#outcomes.get(object)
    if (before === outcome) return
    this.#outcomes.set(object, outcome)
    // A new leader finds well what the last one left so: a thousand times the same is no news.
    this.#say(object, type, reason, message, before === undefined && type === 'Normal')
    this.#options.log.write(scopeOf(object), type === 'Normal' ? 'INFO' : 'ERROR', `${reason}: ${message}`)
  }

  #say(object: string, type: 'Normal' | 'Warning', reason: string, message: string, isRepeat = false): void {
    const member = this.#options.members.get(object)
    if (member !== undefined) this.#options.sink.say(targetOf(member), { type, reason, message, isRepeat })
  }
}

/** Those whom the operation is made for, or all where that is nobody of them. */
function concerned({ origins }: Operation, objects: readonly string[]): readonly string[] {
  const wanted = new Set(origins.map(({ object }) => object))
  const own = objects.filter((object) => wanted.has(object))
  return own.length === 0 ? objects : own
}

/** The object that an Event is about. */
export function targetOf({ resource, namespace, name, uid }: MemberObject): EventTarget {
  return { apiVersion: resource.apiVersion, kind: resource.kind, namespace, name, uid }
}
