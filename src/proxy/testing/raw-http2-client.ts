/** For tests: an HTTP/2 client made of single frames (RFC 9113, 4.1), for what a decent client would never send. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

export const FRAME = { data: 0, headers: 1, rstStream: 3, settings: 4, ping: 6, goaway: 7, windowUpdate: 8 } as const
export const END_STREAM = 1
export const END_HEADERS = 4

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly streamId: number
  readonly payload: Buffer
}

export function formatFrame(type: number, flags: number, streamId: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(streamId, 5)
  return Buffer.concat([head, payload])
}

/** Literal fields without indexing and without Huffman coding (RFC 7541, 6.2.2): any bytes, as they are. */
export function encodeFields(fields: readonly (readonly [string, string])[]): Buffer {
  const parts: Buffer[] = []
  for (const [name, value] of fields) {
    parts.push(Buffer.from([0]), encodeText(name), encodeText(value))
  }
  return Buffer.concat(parts)
}

function encodeText(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes])
  const length: number[] = [127]
  let rest = bytes.length - 127
  for (; rest >= 128; rest >>= 7) length.push((rest & 127) | 128)
  return Buffer.concat([Buffer.from([...length, rest]), bytes])
}

export class RawClient {
  readonly frames: Frame[] = []
  readonly socket: Socket
  isClosed = false
  #pending = Buffer.alloc(0)
  #waiters: (() => void)[] = []

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#pending = Buffer.concat([this.#pending, chunk])
      while (this.#pending.length >= 9) {
        const size = this.#pending.readUIntBE(0, 3)
        if (this.#pending.length < 9 + size) break
        this.frames.push({
          type: this.#pending[3] ?? 0,
          flags: this.#pending[4] ?? 0,
          streamId: this.#pending.readUInt32BE(5),
          payload: this.#pending.subarray(9, 9 + size),
        })
        this.#pending = this.#pending.subarray(9 + size)
      }
      this.#wake()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.isClosed = true
      this.#wake()
    })
  }

  send(...frames: Buffer[]): void {
    this.socket.write(Buffer.concat(frames))
  }

  /** The first frame that fits, from the beginning on; `null` when the connection closed without one. */
  async until(fits: (frame: Frame) => boolean): Promise<Frame | null> {
    for (;;) {
      const found = this.frames.find(fits)
      if (found !== undefined) return found
      if (this.isClosed) return null
      await new Promise<void>((resolve) => this.#waiters.push(resolve))
    }
  }

  async untilClosed(): Promise<void> {
    await this.until(() => false)
  }

  #wake(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const wake of waiters) wake()
  }
}

/** Connects and sends preface and empty SETTINGS. */
export async function connectRaw(test: TestContext, port: number): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  test.after(() => socket.destroy())
  const client = new RawClient(socket)
  client.send(Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), formatFrame(FRAME.settings, 0, 0))
  return client
}

export const GET = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':authority', 'shop.example.com'],
  [':path', '/'],
] as const
