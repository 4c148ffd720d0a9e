/** Hostile requests through the real data plane: whatever is forwarded, Node's strict server reads the same way. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { DataPlane } from '../../src/proxy/data-plane.ts'
import { startOneRoute } from '../support/one-route.ts'
import { createBudget } from './budget.ts'
import { checkRequests, type ProxyUnderTest, type StreamOutcome } from './check-requests.ts'
import { formatCorpusCase, readCorpus } from './corpus.ts'
import { createRandom } from './random.ts'
import { type RecordingUpstream, startRecordingUpstream } from './recording-upstream.ts'
import { generateRequests } from './request-grammar.ts'

/** Longer streams are not cut at every place. */
const LONGEST_CUT = 700

suite('hostile requests', () => {
  let upstream: RecordingUpstream
  let plane: DataPlane
  let proxy: ProxyUnderTest
  before(async () => {
    upstream = await startRecordingUpstream()
    plane = await startOneRoute(upstream.port)
    proxy = { port: plane.httpPort, upstream }
  })
  after(async () => {
    await plane.drain(0)
    await upstream.close()
  })

  for (const { name, bytes, expect } of readCorpus('requests')) {
    test(`corpus: ${name}`, async () => {
      const whole = await checkRequests(bytes, [], proxy)
      assert.deepEqual(whole.problems, [], describe(bytes))
      if (expect === 'forward') assert.ok(whole.isMarkerAnswered, `refused with ${whole.statuses.join()}`)
      if (expect === 'refuse') assert.ok(!whole.isMarkerAnswered, `forwarded ${whole.forwarded.join(', ')}`)
      if (bytes.length > LONGEST_CUT) return
      for (let cut = 1; cut < bytes.length; cut++) {
        const parts = await checkRequests(bytes, [cut], proxy)
        assert.deepEqual(parts.problems, [], `cut at ${cut}: ${describe(bytes)}`)
        assert.deepEqual(toVerdict(parts), toVerdict(whole), `cut at ${cut}: ${describe(bytes)}`)
      }
    })
  }

  test('random streams are forwarded as Node reads them, or refused', async (context) => {
    const { seed, endsAtMs } = createBudget(0.5)
    context.diagnostic(`FUZZ_SEED=${seed}`)
    let count = 0
    let forwarded = 0
    for (let i = 0; performance.now() < endsAtMs; i++) {
      const random = createRandom(seed + i)
      const bytes = generateRequests(random)
      const cuts = random.chance(0.3) ? [1 + random.int(bytes.length)] : []
      const outcome = await checkRequests(bytes, cuts, proxy)
      const again = `\nFUZZ_SEED=${seed + i}; for the corpus: ${formatCorpusCase('', bytes)}`
      assert.deepEqual(outcome.problems, [], describe(bytes) + again)
      count++
      forwarded += outcome.forwarded.length
    }
    context.diagnostic(`${count} streams, ${forwarded} requests forwarded`)
    // A proxy that refuses everything would pass all of the above.
    assert.ok(count === 0 || forwarded > count / 4, `only ${forwarded} requests of ${count} streams were forwarded`)
  })
})

function toVerdict(outcome: StreamOutcome): Pick<StreamOutcome, 'statuses' | 'forwarded'> {
  return { statuses: outcome.statuses, forwarded: outcome.forwarded }
}

function describe(bytes: Buffer): string {
  return JSON.stringify(bytes.toString('latin1'))
}
