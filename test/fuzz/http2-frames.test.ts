/** Hostile HTTP/2 connections through the real data plane: whatever is forwarded, Node's HTTP/2 server reads the same way. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, suite, test } from 'node:test'
import type { DataPlane } from '../../src/proxy/data-plane.ts'
import { startOneRoute } from '../support/one-route.ts'
import { createBudget } from './budget.ts'
import { generateConnection, MARKER } from './http2-grammar.ts'
import { type Http2Reading, type NodeHttp2Reader, startNodeHttp2Reader } from './node-http2-reader.ts'
import { createRandom, type Random } from './random.ts'
import { type RecordingUpstream, startRecordingUpstream } from './recording-upstream.ts'

const PATIENCE_MS = 4000
/** Beyond what the process needs anyway, in bytes. */
const MOST_GROWTH = 300 * 1024 * 1024

interface Verdict {
  /** Requests that were forwarded. */
  readonly count: number
  /** Those that Node does not read, and other broken promises. */
  readonly unknown: readonly string[]
  /** Node read the connection to its end. */
  readonly isJudged: boolean
}

suite('hostile HTTP/2 connections', () => {
  let upstream: RecordingUpstream
  let plane: DataPlane
  let oracle: NodeHttp2Reader
  before(async () => {
    upstream = await startRecordingUpstream()
    plane = await startOneRoute(upstream.port)
    oracle = await startNodeHttp2Reader()
  })
  after(async () => {
    await plane.drain(0)
    await upstream.close()
    await oracle.close()
  })

  /** Until no request of the last connection is on its way to the upstream any more. */
  async function settle(): Promise<void> {
    const isQuiet = (): boolean => {
      const counts = plane.connectionCounts()
      return counts.open === 0 && counts.upstreamOpen === counts.upstreamIdle
    }
    const endsAtMs = performance.now() + PATIENCE_MS
    while (!isQuiet() && performance.now() < endsAtMs) await new Promise((resolve) => setTimeout(resolve, 1))
    assert.ok(isQuiet(), 'Something of the connection is left behind')
  }

  /** What is forwarded that Node does not read; empty when all is well. */
  async function strangers(bytes: Buffer, cuts: readonly number[]): Promise<Verdict> {
    upstream.take()
    oracle.take()
    await send(plane.httpPort, bytes, cuts, false)
    await settle()
    const { requests, errors, isBeyondNode } = upstream.take()
    if (isBeyondNode) return { count: 0, unknown: [], isJudged: false }
    const forwarded = requests.map(({ method, target, body, rawHeaders }) => {
      const hosts = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === 'host')
      return `${method} ${target} ${hosts.join()} ${body.toString('latin1')}`
    })
    if (forwarded.length === 0) return { count: 0, unknown: [...errors], isJudged: true }
    // nghttp2 ends the connection for some mistakes that RFC 9113 has as errors of one stream: what would have come
    // after that, it cannot be asked about.
    const isJudged = await send(oracle.port, bytes, cuts, true)
    const read: Http2Reading[] = []
    const missing = (): string[] => {
      read.push(...oracle.take())
      const known = read.filter(isWhole).map(describeReading)
      return forwarded.filter((request) => {
        const at = known.indexOf(request)
        if (at !== -1) known.splice(at, 1)
        return at === -1
      })
    }
    // Node hands bodies over in later turns.
    const endsAtMs = performance.now() + (isJudged ? 500 : 0)
    while (missing().length > 0 && performance.now() < endsAtMs) await new Promise((resolve) => setTimeout(resolve, 5))
    return { count: forwarded.length, unknown: isJudged ? [...errors, ...missing()] : [...errors], isJudged }
  }

  test('random connections are forwarded as Node reads them, or refused', async (context) => {
    const { seed, endsAtMs } = createBudget(0.5)
    context.diagnostic(`FUZZ_SEED=${seed}`)
    let count = 0
    let forwarded = 0
    let judged = 0
    const rssAtStart = process.memoryUsage().rss
    for (let i = 0; performance.now() < endsAtMs; i++) {
      const random = createRandom(seed + i)
      const bytes = generateConnection(random)
      const outcome = await strangers(bytes, chooseCuts(random, bytes.length))
      assert.deepEqual(outcome.unknown, [], `FUZZ_SEED=${seed + i}: ${bytes.toString('hex')}`)
      count++
      forwarded += outcome.count
      if (outcome.isJudged) judged++
    }
    context.diagnostic(`${count} connections, ${judged} judged, ${forwarded} requests forwarded`)
    assert.ok(judged >= count / 2, `only ${judged} of ${count} connections were judged`)
    // A proxy that refuses everything would pass all of the above.
    assert.ok(count === 0 || forwarded > count / 2, `only ${forwarded} requests of ${count} connections were forwarded`)
    const growth = process.memoryUsage().rss - rssAtStart
    assert.ok(growth < MOST_GROWTH, `memory grew by ${growth} bytes`)
  })

  test('random bytes after the preface end the connection and harm nobody', async () => {
    const random = createRandom(1)
    for (let i = 0; i < 150; i++) {
      const noise = Buffer.from(Array.from({ length: random.int(400) }, () => random.int(256)))
      // Small lengths, so that frames of noise are complete.
      for (let at = 0; at + 9 < noise.length; at += 9 + (noise[at + 2] ?? 0)) noise.fill(0, at, at + 2)
      await send(plane.httpPort, Buffer.concat([generateConnection(createRandom(i)).subarray(0, 33), noise]), [], false)
    }
    await settle()
    assert.deepEqual(upstream.take().errors, [])
  })
})

function chooseCuts(random: Random, length: number): number[] {
  return random.chance(0.3) ? [1 + random.int(length - 1)] : []
}

/** With a declared length the request is whole before its stream ends, and what breaks after that comes too late. */
function isWhole({ isComplete, contentLength, body }: Http2Reading): boolean {
  return isComplete || contentLength === body.length
}

function describeReading({ method, target, authority, body }: Http2Reading): string {
  const encoded = target.replace(/[\x80-\xff]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
  return `${method} ${encoded} ${authority} ${body}`
}

/** Sends a connection, waits until the marker comes back or the other side closes, and leaves. @returns true for the marker */
async function send(port: number, bytes: Buffer, cuts: readonly number[], isPatient: boolean): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  let received = Buffer.alloc(0)
  const done = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, isPatient ? 300 : PATIENCE_MS)
    const finish = (): void => {
      clearTimeout(timer)
      resolve()
    }
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      // Answers to what was forwarded come within a few turns after the marker.
      if (received.includes(MARKER)) setTimeout(finish, 4)
    })
    socket.on('end', finish).on('close', finish).on('error', finish)
    // A mutated length leaves the other side waiting for more.
    setTimeout(() => {
      if (!received.includes(MARKER)) finish()
    }, 30).unref()
  })
  const [cut] = cuts
  if (cut === undefined) {
    socket.write(bytes)
  } else {
    socket.write(bytes.subarray(0, cut))
    setImmediate(() => setImmediate(() => socket.write(bytes.subarray(cut))))
  }
  await done
  socket.destroy()
  return received.includes(MARKER)
}
