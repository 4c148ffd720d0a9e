import assert from 'node:assert/strict'
import test from 'node:test'
import { currentAmong } from '../../../metal/heartbeat/current-among.ts'
import { Staleness } from './staleness.ts'

const STEP_MS = 5000

/** Who decides when, of nodes of which each sees the API server away in a span of its own; `.` = all do. */
function outdatedOver(untilMs: number, outages: readonly (readonly [fromMs: number, toMs: number])[]): string {
  const nodes = outages.map(() => new Staleness(0))
  const seen = new Set<string>()
  for (let nowMs = 0; nowMs <= untilMs; nowMs += STEP_MS) {
    const told = nodes.map((node, at) => {
      const [fromMs, toMs] = outages[at] ?? [0, 0]
      return { staleSeconds: node.look(nowMs >= fromMs && nowMs < toMs, nowMs) }
    })
    const isCurrent = currentAmong(told)
    seen.add(told.map((each) => (isCurrent(each) ? '.' : 'x')).join(''))
  }
  return [...seen].join(' ')
}

const HOUR_MS = 3_600_000

test('while nobody can read the cluster nothing moves, nor when they can again, one after the other', () => {
  const outages = [
    [HOUR_MS, 2 * HOUR_MS],
    [HOUR_MS + 60_000, 2 * HOUR_MS + 30_000],
    [HOUR_MS + 20_000, 2 * HOUR_MS + 5000],
  ] as const
  assert.equal(outdatedOver(3 * HOUR_MS, outages), '...')
})

test('one that alone cannot read the cluster leaves everything to others until it could for a while', () => {
  assert.equal(
    outdatedOver(2 * HOUR_MS, [
      [0, 0],
      [HOUR_MS, HOUR_MS + 1_200_000],
      [0, 0],
    ]),
    '... .x.',
  )
  const node = new Staleness(0)
  assert.equal(node.look(false, 599_999), null)
  assert.equal(node.look(false, 600_000), 0)
  assert.equal(node.look(true, 800_000), 200)
  assert.equal(node.look(true, HOUR_MS), 600)
  assert.equal(node.look(false, HOUR_MS + 100_000), 500)
  assert.equal(node.look(false, 2 * HOUR_MS), 0)
})
