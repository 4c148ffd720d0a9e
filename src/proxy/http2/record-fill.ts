/** Fills a request's record from its parsed HTTP/2 head. */
import type { ClientInfo } from '../downstream.ts'
import { chooseRequestId } from '../forwarding-headers.ts'
import { fillRecord } from '../record-fill.ts'
import type { RequestRecord } from '../request-record.ts'
import type { Http2RequestHead } from './request-head.ts'

export function fillHttp2Record(
  record: RequestRecord,
  head: Http2RequestHead,
  info: ClientInfo,
  generatesId?: boolean,
): void {
  fillRecord(record, head, info)
  record.startMs = performance.now()
  record.protocol = 'HTTP/2.0'
  record.requestId = chooseRequestId(head.requestId, generatesId)
  record.headerLines = head.otherLines + head.lines
  // The size that the same head has in HTTP/1.1: comparable over protocols, unlike what HPACK made of it.
  record.requestBytes = head.method.length + head.target.length + 12 + record.headerLines.length + 2
}
