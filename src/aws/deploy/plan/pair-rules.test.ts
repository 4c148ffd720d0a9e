import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ListenerRule } from '../../stack/model.ts'
import type { ObservedResource } from '../observed.ts'
import { pairRules, type RuleKeys, type RulePairs } from './pair-rules.ts'

/** `path answer`: the path is the condition, the answer the action. */
function rule(text: string, priority: number): ListenerRule {
  const [path = '', statusCode = '404'] = text.split(' ')
  return {
    id: `80:${priority}`,
    origins: [],
    listener: { ref: 'Listener/80' },
    priority,
    conditions: [{ field: 'path-pattern', values: [path] }],
    actions: [{ type: 'fixed-response', statusCode, contentType: '', messageBody: '' }],
    transforms: [],
    tags: {},
  }
}

const KEYS: RuleKeys = {
  settings: (one) => JSON.stringify([one.conditions, one.actions]),
  conditions: (one) => JSON.stringify(one.conditions),
}

const wished = (...texts: readonly string[]): ListenerRule[] => texts.map((text, index) => rule(text, index + 1))

function present(texts: Readonly<Record<number, string>>): ObservedResource<ListenerRule>[] {
  return Object.entries(texts).map(([priority, text]) => ({
    identifier: `arn of ${text} at ${priority}`,
    spec: rule(text, Number(priority)),
    allTags: {},
    isOwned: true,
  }))
}

function pair(
  desired: readonly ListenerRule[],
  existing: readonly ObservedResource<ListenerRule>[],
  taken: readonly number[] = [],
  swaps = true,
): RulePairs {
  return pairRules(desired, existing, KEYS, new Set(taken), swaps)
}

test('rules that are as wished need no call', () => {
  const { moves, creates, deletes, pairs } = pair(wished('/a', '/b'), present({ 1: '/a', 2: '/b' }))
  assert.deepEqual([moves, creates, deletes], [[], [], []])
  assert.deepEqual(
    pairs.map(({ isEqual }) => isEqual),
    [true, true],
  )
})

test('a permutation is one call and no change', () => {
  const { moves, pairs } = pair(wished('/c', '/a', '/b'), present({ 1: '/a', 2: '/b', 3: '/c' }))
  assert.deepEqual(moves, [
    [
      { identifier: 'arn of /c at 3', priority: 1 },
      { identifier: 'arn of /a at 1', priority: 2 },
      { identifier: 'arn of /b at 2', priority: 3 },
    ],
  ])
  assert.ok(pairs.every(({ isEqual }) => isEqual))
})

test('a new first rule moves the others once and is created', () => {
  const { moves, creates } = pair(wished('/new', '/a', '/b'), present({ 1: '/a', 2: '/b' }))
  assert.equal(moves.length, 1)
  assert.deepEqual(
    creates.map(({ priority }) => priority),
    [1],
  )
})

test('a rule with the same conditions is changed in its place, wherever it goes', () => {
  const { pairs, creates, deletes } = pair(wished('/b', '/a 503'), present({ 1: '/a 404', 2: '/b' }))
  assert.deepEqual([creates, deletes], [[], []])
  assert.deepEqual(
    pairs.map(({ observed, priority, isEqual }) => [observed.identifier, priority, isEqual]),
    [
      ['arn of /b at 2', 1, true],
      ['arn of /a 404 at 1', 2, false],
    ],
  )
})

test('what is about to be deleted is parked where its place is wanted', () => {
  const { moves, deletes, movesAfterDeletes } = pair(wished('/b'), present({ 1: '/a', 2: '/b' }))
  assert.deepEqual(
    deletes.map(({ identifier }) => identifier),
    ['arn of /a at 1'],
  )
  assert.deepEqual(moves, [
    [
      { identifier: 'arn of /b at 2', priority: 1 },
      { identifier: 'arn of /a at 1', priority: 50_000 },
    ],
  ])
  assert.deepEqual(movesAfterDeletes, [[{ identifier: 'arn of /b at 2', priority: 1 }]])
})

test("strangers' priorities are stepped over, and the order stays", () => {
  const { creates } = pair(wished('/a', '/b', '/c'), [], [2])
  assert.deepEqual(
    creates.map(({ priority }) => priority),
    [1, 3, 4],
  )
})

test('where swaps are refused, rules are parked first', () => {
  const { moves } = pair(wished('/b', '/a'), present({ 1: '/a', 2: '/b' }), [], false)
  assert.equal(moves.length, 2)
  assert.ok(moves[0]?.every(({ priority }) => priority > 49_000))
  assert.deepEqual(
    moves[1]?.map(({ priority }) => priority),
    [1, 2],
  )
})

test('any rules become any others, each move into a free place, never with creates and deletes both', () => {
  const texts = fc.array(fc.constantFrom('/a', '/a 503', '/b', '/c', '/d 503'), { maxLength: 8 })
  fc.assert(
    fc.property(
      texts,
      texts,
      fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 3 }),
      fc.boolean(),
      (to, from, taken, swaps) => {
        const free = Array.from({ length: 20 }, (_, index) => index + 1).filter((priority) => !taken.includes(priority))
        const existing = present(Object.fromEntries(from.map((text, index) => [free[index] ?? 0, text])))
        const result = pair(wished(...to), existing, taken, swaps)
        assert.ok(result.creates.length === 0 || result.deletes.length === 0)
        const places = new Map(existing.map(({ identifier, spec }) => [identifier, spec.priority]))
        for (const moves of result.moves) {
          const before = new Set(places.values())
          for (const { identifier, priority } of moves) {
            if (!swaps) assert.ok(!before.has(priority))
            places.set(identifier, priority)
          }
          assert.equal(new Set([...places.values(), ...taken]).size, places.size + taken.length)
        }
        for (const { identifier } of result.deletes) {
          // Whatever is created has its place even before this is gone.
          assert.ok(!result.creates.some(({ priority }) => priority === places.get(identifier)))
        }
        const final = [
          ...result.pairs.map(({ desired, observed }) => [places.get(observed.identifier), desired.priority]),
          ...result.creates.map(({ desired, priority }) => [priority, desired.priority]),
        ].sort(([a = 0], [b = 0]) => a - b)
        assert.deepEqual(
          final.map(([, wish]) => wish),
          to.map((_, index) => index + 1),
        )
        assert.deepEqual(
          final.map(([place]) => place),
          free.slice(0, to.length),
        )
      },
    ),
    { numRuns: 500 },
  )
})
