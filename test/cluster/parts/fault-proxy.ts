/** Stands in front of a real API server and does what none does on demand. Plain HTTP to us, TLS to the server. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Agent, request } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

export interface SeenRequest {
  readonly path: string
  readonly isWatch: boolean
  /** Of the query, empty = the first page. */
  readonly continueToken: string
  readonly authorization: string
}

export type Fault =
  | { readonly status: number; readonly reason: string; readonly retryAfter?: number }
  /** The request goes on when this comes. */
  | { readonly until: Promise<unknown> }

export interface FaultProxy {
  readonly url: string
  /** What came since {@link forget}. */
  readonly seen: readonly SeenRequest[]
  forget(): void
  /** Asked for each request; `null` = pass it on. */
  rule: (seen: SeenRequest) => Fault | null
  /** Each watch ends by an ERROR event of code 410, as after a compaction. */
  expireWatches(): void
  /** Each watch breaks off in the middle of a line. */
  cutWatches(): void
  /** Watches say nothing any more, and stay open. */
  stallWatches(): void
  readonly openWatches: number
  /** Connections are reset, and none is accepted. */
  goAway(): Promise<void>
  comeBack(): Promise<void>
  stop(): Promise<void>
}

interface Watch {
  readonly upstream: IncomingMessage
  readonly response: ServerResponse
}

export async function startFaultProxy(target: string, authorityPem: string): Promise<FaultProxy> {
  const agent = new Agent({ ca: authorityPem, keepAlive: true })
  const sockets = new Set<Socket>()
  const watches = new Set<Watch>()
  let seen: SeenRequest[] = []
  const server = createServer((incoming, response) => void pass(incoming, response).catch(() => response.destroy()))
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
  })
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve))

  const pass = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const asked = describe(incoming)
    seen.push(asked)
    const fault = proxy.rule(asked)
    if (fault !== null && 'until' in fault) await fault.until
    else if (fault !== null) return refuse(response, fault)
    const outgoing = request(`${target}${incoming.url ?? ''}`, {
      method: incoming.method ?? 'GET',
      headers: { ...incoming.headers, host: new URL(target).host },
      agent,
    })
    outgoing.on('error', () => response.destroy())
    response.on('close', () => outgoing.destroy())
    outgoing.on('response', (upstream) => {
      response.writeHead(upstream.statusCode ?? 502, upstream.headers)
      response.flushHeaders()
      upstream.on('error', () => response.destroy())
      upstream.pipe(response)
      if (!asked.isWatch) return
      const watch = { upstream, response }
      watches.add(watch)
      response.on('close', () => watches.delete(watch))
    })
    incoming.pipe(outgoing)
  }

  const takeWatches = (): readonly Watch[] => {
    const taken = [...watches]
    for (const { upstream, response } of taken) upstream.unpipe(response)
    return taken
  }
  await listen(0)
  const { port } = server.address() as AddressInfo
  const goAway = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of sockets) socket.resetAndDestroy()
    await closed
  }
  const proxy: FaultProxy = {
    url: `http://127.0.0.1:${port}`,
    get seen() {
      return seen
    },
    forget() {
      seen = []
    },
    rule: () => null,
    expireWatches() {
      const object = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'Expired', code: 410 }
      for (const { response } of takeWatches()) response.end(`${JSON.stringify({ type: 'ERROR', object })}\n`)
    },
    cutWatches() {
      for (const { response } of takeWatches()) {
        response.write('{"type":"MODIFIED","object":{"kind":"Ingr', () => response.socket?.resetAndDestroy())
      }
    },
    stallWatches() {
      for (const { upstream } of takeWatches()) upstream.resume()
    },
    get openWatches() {
      return watches.size
    },
    goAway,
    comeBack: () => listen(port),
    async stop() {
      if (server.listening) await goAway()
      agent.destroy()
    },
  }
  return proxy
}

function describe({ url = '', headers }: IncomingMessage): SeenRequest {
  const { pathname, searchParams } = new URL(url, 'http://proxy')
  return {
    path: pathname,
    isWatch: searchParams.get('watch') === 'true',
    continueToken: searchParams.get('continue') ?? '',
    authorization: headers.authorization ?? '',
  }
}

/** An answer as the API server would write it. */
function refuse(response: ServerResponse, fault: Exclude<Fault, { readonly until: Promise<unknown> }>): void {
  const { status, reason, retryAfter } = fault
  const body = {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    message: `made up: ${reason}`,
    reason,
    code: status,
  }
  response.writeHead(status, {
    'content-type': 'application/json',
    ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
  })
  response.end(JSON.stringify(body))
}
