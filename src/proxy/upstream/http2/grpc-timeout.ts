/**
 * How long a gRPC client waits (`grpc-timeout` of gRPC over HTTP/2). The field goes on to the server; we keep it too, in case that
 * one does not.
 */
import type { UpstreamRequest } from '../../downstream.ts'

const FIELD = 'grpc-timeout: '
const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 0.001, n: 0.000001 }
/** More is as good as none. */
const LONGEST_MS = 86_400_000

/**
 * @param headerLines of the request
 * @returns milliseconds, or -1 when the client waits for ever or says nothing readable
 */
export function readGrpcTimeout(headerLines: string): number {
  const at = headerLines.indexOf(FIELD)
  if (at === -1) return -1
  const value = headerLines.slice(at + FIELD.length, at + FIELD.length + 12)
  const [, digits = '', unit = ''] = /^([0-9]{1,8})([HMSmun])\r\n/.exec(value) ?? []
  const perUnit = UNIT_MS[unit]
  if (perUnit === undefined) return -1
  const milliseconds = Number(digits) * perUnit
  return milliseconds > LONGEST_MS ? -1 : milliseconds
}

/** Milliseconds that are left to a request over all tries, as its route and its client have it; absent = no such bound. */
export function timeLeft({ action, headerLines, record }: UpstreamRequest): number | undefined {
  const timeoutMs = readGrpcTimeout(headerLines)
  if (timeoutMs === -1) return action.requestTimeoutMs
  const leftMs = Math.max(0, timeoutMs - (performance.now() - record.startMs))
  return Math.min(leftMs, action.requestTimeoutMs ?? leftMs)
}
