/** HTTP/2 connections that are nearly right: requests in frames, with mistakes of every kind now and then. */
import { encodeFields, formatFrame } from '../../src/proxy/testing/raw-http2-client.ts'
import type { Random } from './random.ts'

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')
/** Payload of the last frame: whoever still understands the connection sends it back. */
export const MARKER = Buffer.from('marker!!', 'latin1')

const END_STREAM = 1
const END_HEADERS = 4
const PADDED = 8
const WITH_PRIORITY = 0x20

const METHODS = ['GET', 'GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS']
const PATHS = ['/', '/a', '/a?b=c', '/a/../b', '/%2e%2e/x', '//x', '/\xe7\x8e\x84', '/a b', '/a#b', 'a', '*', '']
const AUTHORITIES = ['fuzz.example', 'Fuzz.example:80', '[::1]', 'a@b', '', 'fuzz.example\r\nx: y']
const NAMES = ['x-a', 'accept', 'cookie', 'cookie', 'x_b', 'host', 'te', 'connection', 'content-length', 'X-Upper']
const OTHER_NAMES = ['transfer-encoding', 'upgrade', ':path', ':own', 'x b', 'x:b', 'x\r\nb', '', 'x-\x80']
const VALUES = [
  '',
  'a',
  'trailers',
  'close',
  '0',
  '3',
  '5',
  'fuzz.example',
  'a\r\nb: c',
  'a\0',
  ' a',
  'a\t',
  '\xff',
  'chunked',
]

type Field = readonly [string, string]

/** Field lists with literals of all kinds and references to what was indexed before. */
class Encoder {
  readonly #random: Random
  readonly #table: Field[] = []

  constructor(random: Random) {
    this.#random = random
  }

  encode(fields: readonly Field[]): Buffer {
    const parts: Buffer[] = []
    if (this.#random.chance(0.02)) parts.push(Buffer.from([0x20 | this.#random.int(32)]))
    for (const field of fields) {
      const at = this.#table.findIndex(([name, value]) => name === field[0] && value === field[1])
      if (at !== -1 && this.#random.chance(0.8)) {
        parts.push(Buffer.from([0x80 | (62 + at)]))
        continue
      }
      const literal = encodeFields([field])
      const kind = this.#random.int(3)
      if (kind === 1) literal[0] = 0x10
      if (kind === 2 && this.#table.length < 30) {
        literal[0] = 0x40
        this.#table.unshift(field)
      }
      parts.push(literal)
    }
    return Buffer.concat(parts)
  }
}

function generateFields(random: Random): Field[] {
  const fields: Field[] = [
    [':method', random.pick(METHODS)],
    [':scheme', random.pick(['http', 'https'])],
    [':authority', random.chance(0.9) ? 'fuzz.example' : random.pick(AUTHORITIES)],
    [':path', random.chance(0.6) ? `/${random.int(1000)}` : random.pick(PATHS)],
  ]
  if (random.chance(0.05)) fields.splice(random.int(4), 1)
  for (let count = random.int(4); count > 0; count--) {
    const name = random.chance(0.85) ? random.pick(NAMES.slice(0, 5)) : random.pick([...NAMES, ...OTHER_NAMES])
    fields.push([name, random.chance(0.85) ? random.pick(VALUES.slice(0, 3)) : random.pick(VALUES)])
  }
  if (random.chance(0.04)) fields.reverse()
  return fields
}

/** A payload with padding, honest most of the time. */
function pad(random: Random, payload: Buffer): Buffer {
  const length = random.int(10)
  const said = random.chance(0.03) ? random.int(256) : length
  return Buffer.concat([Buffer.from([said]), payload, Buffer.alloc(length)])
}

function generateRequest(random: Random, encoder: Encoder, id: number): Buffer[] {
  const fields = generateFields(random)
  const hasBody = random.chance(0.4)
  const body = Buffer.from('x'.repeat(hasBody ? random.int(6) : 0))
  if (hasBody && random.chance(0.4)) {
    fields.push(['content-length', String(random.chance(0.9) ? body.length : random.int(9))])
  }
  const hasTrailers = hasBody && random.chance(0.2)
  let flags = hasBody ? 0 : END_STREAM
  let block = encoder.encode(fields)
  const rest: Buffer[] = []
  if (random.chance(0.2)) {
    const cut = random.int(block.length + 1)
    const second = block.subarray(cut)
    block = block.subarray(0, cut)
    rest.push(formatFrame(9, END_HEADERS, id, second))
  } else {
    flags |= END_HEADERS
  }
  if (random.chance(0.1)) {
    flags |= WITH_PRIORITY
    block = Buffer.concat([Buffer.from([0, 0, 0, random.chance(0.02) ? id : 0, 15]), block])
  }
  if (random.chance(0.1)) {
    flags |= PADDED
    block = pad(random, block)
  }
  const frames = [formatFrame(1, flags, id, block), ...rest]
  if (!hasBody) return frames
  const cut = random.int(body.length + 1)
  for (const [part, isLast] of [
    [body.subarray(0, cut), false],
    [body.subarray(cut), true],
  ] as const) {
    const dataFlags = isLast && !hasTrailers ? END_STREAM : 0
    if (random.chance(0.2)) frames.push(formatFrame(0, dataFlags | PADDED, id, pad(random, part)))
    else frames.push(formatFrame(0, dataFlags, id, part))
  }
  if (hasTrailers) {
    const trailers: Field[] = [[random.pick(['x-end', 'x-end', 'x-end', ':path', 'X-End']), random.pick(VALUES)]]
    frames.push(formatFrame(1, END_HEADERS | (random.chance(0.95) ? END_STREAM : 0), id, encoder.encode(trailers)))
  }
  return frames
}

/** A frame that belongs to no request. */
function generateOther(random: Random, id: number): Buffer {
  const streamId = random.chance(0.5) ? 0 : random.pick([1, 2, id, id + 10])
  const number = Buffer.alloc(4)
  number.writeUInt32BE(random.pick([0, 1, 8, 1000, 2 ** 31 - 1, 2 ** 32 - 1]))
  switch (random.int(7)) {
    case 0:
      return formatFrame(2, 0, random.pick([1, id]), Buffer.from([0, 0, 0, 0, 1]))
    case 1:
      return formatFrame(3, 0, streamId, number)
    case 2:
      return formatFrame(4, 0, 0, Buffer.concat([Buffer.from([0, random.int(10)]), number]))
    case 3:
      return formatFrame(6, random.int(2), 0, Buffer.alloc(random.chance(0.9) ? 8 : 7))
    case 4:
      return formatFrame(8, 0, streamId, number)
    // No GOAWAY: Node's server takes no request after one, although RFC 9113, 6.8, binds its receiver alone.
    case 5:
      return formatFrame(0, 0, streamId, Buffer.from('stray'))
    default:
      // ALTSVC, ORIGIN and PRIORITY_UPDATE are known to Node's client: it judges what we pass over.
      return formatFrame(17 + random.int(239), random.int(256), streamId, Buffer.from('unknown'))
  }
}

/** A whole connection, ending with a PING of {@link MARKER}. */
export function generateConnection(random: Random): Buffer {
  const encoder = new Encoder(random)
  const frames: Buffer[] = [formatFrame(4, 0, 0)]
  let id = 1
  for (let count = 1 + random.int(6); count > 0; count--) {
    frames.push(...generateRequest(random, encoder, id))
    if (random.chance(0.1)) frames.push(generateOther(random, id))
    id += random.chance(0.02) ? 0 : 2 * (1 + random.int(2))
  }
  // Out of order, or one lost.
  if (random.chance(0.1)) frames.push(...frames.splice(random.int(frames.length), 1))
  if (random.chance(0.05)) frames.splice(random.int(frames.length), 1)
  const bytes = Buffer.concat(frames)
  if (random.chance(0.2)) {
    for (let count = 1 + random.int(3); count > 0; count--) bytes[random.int(bytes.length)] = random.int(256)
  }
  return Buffer.concat([PREFACE, bytes, formatFrame(6, 0, 0, MARKER)])
}
