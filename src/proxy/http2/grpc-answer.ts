/**
 * Our own answers to gRPC clients: they look for `grpc-status`, and report an HTTP status as an error of transport. Sent
 * as a trailers-only response: one head with everything in it.
 */
import { reasonPhrase } from '../answer.ts'
import type { ExchangeFailure } from '../downstream.ts'

/**
 * From gRPC's document "HTTP to gRPC Status Code Mapping"; everything else is UNKNOWN. What clients have to guess there we know:
 * 504 is a deadline, ours or theirs, and what is too large exhausts a resource.
 */
const GRPC_STATUS: ReadonlyMap<number, number> = new Map([
  [400, 13],
  [401, 16],
  [403, 7],
  [404, 12],
  [413, 8],
  [429, 14],
  [431, 8],
  [502, 14],
  [503, 14],
  [504, 4],
])
const UNKNOWN = 2

/** `application/grpc`, with a format or parameters after it. */
export function isGrpc(contentType: string): boolean {
  if (!contentType.startsWith('application/grpc')) return false
  return /^application\/grpc(?:$|[+; ])/.test(contentType)
}

/** Header lines for an answer of this HTTP status, 400 or above. */
export function grpcLines(status: number): string {
  const code = GRPC_STATUS.get(status) ?? UNKNOWN
  return `content-type: application/grpc\r\ngrpc-status: ${code}\r\ngrpc-message: ${status} ${reasonPhrase(status)}\r\n`
}

/**
 * Trailers for an answer whose upstream failed in the middle: a client would take a reset stream for a fault of the proxy.
 * Messages of gRPC carry their length, so a part is not taken for the whole.
 */
export function grpcTrailers(failure: ExchangeFailure): string {
  const isTimeout = failure === 'gateway-timeout'
  return `grpc-status: ${isTimeout ? 4 : 14}\r\ngrpc-message: upstream ${isTimeout ? 'timed out' : 'connection lost'}\r\n`
}
