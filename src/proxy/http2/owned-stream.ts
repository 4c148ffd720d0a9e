/**
 * Events of an HTTP/2 stream, handed to the request that it carries. The listeners are shared by all streams: a closure
 * per request and event would cost more than the events.
 */
import type { ServerHttp2Stream } from 'node:http2'

/** What a request is told by its stream. */
export interface StreamEvents {
  bodyReceived(chunk: Buffer): void
  /** Name and value list. */
  trailersReceived(fields: readonly string[]): void
  bodyEnded(): void
  drained(): void
  /** The body is out; trailers or the end of the stream are to follow. */
  trailersWanted(): void
  /** The last event. */
  streamClosed(): void
}

/** Which request a stream carries. A property, since a map lookup per event costs more. */
const REQUEST: unique symbol = Symbol('request')

export interface OwnedStream extends ServerHttp2Stream {
  [REQUEST]: StreamEvents
}

/** Ties a new stream to its request. Errors are told by the reset code when the stream closes. */
export function ownStream(stream: ServerHttp2Stream, request: StreamEvents): void {
  const owned = stream as OwnedStream
  owned[REQUEST] = request
  owned.on('close', onClose).on('error', ignoreError)
}

export function watchBody(stream: ServerHttp2Stream): void {
  stream.on('data', onData).on('end', onEnd).on('trailers', onTrailers)
}

export function watchDrain(stream: ServerHttp2Stream): void {
  stream.on('drain', onDrain)
}

/** For answers that were begun with `waitForTrailers`. */
export function watchTrailersWanted(stream: ServerHttp2Stream): void {
  stream.on('wantTrailers', onWantTrailers)
}

function onData(this: OwnedStream, chunk: Buffer): void {
  this[REQUEST].bodyReceived(chunk)
}

function onTrailers(this: OwnedStream, _headers: unknown, _flags: number, fields: readonly string[]): void {
  this[REQUEST].trailersReceived(fields)
}

function onEnd(this: OwnedStream): void {
  this[REQUEST].bodyEnded()
}

function onDrain(this: OwnedStream): void {
  this[REQUEST].drained()
}

function onWantTrailers(this: OwnedStream): void {
  this[REQUEST].trailersWanted()
}

function onClose(this: OwnedStream): void {
  this[REQUEST].streamClosed()
}

function ignoreError(): void {}
