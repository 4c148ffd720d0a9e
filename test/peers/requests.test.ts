/** The same hostile streams through nginx and through us: what nginx refuses and we forward must be in the table below. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { DataPlane } from '../../src/proxy/data-plane.ts'
import { checkRequests } from '../fuzz/check-requests.ts'
import { readCorpus } from '../fuzz/corpus.ts'
import { createRandom } from '../fuzz/random.ts'
import { type RecordingUpstream, startRecordingUpstream } from '../fuzz/recording-upstream.ts'
import { generateRequests } from '../fuzz/request-grammar.ts'
import { type RunningNginx, startNginxProxy } from '../support/nginx.ts'
import { startOneRoute } from '../support/one-route.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

interface Difference {
  readonly reason: string
  readonly explains: (stream: string) => boolean
}

const DIFFERENCES: readonly Difference[] = [
  {
    // We read the value without its blanks and write Host and Content-Length anew, so nobody behind us sees the tab.
    reason:
      'nginx takes a tab at the edge of a Host or Content-Length value for a part of it; RFC 9110, 5.5 says blank',
    explains: (stream) => /^(host|content-length):(?:[ \t]*\t|.*\t *\r$)/im.test(stream),
  },
]

const RANDOM_STREAMS = 1500

suite('hostile requests, beside nginx', () => {
  const folder = createTemporaryFolder()
  let behindUs: RecordingUpstream
  let behindNginx: RecordingUpstream
  let plane: DataPlane
  let nginx: RunningNginx
  before(async () => {
    behindUs = await startRecordingUpstream()
    behindNginx = await startRecordingUpstream()
    plane = await startOneRoute(behindUs.port)
    nginx = await startNginxProxy(behindNginx.port, folder)
  })
  after(async () => {
    await nginx.stop()
    await plane.drain(0)
    await behindUs.close()
    await behindNginx.close()
    folder[Symbol.dispose]()
  })

  /** True when nginx answers the first request of the stream 4xx and we forward it. */
  async function isLaxer(bytes: Buffer): Promise<boolean> {
    const theirs = await checkRequests(bytes, [], {
      port: nginx.port,
      upstream: behindNginx,
      // What it waits for does not matter: it has not refused.
      patienceMs: 300,
    })
    const first = theirs.statuses[0] ?? 0
    if (first < 400 || first > 499 || theirs.forwarded.length > 0) return false
    const ours = await checkRequests(bytes, [], { port: plane.httpPort, upstream: behindUs })
    return ours.statuses[0] === 200 && ours.forwarded.length > 0 && ours.forwarded[0] !== 'GET /marker 0'
  }

  test('what nginx refuses of the corpus is refused, or the difference has its reason', async () => {
    const used = new Set<string>()
    for (const { name, bytes } of readCorpus('requests')) {
      if (!(await isLaxer(bytes))) continue
      const difference = DIFFERENCES.find(({ explains }) => explains(bytes.toString('latin1')))
      assert.ok(difference !== undefined, `nginx refuses and we forward: ${name} ${describe(bytes)}`)
      used.add(difference.reason)
    }
    assert.deepEqual(
      DIFFERENCES.map(({ reason }) => reason).filter((reason) => !used.has(reason)),
      [],
      'differences that no stream of the corpus shows any more',
    )
  })

  test('what nginx refuses of random streams is refused, or the difference has its reason', async () => {
    for (let seed = 0; seed < RANDOM_STREAMS; seed++) {
      const bytes = generateRequests(createRandom(seed))
      if (!(await isLaxer(bytes))) continue
      const isExplained = DIFFERENCES.some(({ explains }) => explains(bytes.toString('latin1')))
      assert.ok(isExplained, `seed ${seed}: nginx refuses and we forward ${describe(bytes)}`)
    }
  })
})

function describe(bytes: Buffer): string {
  return JSON.stringify(bytes.toString('latin1'))
}
