/** What runs in a pod of the test cluster: an echo server on the pod's own address, one for each container port. */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { WebSocketServer } from 'ws'

export interface PodIdentity {
  readonly namespace: string
  readonly name: string
  readonly address: string
  readonly ports: readonly number[]
  /** Of the container. `INGRESS_NAME` and `SERVICE_NAME` are told to whoever asks. */
  readonly env?: Readonly<Record<string, string>>
}

export interface PodServer {
  /** SIGTERM: takes no new connections after `lingerMs`, lets requests finish. */
  terminate(lingerMs: number): Promise<void>
  /** SIGKILL. */
  kill(): void
}

/**
 * Answers with who it is and what it got, in the shape of Gateway API's echo-basic. `?delay=MS`, `?status=N` as the
 * simulated pods of `genkan dev`. A WebSocket gets its messages back.
 */
export async function startPodServer(pod: PodIdentity): Promise<PodServer> {
  const sockets = new Set<Socket>()
  const servers: Server[] = []
  const { env = {} } = pod
  const identity = {
    namespace: env['NAMESPACE'] ?? pod.namespace,
    ingress: env['INGRESS_NAME'] ?? '',
    service: env['SERVICE_NAME'] ?? '',
    pod: env['POD_NAME'] ?? pod.name,
  }
  for (const port of pod.ports) {
    const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
      const query = new URL(request.url ?? '/', 'http://pod').searchParams
      request.resume()
      request.once('end', () => {
        const answer = (): void => {
          response.statusCode = Number(query.get('status') ?? 200)
          response.setHeader('Content-Type', 'application/json')
          const { url: path, method, httpVersion } = request
          const { host = '' } = request.headers
          const proto = `HTTP/${httpVersion}`
          response.end(JSON.stringify({ path, host, method, proto, headers: canonicalHeaders(request), ...identity }))
        }
        const delayMs = Math.min(Number(query.get('delay') ?? 0), 60_000)
        if (delayMs > 0) setTimeout(answer, delayMs)
        else answer()
      })
    })
    const webSockets = new WebSocketServer({ noServer: true })
    webSockets.on('connection', (client) =>
      client.on('message', (data) => client.send(data as Buffer, { binary: false })),
    )
    server.on('upgrade', (request, socket, head) => {
      webSockets.handleUpgrade(request, socket, head, (client) => webSockets.emit('connection', client, request))
    })
    server.on('connection', (socket) => {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
    })
    server.listen(port, pod.address)
    await once(server, 'listening')
    servers.push(server)
  }
  const kill = (): void => {
    for (const socket of sockets) socket.destroy()
    for (const server of servers) server.close()
  }
  return {
    kill,
    async terminate(lingerMs) {
      await new Promise((resolve) => setTimeout(resolve, lingerMs))
      await Promise.all(
        servers.map(async (server) => {
          server.close()
          server.closeIdleConnections()
          if (server.listening) await once(server, 'close')
        }),
      )
    },
  }
}

/** Names as Go writes them (`User-Agent`), each with all its values. */
function canonicalHeaders(request: IncomingMessage): Record<string, readonly string[]> {
  const entries = Object.entries(request.headersDistinct).map(([name, values = []]) => [
    name.replace(/(?:^|-)[a-z]/g, (letter) => letter.toUpperCase()),
    values,
  ])
  return Object.fromEntries(entries) as Record<string, readonly string[]>
}
