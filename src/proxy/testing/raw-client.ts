/** For tests: a TCP client that sends exact bytes and shows exactly what came back. */
import { connect, type Socket } from 'node:net'

const PATIENCE_MS = 20_000

export class RawClient {
  readonly socket: Socket
  /** Everything received, latin1. */
  text = ''
  isClosed = false
  #wake: (() => void) | null = null

  constructor(port: number) {
    this.socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
    this.socket.setEncoding('latin1')
    this.socket.on('data', (chunk: string) => {
      this.text += chunk
      this.#wake?.()
    })
    const closed = (): void => {
      this.isClosed = true
      this.#wake?.()
    }
    this.socket.on('end', closed)
    this.socket.on('close', closed)
    this.socket.on('error', () => undefined)
  }

  send(text: string): void {
    this.socket.write(text, 'latin1')
  }

  /** Waits until the text received matches. @throws when the connection ends or twenty seconds pass before that */
  async until(pattern: RegExp): Promise<string> {
    await this.#wait(() => pattern.test(this.text) || this.isClosed, String(pattern))
    if (!pattern.test(this.text)) throw new Error(`Connection closed before ${pattern}: ${JSON.stringify(this.text)}`)
    return this.text
  }

  /** Waits until the proxy closes. @returns everything received */
  async untilClosed(): Promise<string> {
    await this.#wait(() => this.isClosed, 'close')
    return this.text
  }

  close(): void {
    this.socket.destroy()
  }

  async #wait(isDone: () => boolean, what: string): Promise<void> {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    while (!isDone()) {
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve
        signal.addEventListener('abort', () =>
          reject(new Error(`Waited in vain for ${what}; received ${JSON.stringify(this.text.slice(-2000))}`)),
        )
      })
    }
  }
}

/** Sends bytes on a fresh connection and returns all that comes back until the proxy closes. */
export async function sendRaw(port: number, bytes: string): Promise<string> {
  const client = new RawClient(port)
  client.send(bytes)
  try {
    return await client.untilClosed()
  } finally {
    client.close()
  }
}
