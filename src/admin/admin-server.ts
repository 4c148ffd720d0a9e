/**
 * Health, metrics and the JSON API over plain HTTP, on loopback unless told otherwise (docs/cli.md: Admin). Reads only; it is
 * still guarded against web pages, see `host-guard.ts`.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sendError } from './answer.ts'
import { createEndpoints, type Endpoint } from './endpoints.ts'
import { createHostGuard, type HostGuard } from './host-guard.ts'
import type { AdminSources } from './sources.ts'

export interface AdminServerOptions {
  /** Address to listen on, default 127.0.0.1. */
  readonly host?: string
  /** 0 = any free one. */
  readonly port: number
  /** A bound socket to listen on, whose port is the one above. */
  readonly bound?: object
  readonly sources: AdminSources
  /** Another path of `/healthz`. */
  readonly healthPath?: string
  /** Host names besides addresses and the bound one under which clients may ask. */
  readonly allowedHosts?: readonly string[]
  /** Told when a source throws. */
  readonly onProblem?: (message: string) => void
}

export interface AdminServer {
  readonly port: number
  /** What it listens on, for a program that takes over. */
  readonly server: Server
  /** Stops listening, ends idle connections and cuts the others: answers take milliseconds. */
  close(): Promise<void>
}

const MAX_CONNECTIONS = 64
const MAX_HEADER_BYTES = 16_384
const IDLE_MS = 30_000
const HEAD_MS = 5000
const REQUEST_MS = 10_000

/** @throws {Error} saying what to do when the address cannot be listened on */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const host = options.host ?? '127.0.0.1'
  const endpoints = createEndpoints(options.sources, options.healthPath)
  const guard = createHostGuard(host, options.allowedHosts ?? [])
  const limits = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEAD_MS,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: HEAD_MS,
    connectionsCheckingInterval: HEAD_MS,
  }
  const server = createServer(limits, (request, response) => {
    answer(endpoints, guard, request, response).catch((error: unknown) => {
      // Clients that go away are nobody's problem.
      if (response.destroyed || request.destroyed) return
      options.onProblem?.(
        `Cannot answer ${request.url ?? ''}: ${error instanceof Error ? error.message : String(error)}`,
      )
      if (response.headersSent) response.destroy()
      else sendError(response, 500, 'Cannot answer: an internal error was logged')
    })
  })
  server.maxConnections = MAX_CONNECTIONS
  server.timeout = IDLE_MS
  await listen(server, host, options)
  return {
    port: (server.address() as AddressInfo).port,
    server,
    async close(): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>()
      server.close(() => resolve())
      server.closeAllConnections()
      await promise
    },
  }
}

async function answer(
  endpoints: ReadonlyMap<string, Endpoint>,
  guard: HostGuard,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const refusal = guard.refuse(request.headers.host, request.headers.origin)
  if (refusal !== null) return sendError(response, 403, refusal)
  const path = (request.url ?? '').replace(/\?.*$/s, '')
  const endpoint = endpoints.get(path)
  if (endpoint === undefined) {
    return sendError(response, 404, `Cannot find ${path}: there are ${[...endpoints.keys()].join(', ')}`)
  }
  if (!endpoint.methods.split(', ').includes(request.method ?? '')) {
    const message = `Cannot ${request.method ?? ''} ${path}: it takes ${endpoint.methods}`
    return sendError(response, 405, message, { Allow: endpoint.methods })
  }
  await endpoint.answer(request, response)
}

async function listen(server: Server, host: string, { port, bound }: AdminServerOptions): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', (error: NodeJS.ErrnoException) => {
    const reason = error.code === 'EADDRINUSE' ? 'the port is in use' : error.message
    reject(
      new Error(
        `Cannot listen for admin on ${host}:${port}: ${reason}; give another --admin-port, 0 takes any free one`,
        {
          cause: error,
        },
      ),
    )
  })
  if (bound === undefined) server.listen(port, host, resolve)
  else server.listen(bound, resolve)
  await promise
}
