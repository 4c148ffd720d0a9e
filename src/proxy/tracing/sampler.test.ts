import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { createSampler } from './sampler.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const parent = (isSampled: boolean) => ({ traceId: TRACE, spanId: '00f067aa0ba902b7', isSampled })

test('always on takes every trace and always off none', () => {
  const on = createSampler({ sampler: 'AlwaysOn', ratio: 0, isParentBased: false })
  const off = createSampler({ sampler: 'AlwaysOff', ratio: 1, isParentBased: false })
  for (const caller of [null, parent(true), parent(false)]) {
    assert.equal(on(TRACE, caller), true)
    assert.equal(off(TRACE, caller), false)
  }
})

test('parent based follows the caller and asks its sampler where there is none', () => {
  const sampler = createSampler({ sampler: 'AlwaysOff', ratio: 1, isParentBased: true })
  assert.equal(sampler(TRACE, parent(true)), true)
  assert.equal(sampler(TRACE, parent(false)), false)
  assert.equal(sampler(TRACE, null), false)
})

test('a ratio takes about its share, and of a larger ratio every trace of a smaller one', () => {
  const quarter = createSampler({ sampler: 'TraceIdRatioBased', ratio: 0.25, isParentBased: false })
  const half = createSampler({ sampler: 'TraceIdRatioBased', ratio: 0.5, isParentBased: false })
  const ids = Array.from({ length: 4000 }, () => randomBytes(16).toString('hex'))
  const taken = ids.filter((id) => quarter(id, null))
  // Six standard deviations.
  assert.ok(Math.abs(taken.length - 1000) < 165, String(taken.length))
  assert.ok(taken.every((id) => half(id, null)))
})

test('ratio 0 takes nothing and ratio 1 everything', () => {
  const none = createSampler({ sampler: 'TraceIdRatioBased', ratio: 0, isParentBased: false })
  const all = createSampler({ sampler: 'TraceIdRatioBased', ratio: 1, isParentBased: false })
  for (const id of ['f'.repeat(32), '1'.padEnd(32, '0'), TRACE]) {
    assert.equal(all(id, null), true)
    assert.equal(none(id, null), false)
  }
})
