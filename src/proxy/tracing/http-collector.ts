/** OTLP over HTTP/1.1 with binary protocol buffers (opentelemetry-proto, "OTLP/HTTP"). */
import { Agent, request } from 'node:http'
import {
  type Collector,
  collectorAuthority,
  EXPORT_TIMEOUT_MS,
  type ExportOutcome,
  MOST_ANSWER_BYTES,
} from './collector.ts'
import { readRejectedSpans } from './otlp-export.ts'

const PATH = '/v1/traces'
const RETRYABLE = new Set([429, 502, 503, 504])

export class HttpCollector implements Collector {
  readonly #url: string
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })

  constructor(host: string, port: number) {
    this.#url = `http://${collectorAuthority(host, port)}${PATH}`
  }

  send(message: Buffer): Promise<ExportOutcome> {
    const { promise, resolve } = Promise.withResolvers<ExportOutcome>()
    const headers = {
      'content-type': 'application/x-protobuf',
      'content-length': message.length,
      'user-agent': 'genkan',
    }
    const fail = (error: unknown): void =>
      resolve({ kind: 'again', reason: error instanceof Error ? error.message : String(error) })
    try {
      const signal = AbortSignal.timeout(EXPORT_TIMEOUT_MS)
      const sent = request(this.#url, { method: 'POST', agent: this.#agent, headers, signal }, (response) => {
        let answer = Buffer.alloc(0)
        response.on('data', (chunk: Buffer) => {
          if (answer.length < MOST_ANSWER_BYTES) answer = Buffer.concat([answer, chunk])
        })
        response.on('error', fail)
        response.on('end', () => resolve(outcomeOf(response.statusCode ?? 0, answer)))
      })
      sent.on('error', fail)
      sent.end(message)
    } catch (error) {
      resolve({ kind: 'refused', reason: error instanceof Error ? error.message : String(error) })
    }
    return promise
  }

  close(): void {
    this.#agent.destroy()
  }
}

function outcomeOf(status: number, answer: Buffer): ExportOutcome {
  if (status >= 200 && status < 300) return { kind: 'taken', rejected: readRejectedSpans(answer) }
  return { kind: RETRYABLE.has(status) ? 'again' : 'refused', reason: `HTTP status ${status}` }
}
