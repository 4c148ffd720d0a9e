/**
 * What a filter between an exchange and its front does unless it says otherwise: it passes everything on, in both directions. A
 * base class, where this code otherwise has none, because each filter changes a few of twelve methods and would repeat the rest.
 */
import type { Downstream, Exchange, ExchangeFailure, ResponseHead } from '../downstream.ts'

export class PassingFilter implements Downstream, Exchange {
  readonly downstream: Downstream
  /** What is behind the filter, the upstream's in the end. Set before anything can happen. */
  exchange: Exchange | null = null

  constructor(downstream: Downstream) {
    this.downstream = downstream
  }

  responseInterim(head: ResponseHead): void {
    this.downstream.responseInterim(head)
  }

  responseHead(head: ResponseHead): void {
    this.downstream.responseHead(head)
  }

  responseData(buffer: Buffer, start: number, end: number): boolean {
    return this.downstream.responseData(buffer, start, end)
  }

  responseFlush(): void {
    this.downstream.responseFlush()
  }

  responseEnd(trailerLines: string): void {
    this.downstream.responseEnd(trailerLines)
  }

  responseFailed(failure: ExchangeFailure): void {
    this.downstream.responseFailed(failure)
  }

  requestDrained(): void {
    this.downstream.requestDrained()
  }

  writeBody(buffer: Buffer, start: number, end: number): boolean {
    return this.exchange!.writeBody(buffer, start, end)
  }

  endBody(trailerLines: string): void {
    this.exchange!.endBody(trailerLines)
  }

  resume(): void {
    this.exchange!.resume()
  }

  abort(): void {
    this.exchange!.abort()
  }
}
