/** For tests: an HTTP/2 server of nothing but our codec, so that Node's client shows how another codec reads ours. */
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import type { TestContext } from 'node:test'
import { FrameReader, type FrameSink } from '../http2/frames/frame-reader.ts'
import { FrameWriter } from '../http2/frames/frame-writer.ts'
import { ACK, END_HEADERS, END_STREAM, HEADERS, PRIORITY, SETTINGS, WITH_PRIORITY } from '../http2/frames/protocol.ts'
import { HpackDecoder } from '../http2/hpack/decoder.ts'
import { Outgoing, type OutgoingOwner, OutgoingStream } from '../http2/outgoing.ts'
import { createPeerSettings, readSettings } from '../http2/peer-settings.ts'

export interface CodecServer {
  readonly port: number
  /** Fields of each request as read by our decoder, `name: value`. */
  readonly requests: string[][]
}

const NOBODY: OutgoingOwner = {
  outgoingMoved: () => undefined,
  outgoingDrained: () => undefined,
  outgoingDone: () => undefined,
}

/** @param answer the header lines and the trailer lines of the nth answer */
export async function startCodecServer(
  test: TestContext,
  answer: (index: number) => { readonly lines: string; readonly trailers: string },
): Promise<CodecServer> {
  const requests: string[][] = []
  const server = createServer((socket) => {
    const writer = new FrameWriter(socket)
    const outgoing = new Outgoing(writer)
    const decoder = new HpackDecoder()
    const peer = createPeerSettings()
    const sink: FrameSink = {
      frame(type, flags, streamId, buffer, start, end) {
        if (type === SETTINGS && (flags & ACK) === 0) {
          readSettings(buffer, start, end, peer)
          if (peer.tableBytes !== -1) outgoing.encoder.setMaxTableBytes(peer.tableBytes)
          writer.numbers(SETTINGS, ACK, 0)
        }
        if (type === PRIORITY || type !== HEADERS) return
        if ((flags & END_HEADERS) === 0) throw new TypeError('Cannot read a head in several frames here')
        const from = (flags & WITH_PRIORITY) === 0 ? start : start + 5
        if (!decoder.decode(buffer, from, end, 1 << 20, 1000)) throw new TypeError('Cannot decode what Node sent')
        const { lines, trailers } = answer(requests.length)
        requests.push(decoder.fields.map(({ name, value }) => `${name}: ${value}`))
        const stream = new OutgoingStream(streamId, NOBODY, 65_535)
        outgoing.head(stream, 200, lines, -1)
        outgoing.end(stream, trailers)
        if ((flags & END_STREAM) === 0) throw new TypeError('Cannot read a body here')
      },
      frameTooLarge: () => socket.destroy(),
      badPreface: () => socket.destroy(),
    }
    const reader = new FrameReader(sink)
    writer.numbers(SETTINGS, 0, 0)
    socket.on('data', (chunk: Buffer) => reader.read(chunk, 0, chunk.length))
    socket.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  test.after(() => server.close())
  return { port: (server.address() as AddressInfo).port, requests }
}
