/** Resident memory per idle keep-alive client connection, each of which has made one request. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { BENCH_HOST, type Peer } from './peers/peer.ts'
import { readTreeRss } from './process-cpu.ts'
import { UPSTREAM_PATHS } from './upstream.ts'

/** Fewer are opened at once, so that no listen queue overflows. */
const BATCH = 100
const REQUEST = `GET ${UPSTREAM_PATHS.small} HTTP/1.1\r\nHost: ${BENCH_HOST}\r\n\r\n`

export interface IdleMemory {
  readonly beforeBytes: number
  readonly afterBytes: number
  readonly bytesPerConnection: number
}

/** @param peer freshly started, so that earlier load has not grown its memory */
export async function measureIdleMemory(
  peer: Peer,
  scheme: 'http' | 'https',
  connections: number,
): Promise<IdleMemory> {
  // Code paths and pools are warm before the first reading.
  const warm = await openBatch(peer, scheme, BATCH)
  for (const socket of warm) socket.destroy()
  const beforeBytes = readTreeRss(peer.pid)
  const open: Socket[] = []
  try {
    while (open.length < connections) {
      open.push(...(await openBatch(peer, scheme, Math.min(BATCH, connections - open.length))))
    }
    const afterBytes = readTreeRss(peer.pid)
    return { beforeBytes, afterBytes, bytesPerConnection: (afterBytes - beforeBytes) / connections }
  } finally {
    for (const socket of open) socket.destroy()
  }
}

function openBatch(peer: Peer, scheme: 'http' | 'https', count: number): Promise<Socket[]> {
  return Promise.all(Array.from({ length: count }, () => openOne(peer, scheme)))
}

async function openOne(peer: Peer, scheme: 'http' | 'https'): Promise<Socket> {
  const socket =
    scheme === 'http'
      ? connect(peer.httpPort, '127.0.0.1')
      : connectTls({ port: peer.httpsPort, host: '127.0.0.1', servername: BENCH_HOST, rejectUnauthorized: false })
  socket.setTimeout(20_000, () => socket.destroy(new Error('No answer in 20 s')))
  await once(socket, scheme === 'http' ? 'connect' : 'secureConnect')
  socket.write(REQUEST)
  let bytes = 0
  while (bytes < 1024) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    bytes += chunk.length
  }
  socket.resume()
  return socket
}
