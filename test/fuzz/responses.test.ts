/** Hostile responses through the real data plane: the client gets what Node reads, or a 502, and never another's answer. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { DataPlane } from '../../src/proxy/data-plane.ts'
import { startOneRoute } from '../support/one-route.ts'
import { createBudget } from './budget.ts'
import { checkResponse, type ProxyBeforeScript } from './check-response.ts'
import { formatCorpusCase, readCorpus } from './corpus.ts'
import { createRandom } from './random.ts'
import { generateResponse } from './response-grammar.ts'
import { type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts'

suite('hostile responses', () => {
  let upstream: ScriptedUpstream
  let plane: DataPlane
  let proxy: ProxyBeforeScript
  before(async () => {
    upstream = await startScriptedUpstream()
    plane = await startOneRoute(upstream.port)
    proxy = { port: plane.httpPort, upstream }
  })
  after(async () => {
    await plane.drain(0)
    await upstream.close()
  })

  for (const { name, bytes, expect } of readCorpus('responses')) {
    test(`corpus: ${name}`, async () => {
      const whole = await checkResponse(bytes, [], 'GET', proxy)
      assert.deepEqual(whole.problems, [], describe(bytes))
      if (expect === 'forward') assert.ok(whole.status !== 0 && whole.status !== 502, `answered ${whole.status}`)
      if (expect === 'refuse') assert.equal(whole.status, 502)
      for (let cut = 1; cut < bytes.length; cut++) {
        const { problems } = await checkResponse(bytes, [cut], 'GET', proxy)
        assert.deepEqual(problems, [], `cut at ${cut}: ${describe(bytes)}`)
      }
    })
  }

  test('random responses reach the client as Node reads them, or not at all', async (context) => {
    const { seed, endsAtMs } = createBudget(0.5)
    context.diagnostic(`FUZZ_SEED=${seed}`)
    let count = 0
    let passed = 0
    for (let i = 0; performance.now() < endsAtMs; i++) {
      const random = createRandom(seed + i)
      const bytes = generateResponse(random)
      const cuts = bytes.length > 1 && random.chance(0.3) ? [1 + random.int(bytes.length - 1)] : []
      const { problems, status } = await checkResponse(bytes, cuts, random.chance(0.8) ? 'GET' : 'HEAD', proxy)
      const again = `\nFUZZ_SEED=${seed + i}; for the corpus: ${formatCorpusCase('', bytes)}`
      assert.deepEqual(problems, [], describe(bytes) + again)
      count++
      if (status !== 0 && status !== 502) passed++
    }
    context.diagnostic(`${count} responses, ${passed} passed on`)
    // A proxy that answers 502 to everything would pass all of the above.
    assert.ok(count === 0 || passed > count / 4, `only ${passed} of ${count} responses were passed on`)
  })
})

function describe(bytes: Buffer): string {
  return JSON.stringify(bytes.toString('latin1'))
}
