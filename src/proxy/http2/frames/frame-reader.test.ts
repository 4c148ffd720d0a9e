import assert from 'node:assert/strict'
import { test } from 'node:test'
import { array, assert as assertProperty, integer, nat, property, record } from 'fast-check'
import { formatFrame } from '../../testing/raw-http2-client.ts'
import { FrameReader, type FrameSink } from './frame-reader.ts'
import { CLIENT_PREFACE, FRAME_BYTES } from './protocol.ts'

class Collector implements FrameSink {
  readonly seen: string[] = []

  frame(type: number, flags: number, streamId: number, buffer: Buffer, start: number, end: number): void {
    this.seen.push(`${type} ${flags} ${streamId} ${buffer.toString('hex', start, end)}`)
  }

  frameTooLarge(): void {
    this.seen.push('too large')
  }

  badPreface(): void {
    this.seen.push('bad preface')
  }
}

/** Feeds bytes in reads of the given sizes, each in a buffer that is overwritten afterwards. */
function feed(bytes: Buffer, sizes: readonly number[]): string[] {
  const collector = new Collector()
  const reader = new FrameReader(collector)
  const shared = Buffer.alloc(bytes.length)
  let turn = 0
  for (let at = 0; at < bytes.length; turn++) {
    const size = Math.min(bytes.length - at, sizes[turn % sizes.length] ?? 1)
    bytes.copy(shared, 5 % (bytes.length - size + 1), at, at + size)
    const start = 5 % (bytes.length - size + 1)
    reader.read(shared, start, start + size)
    shared.fill(0xaa)
    at += size
  }
  return collector.seen
}

const frames = array(
  record({
    type: nat(255),
    flags: nat(255),
    streamId: nat(2 ** 31 - 1),
    size: integer({ min: 0, max: 40 }).map((size) => (size > 35 ? FRAME_BYTES - (size - 36) : size)),
  }),
  { maxLength: 8 },
)

test('frames are read alike wherever reads begin and end', () => {
  assertProperty(
    property(frames, array(integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 5 }), (list, sizes) => {
      const bytes = Buffer.concat([
        CLIENT_PREFACE,
        ...list.map(({ type, flags, streamId, size }) => formatFrame(type, flags, streamId, Buffer.alloc(size, size))),
      ])
      const expected = list.map(
        ({ type, flags, streamId, size }) => `${type} ${flags} ${streamId} ${Buffer.alloc(size, size).toString('hex')}`,
      )
      assert.deepEqual(feed(bytes, [bytes.length]), expected)
      assert.deepEqual(feed(bytes, sizes), expected)
    }),
    { numRuns: 300 },
  )
})

test('a cut at every byte changes nothing', () => {
  const bytes = Buffer.concat([CLIENT_PREFACE, formatFrame(4, 0, 0), formatFrame(0, 1, 5, Buffer.from('abcdef'))])
  for (let cut = 1; cut < bytes.length; cut++) {
    assert.deepEqual(feed(bytes, [cut, bytes.length]), ['4 0 0 ', '0 1 5 616263646566'])
  }
  assert.deepEqual(feed(bytes, [1]), ['4 0 0 ', '0 1 5 616263646566'])
})

test('the reserved bit of the stream identifier is ignored', () => {
  const frame = formatFrame(0, 0, 1)
  frame[5] = 0x80
  assert.deepEqual(feed(Buffer.concat([CLIENT_PREFACE, frame]), [100]), ['0 0 1 '])
})

for (const cut of [1000, 1, 25, 27]) {
  test(`a frame too large is refused by its length alone, cut at ${cut}`, () => {
    const head = formatFrame(0, 0, 1, Buffer.alloc(FRAME_BYTES + 1)).subarray(0, 9)
    const seen = feed(Buffer.concat([CLIENT_PREFACE, head, formatFrame(4, 0, 0)]), [cut])
    assert.deepEqual(seen, ['too large'])
  })
}

test('anything but the preface is refused at the first wrong byte, and nothing is read after it', () => {
  const wrong = Buffer.from(CLIENT_PREFACE)
  wrong[23] = 0
  assert.deepEqual(feed(Buffer.concat([wrong, formatFrame(4, 0, 0)]), [1000]), ['bad preface'])
})

test('a reader that is stopped by a frame hands out no further one', () => {
  const seen: number[] = []
  const reader = new FrameReader({
    frame: (type) => {
      seen.push(type)
      reader.stop()
    },
    frameTooLarge: () => assert.fail(),
    badPreface: () => assert.fail(),
  })
  const bytes = Buffer.concat([CLIENT_PREFACE, formatFrame(4, 0, 0), formatFrame(6, 0, 0), Buffer.from([0])])
  reader.read(bytes, 0, bytes.length)
  reader.read(bytes, 24, bytes.length)
  assert.deepEqual(seen, [4])
})
