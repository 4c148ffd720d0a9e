/** OTLP over gRPC on a kept HTTP/2 connection without TLS (opentelemetry-proto, "OTLP/gRPC"; gRPC over HTTP/2). */
import {
  type ClientHttp2Session,
  connect,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from 'node:http2'
import {
  type Collector,
  collectorAuthority,
  EXPORT_TIMEOUT_MS,
  type ExportOutcome,
  MOST_ANSWER_BYTES,
} from './collector.ts'
import { readRejectedSpans } from './otlp-export.ts'

const METHOD = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
/** Flag and length before each message. */
const PREFIX_BYTES = 5
/** Codes after which the same spans may be sent again (OTLP, "Failures"): CANCELLED, DEADLINE_EXCEEDED and so on. */
const RETRYABLE = new Set([1, 4, 8, 10, 11, 14, 15])

export class GrpcCollector implements Collector {
  readonly #authority: string
  #session: ClientHttp2Session | null = null

  constructor(host: string, port: number) {
    this.#authority = collectorAuthority(host, port)
  }

  async send(message: Buffer): Promise<ExportOutcome> {
    const { promise, resolve } = Promise.withResolvers<ExportOutcome>()
    const fail = (reason: string): void => resolve({ kind: 'again', reason })
    let session: ClientHttp2Session
    try {
      session = this.#connect(fail)
    } catch (error) {
      // A host that is no part of a URL.
      return { kind: 'refused', reason: error instanceof Error ? error.message : String(error) }
    }
    const stream = session.request({
      ':method': 'POST',
      ':path': METHOD,
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': 'genkan',
    })
    const timer = setTimeout(() => {
      stream.close(constants.NGHTTP2_CANCEL)
      fail(`it did not answer within ${EXPORT_TIMEOUT_MS / 1000} s`)
    }, EXPORT_TIMEOUT_MS)
    let status = ''
    let detail = ''
    let answer = Buffer.alloc(0)
    const readStatus = (fields: IncomingHttpHeaders & IncomingHttpStatusHeader): void => {
      status = fields['grpc-status']?.toString() ?? status
      detail = fields['grpc-message']?.toString() ?? detail
      const httpStatus = fields[':status'] ?? 200
      if (httpStatus !== 200) detail = `HTTP status ${httpStatus}`
    }
    stream.on('response', readStatus)
    stream.on('trailers', readStatus)
    stream.on('data', (chunk: Buffer) => {
      if (answer.length < MOST_ANSWER_BYTES) answer = Buffer.concat([answer, chunk])
    })
    stream.on('error', (error) => fail(error.message))
    stream.on('close', () => resolve(outcomeOf(status, detail, answer)))
    const prefix = Buffer.alloc(PREFIX_BYTES)
    prefix.writeUInt32BE(message.length, 1)
    stream.end(Buffer.concat([prefix, message]))
    const outcome = await promise
    clearTimeout(timer)
    if (outcome.kind === 'again') this.close()
    return outcome
  }

  close(): void {
    this.#session?.destroy()
    this.#session = null
  }

  #connect(fail: (reason: string) => void): ClientHttp2Session {
    const kept = this.#session
    if (kept !== null && !kept.destroyed && !kept.closed) {
      kept.once('error', (error: Error) => fail(error.message))
      return kept
    }
    const session = connect(`http://${this.#authority}`)
    // An idle connection keeps no process alive.
    session.unref()
    session.setMaxListeners(0)
    session.on('error', (error: Error) => fail(error.message))
    this.#session = session
    return session
  }
}

function outcomeOf(status: string, detail: string, answer: Buffer): ExportOutcome {
  const code = /^\d+$/.test(status) ? Number(status) : Number.NaN
  if (code === 0) return { kind: 'taken', rejected: readRejectedSpans(answer.subarray(PREFIX_BYTES)) }
  if (Number.isNaN(code)) return { kind: 'again', reason: detail === '' ? 'it closed the connection' : detail }
  const reason = `gRPC status ${code}${detail === '' ? '' : ` (${detail})`}`
  return { kind: RETRYABLE.has(code) ? 'again' : 'refused', reason }
}
