/** An upstream that answers `/first` with given bytes and everything else with one known answer. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'

export interface Script {
  readonly pieces: readonly Buffer[]
  /** End the connection after the last piece. */
  readonly ends: boolean
}

export interface ScriptedUpstream {
  readonly port: number
  script: Script
  close(): Promise<void>
}

/** The answer to every request but the scripted one. */
export const SECOND_ANSWER = 'HTTP/1.1 200 OK\r\nX-Second: 1\r\nContent-Length: 6\r\n\r\nsecond'

export async function startScriptedUpstream(): Promise<ScriptedUpstream> {
  const sockets = new Set<Socket>()
  const upstream = { script: { pieces: [], ends: false } as Script }
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      for (let end = text.indexOf('\r\n\r\n'); end !== -1; end = text.indexOf('\r\n\r\n')) {
        const isFirst = text.includes(' /first ')
        text = text.slice(end + 4)
        if (isFirst) void play(socket, upstream.script)
        else socket.write(SECOND_ANSWER)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return Object.assign(upstream, {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  })
}

async function play(socket: Socket, script: Script): Promise<void> {
  for (const [index, piece] of script.pieces.entries()) {
    if (index > 0) await nextTurn()
    if (!socket.writable) return
    socket.write(piece)
  }
  if (script.ends) socket.end()
}
