/** The base 64 of crypt(3): other alphabet and other order of bits than RFC 4648. */

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/**
 * @param order indexes of bytes, three for four characters, highest byte first; -1 stands for zero bits
 * @returns characters for all of `order`; callers cut those that stand for zero bits only
 */
export function encodeTriples(bytes: Buffer, order: readonly number[]): string {
  let text = ''
  for (let at = 0; at < order.length; at += 3) {
    let bits = 0
    for (let i = at; i < at + 3; i++) bits = (bits << 8) | byteAt(bytes, order[i] ?? -1)
    for (let i = 0; i < 4; i++) text += ALPHABET.charAt((bits >> (6 * i)) & 63)
  }
  return text
}

function byteAt(bytes: Buffer, index: number): number {
  return index === -1 ? 0 : (bytes[index] ?? 0)
}
