/** The least of RFC 6455 that proves an upgraded connection carries bytes both ways: one masked text frame and its echo. */
import type { Socket } from 'node:net'
import { once } from 'node:events'

export const WEB_SOCKET_HEADERS = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
} as const

const MASK = Buffer.from([0x12, 0x34, 0x56, 0x78])

/** @param text up to 125 bytes. @returns the text of the frame that comes back */
export async function exchangeWebSocketText(socket: Socket, text: string): Promise<string> {
  const payload = Buffer.from(text, 'utf8')
  if (payload.length > 125) throw new RangeError('Cannot send the text: longer than 125 bytes')
  const masked = Buffer.from(payload.map((byte, index) => byte ^ (MASK[index % 4] ?? 0)))
  socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | payload.length]), MASK, masked]))
  let bytes: Buffer = Buffer.alloc(0)
  socket.resume()
  while (bytes.length < 2 || bytes.length < 2 + ((bytes[1] ?? 0) & 0x7f)) {
    const [chunk] = (await once(socket, 'data', { signal: AbortSignal.timeout(5000) })) as [Buffer]
    bytes = Buffer.concat([bytes, chunk])
  }
  if (bytes[0] !== 0x81) throw new Error(`Expected one text frame, got ${bytes.toString('hex')}`)
  return bytes.toString('utf8', 2, 2 + ((bytes[1] ?? 0) & 0x7f))
}
