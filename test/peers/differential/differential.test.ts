/**
 * The same requests through a hand-written nginx and through Genkan with the annotations that mean the same: status,
 * headers, what the upstream receives and the access log line must agree, or the case names the reason.
 */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { findFreePort } from '../../support/free-port.ts'
import { createTemporaryFolder } from '../../support/temporary-folder.ts'
import { type DifferentialRequest, readCases } from './case.ts'
import { type Observation, observe } from './observe.ts'
import { type RunningPeer, startGenkanPeer, startNginxPeer } from './peer-pair.ts'
import { type EchoUpstream, startEchoUpstream } from './upstream.ts'

suite('beside a hand-written nginx', () => {
  const folder = createTemporaryFolder()
  const cases = readCases()
  let upstream: EchoUpstream
  let nginx: RunningPeer
  let genkan: RunningPeer
  const seen = new Map<DifferentialRequest, { readonly theirs: Observation; readonly ours: Observation }>()

  /** All at once: access logs are written a second late. */
  async function observeAll(): Promise<void> {
    const both = async (request: DifferentialRequest, host: string): Promise<void> => {
      const [theirs, ours] = await Promise.all([
        observe(nginx, upstream, request, host),
        observe(genkan, upstream, request, host),
      ])
      seen.set(request, { theirs, ours })
    }
    await Promise.all(
      cases.flatMap(({ hosts, requests }) => requests.map((request) => both(request, request.host ?? hosts[0] ?? ''))),
    )
  }

  before(async () => {
    upstream = await startEchoUpstream()
    const deadPort = await findFreePort()
    nginx = await startNginxPeer(cases, upstream.port, deadPort, folder)
    genkan = await startGenkanPeer(cases, upstream.port, deadPort, folder)
    await observeAll()
  })
  after(async () => {
    await genkan?.stop()
    await nginx?.stop()
    await upstream?.close()
    folder[Symbol.dispose]()
  })

  for (const entry of cases) {
    for (const request of entry.requests) {
      test(`${entry.name}: ${request.name}`, () => {
        const observations = seen.get(request)
        assert.ok(observations !== undefined)
        const { theirs, ours } = observations
        const differs = request.differs ?? {}
        const parts = [...new Set([...theirs.keys(), ...ours.keys()])].sort()
        const different = parts.filter((part) => theirs.get(part) !== ours.get(part))
        const unexplained = different.filter((part) => !(part in differs))
        assert.deepEqual(
          Object.fromEntries(unexplained.map((part) => [part, ours.get(part)])),
          Object.fromEntries(unexplained.map((part) => [part, theirs.get(part)])),
        )
        const gone = Object.keys(differs).filter((part) => !different.includes(part))
        assert.deepEqual(gone, [], 'differences that are none any more')
      })
    }
  }
})
