import type { ClientInfo, FrontContext } from '../downstream.ts'
import type { RequestHead } from './request-head.ts'

/** The reading half of a client connection, as the answering half sees it. */
export interface ResponderHost {
  readonly context: FrontContext
  readonly info: ClientInfo
  readonly head: RequestHead
  /** Of the request on the connection, from 1. */
  readonly requestNumber: number
  /** True while the request body has not been read to its end. */
  readonly isBodyOpen: boolean
  /** The gates have spoken: the request is answered or forwarded next. */
  gateLeft(): void
  /** The request was forwarded: its body is wanted. */
  gateOpened(): void
  /** The upstream takes body bytes again. */
  bodyWanted(): void
  /** The client does not take what it is sent: its time runs. */
  clientBlocked(): void
  /** The answer is out. */
  answered(isPersistent: boolean): void
  /** From now on the connection carries another protocol. */
  upgraded(): void
  /** The upstream has nothing more to say on the upgraded connection. */
  tunnelHalfClosed(): void
  tunnelClosed(): void
  destroy(): void
}
