/**
 * Clients that ask one after the other until they are stopped, and never forgive: every answer that is not the expected one
 * and every connection that ends while an answer is due counts as a failure.
 */
import { once } from 'node:events'
import { connect as connectHttp2, type ClientHttp2Session, constants } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket } from 'ws'

export interface Target {
  readonly httpPort: number
  readonly httpsPort: number
  readonly host: string
}

export interface Client {
  readonly name: string
  /** Ends after the request that is under way. */
  stop(): Promise<void>
}

/** What all clients report to. */
export class Score {
  answered = 0
  readonly failures: string[] = []
  /** Milliseconds of each answer since the last look. */
  #latencies: number[] = []

  took(milliseconds: number): void {
    this.answered++
    this.#latencies.push(milliseconds)
  }

  failed(client: string, what: string): void {
    if (this.failures.length < 50) this.failures.push(`${client}: ${what}`)
  }

  takeLatencies(): readonly number[] {
    const latencies = this.#latencies
    this.#latencies = []
    return latencies
  }
}

const PATIENCE_MS = 30_000
const MOST_REFUSALS = 5
/** Clients are many on few cores: each rests a moment, as clients do. */
const REST_MS = 2

/** Runs `ask` over and over; what it throws is a failure. */
function repeat(name: string, score: Score, ask: () => Promise<void>, end: () => void = () => undefined): Client {
  const stopping = new AbortController()
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const startedMs = performance.now()
      try {
        await ask()
        score.took(performance.now() - startedMs)
      } catch (error) {
        score.failed(name, error instanceof Error ? error.message : String(error))
      }
      await wait(REST_MS)
    }
    end()
  }
  const running = run()
  return {
    name,
    stop: async () => {
      stopping.abort()
      await running
    },
  }
}

async function exchange(socket: Socket, host: string, more: string): Promise<string> {
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`)
  let text = ''
  for (;;) {
    const head = text.indexOf('\r\n\r\n')
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? Number.NaN)
    if (head !== -1 && text.length >= head + 4 + length) break
    text += await readSome(socket)
  }
  if (!text.startsWith('HTTP/1.1 200 ')) throw new Error(`answered ${text.slice(0, 200)}`)
  return text
}

async function readSome(socket: Socket): Promise<string> {
  const ends = new AbortController()
  const signal = AbortSignal.any([ends.signal, AbortSignal.timeout(PATIENCE_MS)])
  try {
    return await Promise.race([
      once(socket, 'data', { signal }).then(([chunk]) => (chunk as Buffer).toString('latin1')),
      once(socket, 'close', { signal }).then(() => {
        throw new Error('the connection ended before the answer')
      }),
    ])
  } finally {
    ends.abort()
  }
}

/** A connection for each request. */
export function startShortClient({ httpPort, host }: Target, score: Score): Client {
  return repeat('short connections', score, async () => {
    const socket = connect(httpPort, '127.0.0.1')
    try {
      await exchange(socket, host, 'Connection: close\r\n')
    } finally {
      socket.destroy()
    }
  })
}

/** One connection until an answer says that it was the last. */
export function startKeptClient({ httpPort, host }: Target, score: Score): Client {
  let socket: Socket | null = null
  const ask = async (): Promise<void> => {
    socket ??= connect(httpPort, '127.0.0.1').on('error', () => undefined)
    const own = socket
    try {
      const answer = await exchange(own, host, '')
      if (/\r\nconnection: close\r\n/i.test(answer)) socket = null
    } catch (error) {
      socket = null
      throw error
    } finally {
      if (socket === null) own.destroy()
    }
  }
  return repeat('kept connection', score, ask, () => socket?.destroy())
}

/** One HTTP/2 session over TLS until the server says goodbye. */
export function startHttp2Client({ httpsPort, host }: Target, score: Score): Client {
  let session: ClientHttp2Session | null = null
  const open = (): ClientHttp2Session => {
    const fresh = connectHttp2(`https://127.0.0.1:${httpsPort}`, { rejectUnauthorized: false, servername: host })
    fresh.on('error', () => undefined)
    const forget = (): void => {
      if (session === fresh) session = null
    }
    fresh.on('goaway', () => {
      forget()
      fresh.close()
    })
    fresh.on('close', forget)
    return fresh
  }
  const ask = async (): Promise<void> => {
    for (let tries = 0; tries < MOST_REFUSALS; tries++) {
      if (await askOnce()) return
      session = null
    }
    throw new Error(`the stream was refused ${MOST_REFUSALS} times`)
  }
  /** False where the request certainly did not reach the other side, so that clients send it again (RFC 9113, 8.7). */
  const askOnce = async (): Promise<boolean> => {
    session ??= open()
    const own = session
    const stream = own.request({ ':path': '/', ':authority': host })
    let status: unknown = 'nothing'
    stream.on('error', () => undefined)
    stream.on('response', (headers) => {
      status = headers[':status']
    })
    stream.setTimeout(PATIENCE_MS, () => stream.destroy())
    stream.resume()
    await new Promise((resolve) => stream.once('close', resolve))
    if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) return false
    if (stream.rstCode !== constants.NGHTTP2_NO_ERROR) throw new Error(`the stream was reset: ${stream.rstCode}`)
    if (status !== 200) throw new Error(`answered ${String(status)}`)
    return true
  }
  return repeat('HTTP/2', score, ask, () => session?.close())
}

/** One WebSocket that must never be closed by the other side. */
export async function startWebSocketClient({ httpPort, host }: Target, score: Score): Promise<Client> {
  const name = 'WebSocket'
  const socket = new WebSocket(`ws://127.0.0.1:${httpPort}/socket`, { headers: { Host: host } })
  await once(socket, 'open', { signal: AbortSignal.timeout(PATIENCE_MS) })
  let isOver = false
  socket.on('error', () => undefined)
  socket.on('close', (code) => {
    if (!isOver) score.failed(name, `it was closed with ${code}`)
  })
  let count = 0
  return repeat(
    name,
    score,
    async () => {
      const text = `message ${count++}`
      const echoed = once(socket, 'message', { signal: AbortSignal.timeout(PATIENCE_MS) })
      socket.send(text)
      const [echo] = (await echoed) as [Buffer]
      if (echo.toString() !== text) throw new Error(`echoed ${echo.toString()}`)
    },
    () => {
      isOver = true
      socket.terminate()
    },
  )
}
