/**
 * What a request goes out on and its answer comes back on, as an exchange sees it: a whole HTTP/1.1 connection, or one stream
 * of an HTTP/2 connection. It calls the exchange back: `connected`, `drained`, `interim`, `head`, `data`, `flushResponse`,
 * and as the last call `complete` or `carrierLost`; nothing any more after {@link RequestCarrier.destroy}.
 */
import type { ForwardAction } from '../../routing/model.ts'
import type { UpstreamRequest } from '../downstream.ts'
import type { UpstreamExchange } from './upstream-exchange.ts'

/** Why a carrier ended before its exchange did. */
export type CarrierLoss =
  | 'connect-failed'
  | 'connect-timeout'
  | 'lost'
  | 'timeout'
  | 'malformed'
  /** The upstream said that it did nothing for the request, or had no room for it. */
  | 'refused'
  /** The upstream ended this stream alone. */
  | 'reset'

export interface RequestCarrier {
  /** The connection was there before: the peer may have closed it meanwhile. */
  readonly isReused: boolean
  /** What is known about a loss, for people; mostly empty. */
  readonly failure: string
  /**
   * Begins.
   *
   * @returns true when the head can be sent now; otherwise `exchange.connected` follows
   */
  attach(exchange: UpstreamExchange, action: ForwardAction): boolean
  /** @param isWhole nothing follows */
  sendHead(request: UpstreamRequest, clusterId: string, isWhole: boolean): void
  /** Bytes are copied or written when the call returns. @returns false to pause until `exchange.drained` */
  sendBody(buffer: Buffer, start: number, end: number): boolean
  /** The same for bytes that came before the connection did, latin1. */
  sendText(text: string): boolean
  /** The body is complete; of a tunnel: the client half-closed. */
  endBody(trailerLines: string): void
  /** The client takes answer bytes again. */
  resumeReading(): void
  /** The exchange is over, or goes elsewhere. */
  destroy(): void
}
