/** Where the payload of a frame is without its padding (RFC 9113, 6.1 and 6.2). One object serves all frames of a connection. */
import { FRAME_SIZE_ERROR, NO_ERROR, PADDED, PROTOCOL_ERROR } from './frames/protocol.ts'

export class FramePayload {
  from = 0
  to = 0

  /** @returns 0, or the code of the connection error */
  read(flags: number, buffer: Buffer, start: number, end: number): number {
    this.from = start
    this.to = end
    if ((flags & PADDED) === 0) return NO_ERROR
    if (start === end) return FRAME_SIZE_ERROR
    this.from = start + 1
    this.to = end - buffer[start]!
    return this.to < this.from ? PROTOCOL_ERROR : NO_ERROR
  }
}
