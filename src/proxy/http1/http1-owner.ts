/** The listener, as its HTTP/1.1 connections see it. */
import type { AcceptHttp2, FrontConnection, FrontContext } from '../downstream.ts'

/** What a connection needs from its listener. */
export interface Http1Owner {
  readonly context: FrontContext
  readonly acceptHttp2: AcceptHttp2 | null
  /** The connection is gone. */
  connectionClosed(connection: FrontConnection): void
  /** HTTP/2 took over: count the other one instead of this. */
  connectionReplaced(connection: FrontConnection, by: FrontConnection): void
}
