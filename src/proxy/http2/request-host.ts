/** A connection, as its requests see it. */
import type { ClientInfo, FrontContext } from '../downstream.ts'
import type { Http2Request } from './request.ts'
import type { ConnectionCredit } from './request-body.ts'
import type { Http2RequestHead } from './request-head.ts'

/** What a request needs of its connection. */
export interface RequestHost extends ConnectionCredit {
  readonly info: ClientInfo
  readonly context: FrontContext
  /** Reused for every request: parsing and starting happen in one go. */
  readonly head: Http2RequestHead
  /** Sends RST_STREAM. */
  resetStream(streamId: number, code: number): void
  /** The request waits for its client: a stalled one must not wait for ever. */
  startWaiting(request: Http2Request): void
  stopWaiting(request: Http2Request): void
  /** Called once: the stream is gone. `isWasted` when the client made us work for nothing. */
  requestEnded(request: Http2Request, isWasted: boolean): void
}
