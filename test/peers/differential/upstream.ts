/** The upstream behind both proxies: says what it received, and plays the parts that cases ask of it in the query. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface SeenRequest {
  /** `GET /path HTTP/1.1` */
  readonly line: string
  /** Lower-case names; fields sent twice are joined by `; ` . */
  readonly headers: Readonly<Record<string, string>>
}

export interface EchoUpstream {
  readonly port: number
  /** Requests since the last call, those with `marker` in `X-Case`. */
  take(marker: string): readonly SeenRequest[]
  close(): Promise<void>
}

/**
 * Query: `status=N`, `set-cookie=TEXT`, `location=TEXT`, `header=Name:value` (repeatable), `silent` never answers,
 * `bytes=N` of body.
 */
export async function startEchoUpstream(): Promise<EchoUpstream> {
  const seen: { readonly marker: string; readonly request: SeenRequest }[] = []
  const server = createServer((request, response) => {
    const headers: Record<string, string> = {}
    for (let i = 0; i < request.rawHeaders.length; i += 2) {
      const name = (request.rawHeaders[i] ?? '').toLowerCase()
      const value = request.rawHeaders[i + 1] ?? ''
      headers[name] = name in headers ? `${headers[name]}; ${value}` : value
    }
    const line = `${request.method} ${request.url} HTTP/${request.httpVersion}`
    seen.push({ marker: headers['x-case'] ?? '', request: { line, headers } })
    request.resume()
    request.once('end', () => answer(request, response))
  })
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    take(marker) {
      const requests = seen.filter((entry) => entry.marker === marker).map((entry) => entry.request)
      for (let i = seen.length - 1; i >= 0; i--) if (seen[i]?.marker === marker) seen.splice(i, 1)
      return requests
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const query = new URL(request.url ?? '/', 'http://upstream').searchParams
  if (query.has('silent')) return
  response.statusCode = Number(query.get('status') ?? 200)
  response.setHeader('Content-Type', 'text/plain')
  response.setHeader('Date', 'Thu, 01 Jan 1970 00:00:00 GMT')
  const cookies = query.getAll('set-cookie')
  if (cookies.length > 0) response.setHeader('Set-Cookie', cookies)
  for (const header of query.getAll('header')) {
    const colon = header.indexOf(':')
    response.setHeader(header.slice(0, colon), header.slice(colon + 1))
  }
  const location = query.get('location')
  if (location !== null) response.setHeader('Location', location)
  response.end('u'.repeat(Number(query.get('bytes') ?? 10)))
}
