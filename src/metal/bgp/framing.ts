/** From a stream of bytes to messages (RFC 4271 4.1 and 6.1). Holds one message at most. */
import {
  HEADER_BYTES,
  MARKER_BYTES,
  MOST_BYTES,
  TYPE_KEEPALIVE,
  TYPE_NOTIFICATION,
  TYPE_OPEN,
  TYPE_ROUTE_REFRESH,
  TYPE_UPDATE,
} from './message.ts'
import { HEADER_ERROR, toFault, type BgpFault } from './notification.ts'

/** Bytes of the whole message. */
const LEAST_BYTES: Readonly<Record<number, number>> = {
  [TYPE_OPEN]: 29,
  [TYPE_UPDATE]: 23,
  [TYPE_NOTIFICATION]: 21,
  [TYPE_KEEPALIVE]: 19,
  // RFC 7313 5: a wrong length of this one is not an error of the header.
  [TYPE_ROUTE_REFRESH]: 19,
}

export interface Framer {
  /** Takes what came. Calls back once for each whole message; the body is valid during the call only. */
  readonly push: (chunk: Uint8Array) => void
}

export interface FramerPorts {
  readonly onMessage: (type: number, body: Uint8Array) => void
  /** Once; whatever comes after it is ignored. */
  readonly onFault: (fault: BgpFault) => void
  /** The connection has ended in the meantime: what is left of the chunk is ignored. */
  readonly isDone: () => boolean
}

export function createFramer({ onMessage, onFault, isDone }: FramerPorts): Framer {
  const held = new Uint8Array(MOST_BYTES)
  let heldBytes = 0
  let isBroken = false

  function push(chunk: Uint8Array): void {
    let at = 0
    while (!isBroken && !isDone() && at < chunk.length) {
      // Whole messages are read where they lie, others are gathered.
      const source = heldBytes === 0 ? chunk.subarray(at) : held
      if (heldBytes > 0) at += gather(chunk.subarray(at))
      const available = heldBytes > 0 ? heldBytes : source.length
      const fault = available >= HEADER_BYTES ? checkHeader(source) : null
      if (fault !== null) {
        isBroken = true
        onFault(fault)
        return
      }
      const length = available >= HEADER_BYTES ? lengthOf(source) : MOST_BYTES + 1
      if (available < length) {
        if (heldBytes === 0) at += gather(chunk.subarray(at))
        if (at >= chunk.length) return
        continue
      }
      if (heldBytes === 0) at += length
      heldBytes = 0
      onMessage(source[18] ?? 0, source.subarray(HEADER_BYTES, length))
    }
  }

  /** Takes bytes up to the end of the header, then up to the end of the message. @returns how many */
  function gather(rest: Uint8Array): number {
    const wanted = heldBytes < HEADER_BYTES ? HEADER_BYTES : lengthOf(held)
    const taken = rest.subarray(0, Math.max(0, wanted - heldBytes))
    held.set(taken, heldBytes)
    heldBytes += taken.length
    return taken.length
  }

  return { push }
}

function lengthOf(header: Uint8Array): number {
  return ((header[16] ?? 0) << 8) | (header[17] ?? 0)
}

/** Before a byte of the body is waited for. */
function checkHeader(header: Uint8Array): BgpFault | null {
  for (let at = 0; at < MARKER_BYTES; at++) {
    if (header[at] !== 0xff) return toFault(HEADER_ERROR, 1, 'The marker is not all ones')
  }
  const length = lengthOf(header)
  const type = header[18] ?? 0
  const least = LEAST_BYTES[type]
  if (length < HEADER_BYTES || length > MOST_BYTES) return badLength(header, length)
  if (least === undefined) return toFault(HEADER_ERROR, 3, `Message type ${type} is unknown`, Uint8Array.of(type))
  if (length < least || (type === TYPE_KEEPALIVE && length !== least)) return badLength(header, length)
  return null
}

function badLength(header: Uint8Array, length: number): BgpFault {
  return toFault(HEADER_ERROR, 2, `A message of type ${header[18]} has ${length} bytes`, header.slice(16, 18))
}
