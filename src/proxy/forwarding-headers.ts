/**
 * The header lines that tell an upstream about the client as ingress-nginx does, and the request id.
 * Client-sent copies of every name here are dropped by the fronts; what the client said in `X-Forwarded-For` and
 * `X-Forwarded-Host` goes on as `X-Original-Forwarded-For` and `X-Original-Forwarded-Host`.
 */
import { randomFillSync } from 'node:crypto'
import type { Scheme } from '../routing/model.ts'

/** Lower-case names that a client may not set: fronts drop them (the two above are renamed). */
export const OWNED_REQUEST_HEADERS: ReadonlySet<string> = new Set([
  'x-request-id',
  'x-real-ip',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-forwarded-scheme',
  'x-scheme',
  'x-original-forwarded-for',
  'x-original-forwarded-host',
])

/** The part that is the same for all requests of a connection: `ClientInfo.forwardingLines`. */
export function connectionForwardingLines(scheme: Scheme, remoteAddress: string, serverPort: number): string {
  // 443 whatever the https listener's number, as ingress-nginx does: pods build URLs from it.
  const port = scheme === 'https' ? 443 : serverPort
  return (
    `X-Real-IP: ${remoteAddress}\r\nX-Forwarded-For: ${remoteAddress}\r\nX-Forwarded-Port: ${port}\r\n` +
    `X-Forwarded-Proto: ${scheme}\r\nX-Forwarded-Scheme: ${scheme}\r\nX-Scheme: ${scheme}\r\n`
  )
}

/**
 * The lines of one request. All texts have been checked to be valid field values.
 *
 * @param authority Host or :authority as the client sent it
 * @param connectionLines from {@link connectionForwardingLines}
 * @param originalFor the client's own X-Forwarded-For, empty when it sent none
 * @param originalHost likewise X-Forwarded-Host
 */
export function formatForwardingLines(
  authority: string,
  requestId: string,
  connectionLines: string,
  originalFor: string,
  originalHost: string,
): string {
  let lines = `${requestIdLine(requestId)}X-Forwarded-Host: ${authority}\r\n${connectionLines}`
  if (originalFor !== '') lines += `X-Original-Forwarded-For: ${originalFor}\r\n`
  if (originalHost !== '') lines += `X-Original-Forwarded-Host: ${originalHost}\r\n`
  return lines
}

/** Nothing for a request without an id. */
export function requestIdLine(requestId: string): string {
  return requestId === '' ? '' : `X-Request-ID: ${requestId}\r\n`
}

const LONGEST_REQUEST_ID = 128

/**
 * The incoming id when it is 1 to 128 visible ASCII characters, else a new one.
 *
 * @param generates false: empty in place of a new one (`generate-request-id: "false"`)
 */
export function chooseRequestId(incoming: string, generates = true): string {
  if (isSaneRequestId(incoming)) return incoming
  return generates ? createRequestId() : ''
}

function isSaneRequestId(id: string): boolean {
  if (id === '' || id.length > LONGEST_REQUEST_ID) return false
  for (let i = 0; i < id.length; i++) {
    const code = id.charCodeAt(i)
    if (code <= 0x20 || code >= 0x7f) return false
  }
  return true
}

const ID_BYTES = 16
const randomPool = Buffer.alloc(ID_BYTES * 512)
let randomAt = randomPool.length

/** 32 hex digits from a pool of cryptographic randomness: one fill serves 512 requests. */
export function createRequestId(): string {
  if (randomAt === randomPool.length) {
    randomFillSync(randomPool)
    randomAt = 0
  }
  const id = randomPool.toString('hex', randomAt, randomAt + ID_BYTES)
  randomAt += ID_BYTES
  return id
}
