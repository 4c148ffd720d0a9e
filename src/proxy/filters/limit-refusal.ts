/** What a client over its limit is told. */
import { UNAVAILABLE_NGINX } from '../../routing/defaults.ts'
import type { GateRefusal } from '../../routing/gate.ts'
import { answerForStatus } from '../answer.ts'

const TOO_MANY_REQUESTS = 429

/** @param retrySeconds sent as Retry-After with 429 (RFC 6585, 4); with other statuses nginx's plain answer */
export function limitRefusal(status: number, retrySeconds: number): GateRefusal {
  const { contentType, body } = status === UNAVAILABLE_NGINX.status ? UNAVAILABLE_NGINX : answerForStatus(status)
  const responseLines = status === TOO_MANY_REQUESTS ? `Retry-After: ${retrySeconds}\r\n` : ''
  return { kind: 'refuse', status, contentType, body, responseLines }
}
