/** The head of a request as it goes upstream. */
import { UNKNOWN_LENGTH, type UpstreamRequest } from '../downstream.ts'
import { requestLines } from './message-edits.ts'

/** Head with our framing (RFC 9112, 6): one of Content-Length, chunked or none, whatever the client used. */
export function formatRequestHead(request: UpstreamRequest, clusterId: string): string {
  let framing = ''
  if (request.contentLength >= 0) framing = `Content-Length: ${request.contentLength}\r\n`
  else if (request.contentLength === UNKNOWN_LENGTH) framing = 'Transfer-Encoding: chunked\r\n'
  if (request.upgrade !== '') framing += `Connection: Upgrade\r\nUpgrade: ${request.upgrade}\r\n`
  else if (request.action.connectionHeader !== undefined)
    framing += `Connection: ${request.action.connectionHeader}\r\n`
  const lines = requestLines(request, clusterId)
  // HTTP/1.0 knows neither chunks nor upgrades: what needs them is said in 1.1.
  if (request.action.usesHttp10 === true && request.contentLength !== UNKNOWN_LENGTH && request.upgrade === '') {
    const close = request.action.connectionHeader === undefined ? 'Connection: close\r\n' : ''
    return `${request.method} ${request.target} HTTP/1.0\r\n${lines}${framing}${close}\r\n`
  }
  return `${request.method} ${request.target} HTTP/1.1\r\n${lines}${framing}\r\n`
}
