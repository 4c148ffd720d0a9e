/**
 * Our own answers to gRPC clients: they look for `grpc-status`, and report an HTTP status as an error of transport. Sent
 * as a trailers-only response: one head with everything in it.
 */
import { reasonPhrase } from '../answer.ts'

/** From gRPC's document "HTTP to gRPC Status Code Mapping"; everything else is UNKNOWN. */
const GRPC_STATUS: ReadonlyMap<number, number> = new Map([
  [400, 13],
  [401, 16],
  [403, 7],
  [404, 12],
  [429, 14],
  [502, 14],
  [503, 14],
  [504, 14],
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
