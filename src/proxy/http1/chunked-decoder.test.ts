import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ChunkedDecoder } from './chunked-decoder.ts'

interface Decoded {
  readonly body: string
  readonly trailers: string
  /** Bytes left over after the body; `null` when the coding is broken. */
  readonly rest: string | null
  readonly isDone: boolean
}

function decode(pieces: readonly Buffer[]): Decoded {
  const decoder = new ChunkedDecoder()
  let body = ''
  const sink = {
    chunkData: (buffer: Buffer, start: number, end: number) => {
      body += buffer.toString('latin1', start, end)
    },
  }
  for (let i = 0; i < pieces.length; i++) {
    const piece = pieces[i]!
    const at = decoder.decode(piece, 0, piece.length, sink)
    if (at === -1) return { body, trailers: '', rest: null, isDone: false }
    if (decoder.isDone) {
      const rest = Buffer.concat([piece.subarray(at), ...pieces.slice(i + 1)]).toString('latin1')
      return { body, trailers: decoder.trailerLines, rest, isDone: true }
    }
  }
  return { body, trailers: '', rest: '', isDone: false }
}

/** Cuts at the given places, given as fractions. */
function cut(text: string, places: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text, 'latin1')
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end))
}

const chunk = fc.tuple(
  fc.string({ minLength: 1, maxLength: 40 }),
  fc.constantFrom('', ';a', ';a="b c"', ';a;b=c'),
  fc.boolean(),
)

test('decodes what was encoded, however it is cut', () => {
  const trailers = fc.constantFrom('', 'A: b\r\n', 'A: b\r\nC: d\r\n')
  fc.assert(
    fc.property(
      fc.array(chunk, { maxLength: 6 }),
      trailers,
      fc.array(fc.nat(1000), { maxLength: 6 }),
      (chunks, trailer, places) => {
        const ascii = chunks.map(([text]) => text.replaceAll(/[^ -~]/g, '?'))
        const coded = ascii.map((text, i) => {
          const size = text.length.toString(16)
          return `${chunks[i]![2] ? size.toUpperCase().padStart(4, '0') : size}${chunks[i]![1]}\r\n${text}\r\n`
        })
        const result = decode(cut(`${coded.join('')}0\r\n${trailer}\r\nREST`, places))
        assert.deepEqual(result, { body: ascii.join(''), trailers: trailer, rest: 'REST', isDone: true })
      },
    ),
  )
})

test('what is refused whole is refused however it is cut, and nothing hangs', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'05aF;x \r\n-+'.split('')), maxLength: 30 }),
      fc.array(fc.nat(100), { maxLength: 4 }),
      (text, places) => {
        const whole = decode([Buffer.from(text)])
        const pieces = decode(cut(text, places))
        assert.equal(pieces.rest === null, whole.rest === null)
        assert.equal(pieces.body, whole.body)
      },
    ),
  )
})

test('a trailer section has its bound', () => {
  const result = decode([Buffer.from(`0\r\n${'A: b\r\n'.repeat(2000)}\r\n`)])
  assert.equal(result.rest, null)
})
