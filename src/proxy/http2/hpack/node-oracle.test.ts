/** Our codec against Node's (nghttp2) in both directions, over connections whose tables fill, evict and shrink. */
import assert from 'node:assert/strict'
import { connect, sensitiveHeaders } from 'node:http2'
import { test } from 'node:test'
import { array, constantFrom, oneof, sample, stringMatching, tuple } from 'fast-check'
import { startCodecServer } from '../../testing/http2-codec-server.ts'

const name = oneof(
  stringMatching(/^[a-z][a-z0-9-]{0,11}$/).map((text) => `x-${text}`),
  constantFrom('accept', 'cache-control', 'user-agent', 'x-request-id', 'vary', 'etag', 'link', 'accept-language'),
)
/** Every visible ASCII character, long ones now and then, many of them repeated from request to request. */
const value = oneof(
  constantFrom('', 'gzip', 'no-cache', 'a'.repeat(300), 'b'.repeat(3000), '{}[]|~^`"\\<>#%&*+=?@!$\'()'),
  stringMatching(/^[\x21-\x7e]([\x20-\x7e]{0,40}[\x21-\x7e])?$/),
)
const lists = array(tuple(name, value), { maxLength: 12 })
const REQUESTS = 150

/** Repeats earlier lists, so that both tables are used. */
function pick<T>(all: readonly T[], index: number): T {
  return all[index % 3 === 0 ? index : Math.floor(index / 2)]!
}

for (const headerTableSize of [4096, 0, 100, 1100, 65_536]) {
  test(`Node reads what we write and we what it writes, with its table of ${headerTableSize} bytes`, async (t) => {
    const seed = 7 + headerTableSize
    const requests = sample(lists, { numRuns: REQUESTS, seed })
    const answers = sample(lists, { numRuns: REQUESTS, seed: seed + 1 })
    const trailers = sample(array(tuple(name, value), { minLength: 1, maxLength: 3 }), { numRuns: REQUESTS, seed: 1 })
    const toLines = (list: readonly (readonly [string, string])[]): string =>
      list.map(([name, value]) => `${name.toUpperCase()}: ${value}\r\n`).join('')
    const server = await startCodecServer(t, (index) => ({
      lines: toLines(pick(answers, index)),
      trailers: toLines(pick(trailers, index)),
    }))
    const session = connect(`http://127.0.0.1:${server.port}`, {
      settings: { headerTableSize },
      strictSingleValueFields: false,
    } as Parameters<typeof connect>[1])
    t.after(() => session.destroy())
    for (let index = 0; index < REQUESTS; index++) {
      const list = pick(requests, index)
      const stream = session.request([':path', `/${index % 10}`, ...list.flat()], { endStream: true })
      const answer = await new Promise<{ head: string[]; trailers: string[] }>((resolve, reject) => {
        let head: string[] = []
        let ended: string[] = []
        stream.on('response', (_headers, _flags, raw) => (head = raw))
        stream.on('trailers', (_headers, _flags, raw) => (ended = raw))
        stream.on('error', reject)
        stream.on('close', () => resolve({ head, trailers: ended }))
        stream.resume()
      })
      assert.deepEqual(server.requests[index]?.slice(-list.length || Infinity), list.map(([name, value]) => `${name}: ${value}`)) // prettier-ignore
      assert.deepEqual(answer.head, [':status', '200', ...pick(answers, index).flat()])
      assert.deepEqual(answer.trailers, pick(trailers, index).flat())
    }
  })
}

test('a field that Node marks as sensitive is read, and sent again each time', async (t) => {
  const server = await startCodecServer(t, () => ({ lines: 'Set-Cookie: secret\r\n', trailers: '' }))
  const session = connect(`http://127.0.0.1:${server.port}`)
  t.after(() => session.destroy())
  for (let index = 0; index < 3; index++) {
    const stream = session.request({ ':path': '/', authorization: 'Basic x', [sensitiveHeaders]: ['authorization'] })
    const marked = await new Promise((resolve) =>
      stream.on('response', (headers) => resolve(Reflect.get(headers, sensitiveHeaders))),
    )
    assert.deepEqual(marked, ['set-cookie'])
    assert.ok(server.requests[index]?.includes('authorization: Basic x'))
    stream.close()
  }
})
