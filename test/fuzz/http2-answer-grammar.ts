/** Answers of HTTP/2 upstreams on stream 1 that are nearly right, with mistakes of every kind now and then. */
import { encodeFields, formatFrame } from '../../src/proxy/testing/raw-http2-client.ts'
import type { Random } from './random.ts'

type Field = readonly [string, string]

const END_STREAM = 1
const END_HEADERS = 4
const PADDED = 8

const NAMES = ['x-a', 'etag', 'set-cookie', 'date', 'server', 'content-type']
const BAD_NAMES = ['connection', 'transfer-encoding', 'te', 'X-Upper', ':path', ':status', 'x b', '', 'upgrade', 'x:y']
const VALUES = ['a', 'b=c', '', 'trailers']
const BAD_VALUES = ['a\r\nb: c', 'a\0', ' a', 'a\t', '\xff', 'chunked']

function generateFields(random: Random, status: string): Field[] {
  const fields: Field[] = [[':status', status]]
  for (let count = random.int(4); count > 0; count--) {
    const name = random.chance(0.95) ? random.pick(NAMES) : random.pick(BAD_NAMES)
    fields.push([name, random.chance(0.95) ? random.pick(VALUES) : random.pick(BAD_VALUES)])
  }
  if (random.chance(0.03)) fields.splice(random.int(fields.length), 1)
  if (random.chance(0.03)) fields.reverse()
  return fields
}

function headFrames(random: Random, fields: readonly Field[], flags: number): Buffer[] {
  const block = encodeFields(fields)
  if (random.chance(0.8)) return [formatFrame(1, flags | END_HEADERS, 1, block)]
  const cut = random.int(block.length + 1)
  return [formatFrame(1, flags, 1, block.subarray(0, cut)), formatFrame(9, END_HEADERS, 1, block.subarray(cut))]
}

function dataFrame(random: Random, body: Buffer, flags: number): Buffer {
  if (random.chance(0.8)) return formatFrame(0, flags, 1, body)
  const length = random.int(10)
  const said = random.chance(0.1) ? random.int(256) : length
  return formatFrame(0, flags | PADDED, 1, Buffer.concat([Buffer.from([said]), body, Buffer.alloc(length)]))
}

function otherFrame(random: Random): Buffer {
  const streamId = random.pick([0, 1, 2, 3])
  const number = Buffer.alloc(4)
  number.writeUInt32BE(random.pick([0, 1, 8, 1000, 2 ** 31 - 1]))
  switch (random.int(8)) {
    case 0:
      return formatFrame(2, 0, 1, Buffer.from([0, 0, 0, 0, 1]))
    case 1:
      return formatFrame(3, 0, streamId, number)
    case 2:
      return formatFrame(4, 0, 0, Buffer.concat([Buffer.from([0, random.pick([1, 3, 4, 5, 6, 8, 99])]), number]))
    case 3:
      return formatFrame(6, 0, 0, Buffer.alloc(random.chance(0.9) ? 8 : 7))
    case 4:
      return formatFrame(8, 0, streamId, number)
    case 5:
      // No error code: Node gives up everything for one, although the streams named may go on (RFC 9113, 6.8).
      return formatFrame(7, 0, 0, Buffer.from([0, 0, 0, random.pick([0, 1, 3]), 0, 0, 0, 0]))
    case 6:
      return formatFrame(0, 0, streamId, Buffer.from('stray'))
    default:
      // ALTSVC, ORIGIN and PRIORITY_UPDATE are known to Node's client: it judges what we pass over.
      return formatFrame(17 + random.int(239), random.int(256), streamId, Buffer.from('unknown'))
  }
}

/** Frames for a request on stream 1. */
export function generateAnswer(random: Random): Buffer {
  const frames: Buffer[] = []
  for (let count = random.chance(0.2) ? random.int(3) : 0; count > 0; count--) {
    frames.push(...headFrames(random, generateFields(random, '103'), 0))
  }
  const body = Buffer.from('x'.repeat(random.chance(0.7) ? random.int(8) : 0))
  const hasTrailers = random.chance(0.2)
  const status = random.chance(0.9) ? '200' : random.pick(['204', '304', '404', '101', '99', 'ok', '2000', ''])
  const fields = generateFields(random, status)
  if (random.chance(0.5)) fields.push(['content-length', String(random.chance(0.9) ? body.length : random.int(9))])
  const endsWithHead = body.length === 0 && !hasTrailers && random.chance(0.5)
  frames.push(...headFrames(random, fields, endsWithHead ? END_STREAM : 0))
  if (!endsWithHead) {
    const cut = random.int(body.length + 1)
    frames.push(dataFrame(random, body.subarray(0, cut), 0))
    frames.push(dataFrame(random, body.subarray(cut), hasTrailers ? 0 : END_STREAM))
  }
  if (hasTrailers) {
    const name = random.pick(['x-end', 'x-end', 'grpc-status', ':status', 'X-End'])
    frames.push(...headFrames(random, [[name, random.pick(VALUES)]], random.chance(0.95) ? END_STREAM : 0))
  }
  if (random.chance(0.2)) frames.splice(random.int(frames.length + 1), 0, otherFrame(random))
  if (random.chance(0.05)) frames.push(...frames.splice(random.int(frames.length), 1))
  const bytes = Buffer.concat(frames)
  if (bytes.length > 0 && random.chance(0.1)) bytes[random.int(bytes.length)] = random.int(256)
  return bytes
}
