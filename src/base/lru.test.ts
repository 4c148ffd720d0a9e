import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LruMap } from './lru.ts'

test('a full map forgets the entry that was used least recently', () => {
  const map = new LruMap<string, number>(2)
  map.set('a', 1)
  map.set('b', 2)
  assert.equal(map.get('a'), 1)
  map.set('c', 3)
  assert.equal(map.get('b'), undefined)
  assert.equal(map.get('a'), 1)
  assert.equal(map.get('c'), 3)
  assert.equal(map.size, 2)
})

test('setting a key again keeps one entry with the newer value', () => {
  const map = new LruMap<string, number>(2)
  map.set('a', 1)
  map.set('a', 2)
  assert.equal(map.size, 1)
  assert.equal(map.get('a'), 2)
})

test('a capacity below one is refused', () => {
  assert.throws(() => new LruMap(0), RangeError)
})
