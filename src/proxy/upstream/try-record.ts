/** What logs are told about each try: nginx lists them all, joined by commas (`$upstream_addr`, `$upstream_status`). */
import type { RequestRecord } from '../request-record.ts'
import type { CarrierLoss } from './request-carrier.ts'

const MEANINGS = {
  'connect-failed': 'connection failed',
  'connect-timeout': 'no connection in time',
  lost: 'connection closed before the end of the answer',
  timeout: 'neither read nor written in time',
  malformed: 'no valid answer',
  refused: 'request refused unread',
  reset: 'stream reset',
} as const satisfies Record<CarrierLoss, string>

/** A try begins. */
export function noteAddress(record: RequestRecord, label: string): void {
  record.upstreamAddress += record.upstreamAddress === '' ? label : `, ${label}`
}

/** A try ended with this status, the upstream's or ours. */
export function noteStatus(record: RequestRecord, status: number): void {
  record.upstreamStatus += record.upstreamStatus === '' ? String(status) : `, ${status}`
}

/** @param detail what the socket said, or empty */
export function noteLoss(record: RequestRecord, loss: CarrierLoss, detail: string): void {
  record.upstreamFailure = detail === '' ? MEANINGS[loss] : `${MEANINGS[loss]}: ${detail}`
}
