/** Bounded keep-alive load from this process: a few connections, each asking again as soon as it is answered. */
import { Agent, request } from 'node:http'

export interface SteadyLoad {
  /** Answered so far. */
  readonly answered: number
  /** Resolves after so many further answers. */
  afterMore(answers: number): Promise<void>
  /** Ends the load after the requests that are under way and says how it went. */
  stop(): Promise<LoadReport>
}

export interface LoadReport {
  readonly answered: number
  /** What went wrong, one text a request. */
  readonly failures: readonly string[]
  /** Connections that were opened; more than asked for means that one was cut. */
  readonly connections: number
}

/** Enough for every test; the load ends by itself there. */
const MOST_REQUESTS = 200_000

/** @param onAnswer is told each body */
export function startSteadyLoad(
  port: number,
  host: string,
  path: string,
  connections: number,
  onAnswer: (body: string) => void,
): SteadyLoad {
  const agent = new Agent({ keepAlive: true, maxSockets: connections, scheduling: 'fifo' })
  const failures: string[] = []
  const opened = new Set<unknown>()
  let answered = 0
  let started = 0
  const stopping = new AbortController()
  let waiters: { readonly at: number; readonly resolve: () => void }[] = []

  const ask = (): Promise<void> =>
    new Promise((resolve) => {
      const fail = (what: string): void => {
        failures.push(what)
        resolve()
      }
      const sent = request({ port, host: '127.0.0.1', path, agent, headers: { Host: host } }, (response) => {
        if (response.statusCode !== 200) failures.push(`status ${response.statusCode}`)
        let body = ''
        response.setEncoding('utf8').on('data', (text: string) => (body += text))
        response.on('end', () => {
          answered++
          onAnswer(body)
          resolve()
        })
        response.on('aborted', () => fail('the answer was cut short'))
      })
      sent.on('socket', (socket) => opened.add(socket))
      sent.on('error', (error) => fail(error.message))
      sent.end()
    })

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted && started < MOST_REQUESTS) {
      started++
      await ask()
      if (waiters.length > 0) waiters = waiters.filter((waiter) => waiter.at > answered || waiter.resolve())
    }
  }
  const runs = Array.from({ length: connections }, run)

  return {
    get answered() {
      return answered
    },
    afterMore: (answers) => new Promise((resolve) => waiters.push({ at: answered + answers, resolve })),
    async stop() {
      stopping.abort()
      await Promise.all(runs)
      agent.destroy()
      return { answered, failures, connections: opened.size }
    },
  }
}
