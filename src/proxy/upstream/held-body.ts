/**
 * The body of a request as far as an exchange holds it: what came before the connection did, and what went out already, in case
 * the upstream refuses it unread. Requests without a body have no such object.
 */
import { keepBody, keepText } from './http2/kept-body.ts'
import type { RequestCarrier } from './request-carrier.ts'

export class HeldBody {
  /** The front waits to be told that more is taken. */
  needsDrain = false
  #trailers = ''
  /** Not sent yet, latin1. */
  #early = ''
  /** What went out; `null` = not all of it is here. */
  #kept: string | null

  /** @param isKept what goes out may be wanted again */
  constructor(isKept: boolean) {
    this.#kept = isKept ? '' : null
  }

  /** There is no connection yet. */
  hold(buffer: Buffer, start: number, end: number): void {
    this.#early += buffer.toString('latin1', start, end)
    this.needsDrain = true
  }

  end(trailerLines: string): void {
    this.#trailers = trailerLines
  }

  /** @returns false to pause the front */
  send(carrier: RequestCarrier, buffer: Buffer, start: number, end: number): boolean {
    this.#kept = keepBody(this.#kept, buffer, start, end)
    if (carrier.sendBody(buffer, start, end)) return true
    this.needsDrain = true
    return false
  }

  /** Sends what is here. @returns false to leave the front paused */
  sendHeld(carrier: RequestCarrier, isComplete: boolean): boolean {
    const early = this.#early
    this.#early = ''
    this.#kept = keepText(this.#kept, early)
    const isTaken = early === '' || carrier.sendText(early)
    if (isComplete) carrier.endBody(this.#trailers)
    return isTaken
  }

  /** An answer came: nothing will be wanted again. */
  letGo(): void {
    this.#kept = null
  }

  /** Makes what went out unsent again. @returns false when it is not all here any more */
  restore(): boolean {
    if (this.#kept === null) return false
    this.#early = this.#kept
    this.#kept = ''
    return true
  }
}
