/** Upstreams of this process: answer at once, and echo what comes over WebSockets. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'

export interface Upstream {
  readonly port: number
  close(): void
}

export async function startUpstream(name: string): Promise<Upstream> {
  const server = createServer((_request, response) => {
    response.setHeader('Content-Length', name.length)
    response.end(name)
  })
  // Longer than the proxy keeps connections, so that it is the one who closes them.
  server.keepAliveTimeout = 120_000
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) =>
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      for (const socket of sockets.clients) socket.terminate()
      server.close()
      server.closeAllConnections()
    },
  }
}
