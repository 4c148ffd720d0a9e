/** Facts that the access log and the metrics derive from a record in the same way. */
import type { RequestRecord } from './request-record.ts'

/** The status sent; 499 when the client left before any answer began, as nginx has it; 0 when nothing is known. */
export function finalStatus(record: RequestRecord): number {
  return record.status === 0 && record.isAborted ? 499 : record.status
}

/** Milliseconds until the upstream connection was usable: 0 for one that was kept alive, -1 when there was none. */
export function connectMs(record: RequestRecord): number {
  if (record.upstreamConnectMs >= 0) return record.upstreamConnectMs
  return record.upstreamHeaderMs >= 0 ? 0 : -1
}
