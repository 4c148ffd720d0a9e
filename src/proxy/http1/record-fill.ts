/** Fills a request's record from its parsed head. */
import type { ClientInfo } from '../downstream.ts'
import { fillRecord } from '../record-fill.ts'
import type { RequestRecord } from '../request-record.ts'
import type { RequestHead } from './request-head.ts'

export function fillHttp1Record(record: RequestRecord, head: RequestHead, info: ClientInfo): void {
  fillRecord(record, head, info)
  record.protocol = head.isHttp11 ? 'HTTP/1.1' : 'HTTP/1.0'
  record.headerLines = head.rawLines
}
