/** Before anything is measured: every peer must do the same work, seen from an upstream that shows what it got. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { BENCH_HOST, type Peer, type PeerKind, type PeerSetup } from './peers/peer.ts'

const REQUEST = `GET /echo?a=1 HTTP/1.1\r\nHost: ${BENCH_HOST}\r\nUser-Agent: check\r\nAccept: */*\r\n\r\n`

/**
 * Starts each peer once in front of an echo upstream and compares what it forwards over plain and TLS connections.
 * @throws {Error} listing the differences
 */
export async function checkEquivalence(kinds: readonly PeerKind[], setup: PeerSetup): Promise<void> {
  await using upstream = await startEcho()
  let expected: { readonly name: string; readonly lines: string } | null = null
  for (const kind of kinds) {
    const peer = await kind.start({ ...setup, upstreamPort: upstream.port })
    try {
      const lines = await describeForwarding(peer)
      expected ??= { name: kind.name, lines }
      if (lines !== expected.lines) {
        throw new Error(
          `Cannot compare ${kind.name} with ${expected.name}: they forward different requests.\n` +
            `--- ${expected.name}\n${expected.lines}\n--- ${kind.name}\n${lines}`,
        )
      }
    } finally {
      await peer.stop()
    }
  }
}

async function describeForwarding(peer: Peer): Promise<string> {
  const plain = await exchange(connect(peer.httpPort, '127.0.0.1'))
  const tls = connectTls({ port: peer.httpsPort, host: '127.0.0.1', servername: BENCH_HOST, rejectUnauthorized: false })
  await once(tls, 'secureConnect')
  const session = `${tls.getProtocol()} ${tls.getCipher().name}`
  const secure = await exchange(tls)
  return [toComparable(plain, peer), session, toComparable(secure, peer)].join('\n\n')
}

/** Names in lower case and sorted; what must differ (ids and our own port) is replaced by its kind. */
function toComparable(head: string, peer: Peer): string {
  const [first = '', ...lines] = head.split('\r\n').filter((line) => line !== '')
  const headers = lines.map((line) => {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    if (name === 'x-request-id') return `${name}: ${/^[0-9a-f-]{32,36}$/.test(value) ? '<id>' : value}`
    if (name === 'x-forwarded-port' && Number(value) === peer.httpPort) return `${name}: <http port>`
    return `${name}: ${value}`
  })
  // Keep-alive is what HTTP/1.1 means without the word.
  return [first, ...headers.filter((line) => line !== 'connection: keep-alive').sort()].join('\n')
}

/** Sends the request and returns the body of the answer: the head that the upstream saw. */
async function exchange(socket: Socket): Promise<string> {
  socket.setTimeout(5000, () => socket.destroy(new Error('No answer in 5 s')))
  socket.write(REQUEST)
  let text = ''
  for await (const chunk of socket) {
    text += (chunk as Buffer).toString('latin1')
    const end = text.indexOf('\r\n\r\n')
    const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? -1)
    if (end !== -1 && length >= 0 && text.length >= end + 4 + length) break
  }
  socket.destroy()
  if (!text.startsWith('HTTP/1.1 200')) throw new Error(`Cannot compare peers: unexpected answer\n${text}`)
  return text.slice(text.indexOf('\r\n\r\n') + 4)
}

/** Answers every request head with that head as body. */
async function startEcho(): Promise<{ port: number; [Symbol.asyncDispose](): Promise<void> }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    let text = ''
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      for (let end = text.indexOf('\r\n\r\n'); end !== -1; end = text.indexOf('\r\n\r\n')) {
        const head = text.slice(0, end)
        text = text.slice(end + 4)
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${head.length}\r\n\r\n${head}`)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
