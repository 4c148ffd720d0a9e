/** TLS connections, each for one request: full handshakes, or resumed ones with the ticket of an earlier connection. */
import { connect, type TLSSocket } from 'node:tls'
import { percentile } from '../statistics.ts'
import type { LoadResult } from './load-result.ts'

export interface HandshakeRun {
  readonly port: number
  readonly host: string
  readonly path: string
  readonly seconds: number
  readonly isResumed: boolean
}

/** Enough to keep a proxy busy, few enough that no queue builds up. */
const PARALLEL = 16
/** A bound for one run, whatever its time. */
const MOST_CONNECTIONS = 200_000

export async function runHandshakes(run: HandshakeRun): Promise<LoadResult> {
  const startMs = performance.now()
  const endMs = startMs + run.seconds * 1000
  const durations: number[] = []
  let errors = 0
  const loop = async (): Promise<void> => {
    // A session of one's own: a TLS 1.3 ticket serves once, and every connection brings a new one.
    let session = run.isResumed ? (await connectOnce(run, undefined)).session : undefined
    while (performance.now() < endMs && durations.length < MOST_CONNECTIONS) {
      const beganMs = performance.now()
      try {
        const result = await connectOnce(run, session)
        if (result.isReused !== run.isResumed) errors++
        if (run.isResumed) session = result.session
      } catch {
        errors++
      }
      durations.push(performance.now() - beganMs)
    }
  }
  await Promise.all(Array.from({ length: PARALLEL }, loop))
  const sorted = Float64Array.from(durations)
  return {
    requests: durations.length,
    seconds: (performance.now() - startMs) / 1000,
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    errors,
  }
}

function connectOnce(
  run: HandshakeRun,
  session: Buffer | undefined,
): Promise<{ readonly isReused: boolean; readonly session: Buffer | undefined }> {
  return new Promise((resolve, reject) => {
    let latest: Buffer | undefined
    let text = ''
    let isReused = false
    const socket: TLSSocket = connect({
      port: run.port,
      host: '127.0.0.1',
      servername: run.host,
      rejectUnauthorized: false,
      ...(session === undefined ? {} : { session }),
    })
    socket.setTimeout(10_000, () => socket.destroy(new Error('No answer in 10 s')))
    socket.on('session', (ticket: Buffer) => {
      latest = ticket
    })
    socket.on('secureConnect', () => {
      isReused = socket.isSessionReused()
      socket.write(`GET ${run.path} HTTP/1.1\r\nHost: ${run.host}\r\nConnection: close\r\n\r\n`)
    })
    socket.on('data', (chunk: Buffer) => {
      text ||= chunk.toString('latin1')
    })
    socket.on('error', reject)
    socket.on('close', () => {
      if (text.startsWith('HTTP/1.1 200')) resolve({ isReused, session: latest })
      else reject(new Error(`Cannot use the answer: ${text.slice(0, 100)}`))
    })
  })
}
