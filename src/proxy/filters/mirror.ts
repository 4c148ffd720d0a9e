/**
 * Mirrors requests: a copy of each goes to another server once the request is complete. What becomes of the copy is nobody's
 * affair: it neither delays nor fails the request, and where there is no room for it, it is dropped and counted.
 */
import { withoutFields } from '../../routing/answer-edits.ts'
import type { CompiledMirror } from '../../routing/mirror.ts'
import type { ForwardAction } from '../../routing/model.ts'
import { UNAVAILABLE_NGINX } from '../../routing/defaults.ts'
import {
  type Downstream,
  type Exchange,
  type ExchangeFailure,
  NO_BODY,
  type UpstreamCluster,
  type UpstreamRequest,
} from '../downstream.ts'
import { RequestRecord } from '../request-record.ts'
import { PassingFilter } from './passing-filter.ts'

/** Of one request. Larger ones are not mirrored. */
const MOST_BODY_BYTES = 1_048_576
/** Of all requests of a worker, those under way and those that are still being received. */
const MOST_BYTES = 16_777_216
/** Copies of a worker under way at a time. */
const MOST_RUNNING = 256
/** Bytes of an answer that are read and thrown away, so that the connection can be used again. */
const MOST_ANSWER_BYTES = 65_536
const CONNECT_TIMEOUT_MS = 5000
const PAUSE_TIMEOUT_MS = 30_000

/** What happened in this worker since it began. `bytes` and `running` are of now. */
export const mirrorCounts = { sent: 0, dropped: 0, running: 0, bytes: 0 }

export type Mirror = CompiledMirror<UpstreamCluster>

/** Stands between an exchange and its front, and copies the body that goes by. */
export class MirrorTap extends PassingFilter {
  readonly #mirror: Mirror
  readonly #request: UpstreamRequest
  #parts: Buffer[] = []
  #bytes = 0
  #isOver = false

  constructor(mirror: Mirror, request: UpstreamRequest, downstream: Downstream) {
    super(downstream)
    this.#mirror = mirror
    this.#request = request
  }

  /** The exchange has begun: a request without body is complete. */
  begin(exchange: Exchange): void {
    this.exchange = exchange
    const { contentLength } = this.#request
    if (contentLength === NO_BODY || contentLength === 0 || !this.#mirror.config.sendsBody) this.#send()
    else if (contentLength > MOST_BODY_BYTES) this.#drop()
  }

  override writeBody(buffer: Buffer, start: number, end: number): boolean {
    if (!this.#isOver) this.#copy(buffer, start, end)
    return this.exchange!.writeBody(buffer, start, end)
  }

  override endBody(trailerLines: string): void {
    if (!this.#isOver) this.#send()
    this.exchange!.endBody(trailerLines)
  }

  /** A request that was not complete is not worth a copy. */
  override abort(): void {
    if (!this.#isOver) this.#drop()
    this.exchange!.abort()
  }

  /** Where the request is not complete by now, the rest of it will not be seen here. */
  override responseEnd(trailerLines: string): void {
    if (!this.#isOver) this.#drop()
    this.downstream.responseEnd(trailerLines)
  }

  override responseFailed(failure: ExchangeFailure): void {
    if (!this.#isOver) this.#drop()
    this.downstream.responseFailed(failure)
  }

  #copy(buffer: Buffer, start: number, end: number): void {
    const length = end - start
    if (this.#bytes + length > MOST_BODY_BYTES || mirrorCounts.bytes + length > MOST_BYTES) {
      this.#drop()
      return
    }
    mirrorCounts.bytes += length
    this.#bytes += length
    this.#parts.push(Buffer.from(buffer.subarray(start, end)))
  }

  #drop(): void {
    this.#isOver = true
    mirrorCounts.dropped++
    mirrorCounts.bytes -= this.#bytes
    this.#parts = []
  }

  #send(): void {
    const { cluster } = this.#mirror
    if (mirrorCounts.running >= MOST_RUNNING || !cluster.isAvailable()) {
      this.#drop()
      return
    }
    this.#isOver = true
    mirrorCounts.sent++
    const parts = this.#parts
    this.#parts = []
    new MirrorCopy(parts, this.#bytes).start(cluster, copyOf(this.#mirror, this.#request, this.#bytes))
  }
}

function copyOf({ config, target }: Mirror, request: UpstreamRequest, bodyBytes: number): UpstreamRequest {
  const { record } = request
  const { method, authority, host, scheme, requestId } = record
  const facts = { method, target: record.target, authority, host, scheme, requestId }
  const action: ForwardAction = {
    kind: 'forward',
    backendId: config.backendId,
    rewriteTarget: '',
    protocol: config.protocol,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    sendTimeoutMs: PAUSE_TIMEOUT_MS,
    readTimeoutMs: PAUSE_TIMEOUT_MS,
    maxTries: 1,
    unavailable: UNAVAILABLE_NGINX,
    addsUpstreamServiceTime: false,
  }
  return {
    method: request.method,
    target: target({ ...facts, clientAddress: record.remoteAddress, rawLines: record.headerLines }),
    // Nobody waits for an interim answer.
    headerLines: `Host: ${config.host}\r\n${withoutFields(request.headerLines, ['host', 'expect'])}`,
    contentLength: bodyBytes === 0 ? NO_BODY : bodyBytes,
    upgrade: '',
    action,
    record: new RequestRecord(),
  }
}

/** One copy on its way. */
class MirrorCopy implements Downstream {
  #parts: Buffer[]
  readonly #bytes: number
  #exchange: Exchange | null = null
  #answerBytes = 0
  #isOver = false

  constructor(parts: Buffer[], bytes: number) {
    this.#parts = parts
    this.#bytes = bytes
  }

  start(cluster: UpstreamCluster, request: UpstreamRequest): void {
    mirrorCounts.running++
    this.#exchange = cluster.start(request, this)
    if (this.#bytes > 0) this.requestDrained()
  }

  requestDrained(): void {
    while (!this.#isOver) {
      const part = this.#parts.shift()
      if (part === undefined) {
        this.#exchange?.endBody('')
        return
      }
      if (this.#exchange?.writeBody(part, 0, part.length) === false) return
    }
  }

  responseInterim(): void {}

  responseHead(): void {}

  responseData(_buffer: Buffer, start: number, end: number): boolean {
    this.#answerBytes += end - start
    if (this.#answerBytes > MOST_ANSWER_BYTES && !this.#isOver) {
      this.#exchange?.abort()
      this.#close()
    }
    return true
  }

  responseFlush(): void {}

  responseEnd(): void {
    this.#close()
  }

  responseFailed(): void {
    this.#close()
  }

  #close(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#parts = []
    mirrorCounts.running--
    mirrorCounts.bytes -= this.#bytes
  }
}
