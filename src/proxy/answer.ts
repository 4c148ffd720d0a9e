/**
 * Answers that the proxy makes itself: status texts, the cached `Date`, and the `Server` line.
 * Dates are IMF-fixdate (RFC 9110, 5.6.7).
 */
import { STATUS_CODES } from 'node:http'
import type { LocalAnswer } from '../routing/model.ts'
import type { ExchangeFailure } from './downstream.ts'

/** Line on every answer, proxied ones included: ours replaces the upstream's. */
export const SERVER_LINE = 'Server: genkan\r\n'

let dateLineText = ''
let dateLineSecond = 0

/** `Date: ...\r\n` of the current second, formatted once a second. */
export function dateLine(): string {
  const nowMs = Date.now()
  const second = Math.floor(nowMs / 1000)
  if (second !== dateLineSecond) {
    dateLineSecond = second
    dateLineText = `Date: ${new Date(nowMs).toUTCString()}\r\n`
  }
  return dateLineText
}

/** Reason phrase, `Unknown` for codes without one. */
export function reasonPhrase(status: number): string {
  return STATUS_CODES[status] ?? 'Unknown'
}

/** A plain-text answer `404 Not Found`. */
function plainAnswer(status: number): LocalAnswer {
  return { status, contentType: 'text/plain', body: `${status} ${reasonPhrase(status)}\n` }
}

export const BAD_GATEWAY: LocalAnswer = plainAnswer(502)
export const GATEWAY_TIMEOUT: LocalAnswer = plainAnswer(504)
export const SERVICE_UNAVAILABLE: LocalAnswer = plainAnswer(503)

const BY_STATUS = new Map<number, LocalAnswer>()
const REDIRECTS = new Map<number, LocalAnswer>()

/** The proxy's own answer for a refused request: 400, 408, 414, 431, 501, 505 and the like. */
export function answerForStatus(status: number): LocalAnswer {
  let answer = BY_STATUS.get(status)
  if (answer === undefined) {
    answer = plainAnswer(status)
    BY_STATUS.set(status, answer)
  }
  return answer
}

/** `OPTIONS *` asks about the server itself, which has nothing to say. */
export const OPTIONS_ANSWER: LocalAnswer = { status: 200, contentType: '', body: '' }

/** Body of a redirect for those who do not follow it; `Location` is the caller's. */
export function answerForRedirect(status: number): LocalAnswer {
  let answer = REDIRECTS.get(status)
  if (answer === undefined) {
    const text = `${status} ${reasonPhrase(status)}`
    answer = { status, contentType: 'text/html', body: `<!doctype html><title>${text}</title><h1>${text}</h1>\n` }
    REDIRECTS.set(status, answer)
  }
  return answer
}

/** What the client is told when no head came from an upstream. */
export function answerForFailure(failure: ExchangeFailure): LocalAnswer {
  switch (failure) {
    case 'bad-gateway':
      return BAD_GATEWAY
    case 'gateway-timeout':
      return GATEWAY_TIMEOUT
    case 'unavailable':
    case 'overloaded':
      return SERVICE_UNAVAILABLE
  }
}

/** Lines that go with {@link answerForFailure}. A backend that is full is so for a moment. */
export function linesForFailure(failure: ExchangeFailure): string {
  return failure === 'overloaded' ? 'Retry-After: 1\r\n' : ''
}
