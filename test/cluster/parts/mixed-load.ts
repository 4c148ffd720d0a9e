/** Bounded load on a replica: GET and POST, on kept connections and on connections of their own. */
import { Agent, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { ServeProcess } from './serve-process.ts'

export interface MixedLoad {
  readonly answered: number
  /** Ends after the requests that are under way. */
  stop(): Promise<MixedReport>
}

export interface MixedReport {
  readonly answered: number
  /** One text a request: when (ms), what was asked, what came. */
  readonly failures: readonly string[]
  /** Kept connections that were opened: more than four means that one was cut. */
  readonly keptConnections: number
}

const CLIENTS = 4
/** Between the requests of one client: some 500 requests a second in all. */
const PAUSE_MS = 15
const PATIENCE_MS = 30_000
const BODY = 'x'.repeat(2000)

/** Half of the clients keep their connection; every other request is a POST. */
export function startMixedLoad(server: ServeProcess, host: string): MixedLoad {
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS })
  const kept = new Set<unknown>()
  const failures: string[] = []
  const startedMs = performance.now()
  let answered = 0
  const stopping = new AbortController()

  const ask = (isKept: boolean, isPost: boolean): Promise<void> =>
    new Promise((resolve) => {
      const fail = (what: string): void => {
        const atMs = Math.round(performance.now() - startedMs)
        failures.push(`${atMs} ms: ${isPost ? 'POST' : 'GET'} ${isKept ? 'kept' : 'short'}: ${what}`)
        resolve()
      }
      const sent = request(
        {
          host: '127.0.0.1',
          port: server.httpPort,
          path: '/load',
          method: isPost ? 'POST' : 'GET',
          agent: isKept ? agent : false,
          headers: { host },
          signal: AbortSignal.timeout(PATIENCE_MS),
        },
        (answer) => {
          let body = ''
          answer.setEncoding('utf8').on('data', (text: string) => {
            body += text
          })
          answer.on('error', (error) => fail(error.message))
          answer.on('end', () => {
            if (answer.statusCode !== 200) return fail(`status ${answer.statusCode}`)
            answered++
            return resolve()
          })
        },
      )
      if (isKept) sent.on('socket', (socket) => kept.add(socket))
      sent.on('error', (error) => fail(error.message))
      sent.end(isPost ? BODY : undefined)
    })

  const run = async (isKept: boolean): Promise<void> => {
    for (let i = 0; !stopping.signal.aborted; i++) {
      await ask(isKept, i % 2 === 1)
      await delay(PAUSE_MS)
    }
  }
  const runs = Array.from({ length: 2 * CLIENTS }, (_, i) => run(i % 2 === 0))
  return {
    get answered() {
      return answered
    },
    async stop() {
      stopping.abort()
      await Promise.all(runs)
      agent.destroy()
      return { answered, failures, keptConnections: kept.size }
    },
  }
}
