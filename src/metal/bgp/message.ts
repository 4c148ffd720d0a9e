/** The frame around every BGP message (RFC 4271 4.1). */

export const TYPE_OPEN = 1
export const TYPE_UPDATE = 2
export const TYPE_NOTIFICATION = 3
export const TYPE_KEEPALIVE = 4
/** RFC 2918. */
export const TYPE_ROUTE_REFRESH = 5

export const HEADER_BYTES = 19
export const MARKER_BYTES = 16
/** Extended messages (RFC 8654) are not offered. */
export const MOST_BYTES = 4096

/** @throws {RangeError} for a body that does not fit: the caller has to split */
export function toMessage(type: number, body: Uint8Array): Uint8Array {
  const length = HEADER_BYTES + body.length
  if (length > MOST_BYTES) throw new RangeError(`Cannot make a BGP message of ${length} bytes; at most ${MOST_BYTES}`)
  const message = new Uint8Array(length)
  message.fill(0xff, 0, MARKER_BYTES)
  message[16] = length >> 8
  message[17] = length & 0xff
  message[18] = type
  message.set(body, HEADER_BYTES)
  return message
}

export function encodeKeepalive(): Uint8Array {
  return toMessage(TYPE_KEEPALIVE, new Uint8Array(0))
}
