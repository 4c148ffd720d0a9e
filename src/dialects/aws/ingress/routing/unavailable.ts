/** The answer of a path that cannot be served, so that nobody else's backend answers in its place. */
import type { RuleAction } from '../../../../aws/stack/rule.ts'

type FixedResponse = Extract<RuleAction, { type: 'fixed-response' }>

const MAX_BODY = 1024

/** @param text what is missing, for whoever meets it in a browser */
export function unavailable(text: string): FixedResponse {
  return { type: 'fixed-response', statusCode: '503', contentType: 'text/plain', messageBody: text.slice(0, MAX_BODY) }
}

export const NOT_FOUND: FixedResponse = {
  type: 'fixed-response',
  statusCode: '404',
  contentType: 'text/plain',
  messageBody: '',
}

/** Keeps everything of a request but the scheme and the port. */
export function redirectToHttps(port: number): Extract<RuleAction, { type: 'redirect' }> {
  return {
    type: 'redirect',
    protocol: 'HTTPS',
    host: '#{host}',
    port: String(port),
    path: '/#{path}',
    query: '#{query}',
    statusCode: 'HTTP_301',
  }
}
