/**
 * Compresses answers on their way from an exchange to its front, so that HTTP/1.1 and HTTP/2 share it. A short body that
 * comes in one network read is compressed in one go and keeps a length; everything else is streamed and flushed after each
 * read, so that no byte waits for the next. A slow client stops the stream, the stream the upstream.
 */
import type { CodingPolicy, CompressionPolicy } from '../../routing/compression.ts'
import { type Downstream, type ExchangeFailure, type ResponseHead, UNKNOWN_LENGTH } from '../downstream.ts'
import type { RequestRecord } from '../request-record.ts'
import {
  compressAtOnce,
  createEncoder,
  type Encoder,
  flushEncoder,
  isQuick,
  releaseEncoder,
} from './compression-encoder.ts'
import { chooseCompression, compressedHead, varyingHead } from './compression-head.ts'
import { PassingFilter } from './passing-filter.ts'

/** Longer bodies are streamed. */
const MOST_AT_ONCE = 32_768
/** Bytes given to the stream and not yet compressed, beyond which the upstream is paused. */
const MOST_WAITING = 65_536

export class CompressionFilter extends PassingFilter {
  readonly #policy: CompressionPolicy
  readonly #record: RequestRecord
  #coding: CodingPolicy | null = null
  /** Held back while the body may still turn out to be short. */
  #head: ResponseHead | null = null
  #gathered: Buffer[] = []
  #gatheredBytes = 0
  #encoder: Encoder | null = null
  #isFlushing = false
  #needsFlush = false
  #trailerLines = ''
  /** Nothing more is told to anybody. */
  #isOver = false

  constructor(policy: CompressionPolicy, record: RequestRecord, downstream: Downstream) {
    super(downstream)
    this.#policy = policy
    this.#record = record
  }

  override responseHead(head: ResponseHead): void {
    const { coding, varies } = chooseCompression(this.#policy, this.#record, head)
    this.#coding = coding
    if (coding === null) this.downstream.responseHead(varies ? varyingHead(head) : head)
    else this.#head = head
  }

  override responseData(buffer: Buffer, start: number, end: number): boolean {
    if (this.#coding === null) return this.downstream.responseData(buffer, start, end)
    if (this.#isOver || start === end) return true
    const copy = Buffer.from(buffer.subarray(start, end))
    if (this.#encoder !== null) return this.#encode(copy)
    this.#gathered.push(copy)
    this.#gatheredBytes += copy.length
    return this.#gatheredBytes <= MOST_AT_ONCE || this.#stream()
  }

  override responseFlush(): void {
    // More is to come, or the head alone is here: it must not wait.
    if (this.#head !== null) this.#stream()
    if (this.#encoder === null) this.downstream.responseFlush()
    else this.#flush()
  }

  override responseEnd(trailerLines: string): void {
    if (this.#isOver) return
    if (this.#head !== null && this.#coding !== null) {
      const coding = this.#coding
      const isShort = this.#gatheredBytes < coding.minBytes || this.#gatheredBytes === 0
      if (isShort || isQuick(coding)) return this.#sendAtOnce(isShort ? null : coding, this.#head, trailerLines)
      this.#stream()
    }
    if (this.#encoder === null) {
      this.#isOver = true
      this.downstream.responseEnd(trailerLines)
      return
    }
    this.#trailerLines = trailerLines
    this.#encoder.end()
  }

  override responseFailed(failure: ExchangeFailure): void {
    this.#close()
    this.downstream.responseFailed(failure)
  }

  override resume(): void {
    if (this.#encoder === null) this.exchange!.resume()
    else this.#encoder.resume()
  }

  override abort(): void {
    this.#close()
    this.exchange!.abort()
  }

  /** @param coding `null` leaves the body as it is: it is too short to gain */
  #sendAtOnce(coding: CodingPolicy | null, head: ResponseHead, trailerLines: string): void {
    const body = Buffer.concat(this.#gathered)
    const out = coding === null ? body : compressAtOnce(coding, body)
    this.#close()
    // With trailers the body needs the chunked coding.
    const length = trailerLines === '' ? out.length : UNKNOWN_LENGTH
    this.downstream.responseHead(
      coding === null ? { ...varyingHead(head), contentLength: length } : compressedHead(head, coding, length),
    )
    if (out.length > 0) this.downstream.responseData(out, 0, out.length)
    this.downstream.responseEnd(trailerLines)
  }

  /** Sends the head and what was gathered. @returns false to pause the upstream */
  #stream(): boolean {
    const [head, coding] = [this.#head, this.#coding]
    if (head === null || coding === null) return true
    this.#head = null
    const gathered = this.#gathered
    this.#gathered = []
    const encoder = createEncoder(coding)
    if (encoder === null) {
      this.#coding = null
      this.downstream.responseHead(varyingHead(head))
      let takesMore = true
      for (const part of gathered) takesMore = this.downstream.responseData(part, 0, part.length)
      return takesMore
    }
    this.#encoder = encoder
    encoder.on('data', (chunk: Buffer) => {
      if (this.#isOver) return
      if (!this.downstream.responseData(chunk, 0, chunk.length)) encoder.pause()
      this.downstream.responseFlush()
    })
    encoder.on('drain', () => {
      if (!this.#isOver) this.exchange?.resume()
    })
    encoder.on('end', () => this.#ended())
    encoder.on('error', () => this.#broke())
    this.downstream.responseHead(compressedHead(head, coding, UNKNOWN_LENGTH))
    let takesMore = true
    for (const part of gathered) takesMore = this.#encode(part)
    return takesMore
  }

  #encode(part: Buffer): boolean {
    const encoder = this.#encoder!
    encoder.write(part)
    return encoder.writableLength < MOST_WAITING
  }

  /** One flush at a time: what comes while it runs is flushed by the next. */
  #flush(): void {
    if (this.#isFlushing) {
      this.#needsFlush = true
      return
    }
    const [encoder, coding] = [this.#encoder, this.#coding]
    if (encoder === null || coding === null) return
    this.#isFlushing = true
    flushEncoder(coding.coding, encoder, () => {
      this.#isFlushing = false
      if (this.#isOver) return
      this.downstream.responseFlush()
      if (!this.#needsFlush || encoder.writableEnded) return
      this.#needsFlush = false
      this.#flush()
    })
  }

  #ended(): void {
    if (this.#isOver) return
    this.#close()
    this.downstream.responseEnd(this.#trailerLines)
  }

  /** Without the rest, the client must see a truncated message. */
  #broke(): void {
    if (this.#isOver) return
    this.#close()
    this.exchange?.abort()
    this.downstream.responseFailed('bad-gateway')
  }

  #close(): void {
    this.#isOver = true
    this.#gathered = []
    const encoder = this.#encoder
    this.#encoder = null
    if (encoder !== null && this.#coding !== null) releaseEncoder(this.#coding.coding, encoder)
  }
}
