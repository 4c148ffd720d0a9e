/**
 * What a client sees when a node is taken out of service by what its Node object says: nothing. The file of objects changes,
 * and each speaker reads it in its own time. RUNS=20 measures what docs/bare-metal.md says.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { quantile } from './parts/figures.ts'
import type { NodeFacts } from './parts/metal-objects.ts'
import { type RunningHost, SpeakerHosts } from './parts/speaker-hosts.ts'

const RUNS = Number(process.env['RUNS'] ?? '1')
/** Answers of the new owner alone, after which the old one is of no more interest. */
const STEADY_ANSWERS = 50

const REASONS: Readonly<Record<string, NodeFacts>> = {
  'a label that excludes it': { labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': 'true' } },
  'a taint of a shutdown': { taints: ['node.cloudprovider.kubernetes.io/shutdown'] },
  'a taint of an autoscaler': { taints: ['ToBeDeletedByClusterAutoscaler'] },
  'being cordoned': { isUnschedulable: true },
}

let hosts: SpeakerHosts
before(() => {
  hosts = new SpeakerHosts(2, ['--hand-over-on-cordon'])
  for (const node of hosts.nodes) hosts.start(node)
})
after(() => hosts.destroy())

interface Move {
  readonly lost: number
  readonly longestPauseMs: number
  /** From the change to the first answer of the new owner. */
  readonly tookMs: number
}

/** Datagrams without an answer between the one before that answer and the last. */
function lostSince(from: number): number {
  const numbers = hosts.answers.slice(Math.max(0, from - 1)).map(({ number }) => number)
  return Math.max(...numbers) - Math.min(...numbers) + 1 - new Set(numbers).size
}

/** Writes that state, and waits until only that node answers. */
async function move(to: RunningHost, facts: Readonly<Record<string, NodeFacts>>, isAsking = false): Promise<Move> {
  const from = hosts.answers.length
  const changedMs = Date.now()
  hosts.write(facts)
  if (isAsking) hosts.client.run('ip', 'neigh', 'flush', 'dev', 'eth0')
  await hosts.until(`${to.host.name} alone answers`, () => {
    const last = hosts.answers.slice(from).slice(-STEADY_ANSWERS)
    const isAlone = hosts.nodes.every((node) => node.isAnnouncing === (node === to))
    return isAlone && last.length === STEADY_ANSWERS && last.every(({ host }) => host === to.host.name)
  })
  // An answer that a busy machine delays is not lost.
  const seen = hosts.answers.length
  if (lostSince(from) > 0) await hosts.until('more answers', () => hosts.answers.length > seen + 4 * STEADY_ANSWERS)
  const since = hosts.answers.slice(Math.max(0, from - 1))
  const pauses = since.slice(1).map(({ atMs }, index) => atMs - (since[index]?.atMs ?? atMs))
  return {
    lost: lostSince(from),
    longestPauseMs: Math.max(...pauses),
    tookMs: (since.find(({ host }) => host === to.host.name)?.atMs ?? Infinity) - changedMs,
  }
}

function otherThan(owner: RunningHost): RunningHost {
  const other = hosts.nodes.find((node) => node !== owner)
  assert.ok(other !== undefined)
  return other
}

for (const [what, facts] of Object.entries(REASONS)) {
  test(`a node that is drained by ${what} loses no datagram, nor when it is back`, async (context) => {
    const moves: Move[] = []
    for (let run = 0; run < RUNS; run++) {
      const owner = await hosts.settled()
      moves.push(await move(otherThan(owner), { [owner.host.name]: facts }), await move(owner, {}))
    }
    const describe = (name: keyof Move): string => {
      const values = moves.map((each) => each[name])
      return `${name}: median ${quantile(values, 0.5)}, worst ${quantile(values, 1)} of ${values.length}`
    }
    for (const name of ['lost', 'longestPauseMs', 'tookMs'] as const) context.diagnostic(describe(name))
    assert.ok(moves.every(({ lost }) => lost === 0))
  })
}

test('a client that looks for the address at that moment loses nothing either', async () => {
  const owner = await hosts.settled()
  const facts = { [owner.host.name]: REASONS['a taint of a shutdown'] ?? {} }
  assert.equal((await move(otherThan(owner), facts, true)).lost, 0)
  assert.equal((await move(owner, {}, true)).lost, 0)
})
