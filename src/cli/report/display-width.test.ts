import assert from 'node:assert/strict'
import { test } from 'node:test'
import { displayWidth } from './display-width.ts'

test('Latin letters take one column, East Asian characters and emoji two, combining marks none', () => {
  assert.equal(displayWidth('abc'), 3)
  assert.equal(displayWidth('玄関'), 4)
  assert.equal(displayWidth('がんばる'), 8)
  assert.equal(displayWidth('한글'), 4)
  assert.equal(displayWidth('ＡＢ'), 4)
  assert.equal(displayWidth('ｱｲ'), 2)
  assert.equal(displayWidth('é'), 1)
  assert.equal(displayWidth('e\u0301'), 1)
  assert.equal(displayWidth('🚪'), 2)
  assert.equal(displayWidth(''), 0)
})
