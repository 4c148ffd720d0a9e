import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLineReader } from './source-lines.ts'

const text = 'kind: Service\nmetadata: {}\n---\nkind: Secret\ndata:\n  tls.key: aGVsbG8=\n--- # next\nkind: Pod\n'

test('a line is found by its number, an unknown one or file is not', () => {
  const read = createLineReader([{ path: 'a.yaml', text }])
  assert.equal(read('a.yaml', 2), 'metadata: {}')
  assert.equal(read('a.yaml', 8), 'kind: Pod')
  assert.equal(read('a.yaml', 99), null)
  assert.equal(read('b.yaml', 1), null)
})

test('no line of a document that holds a Secret is shown', () => {
  const read = createLineReader([
    { path: 'a.yaml', text },
    { path: 'b.json', text: '{"kind": "List", "items": [{\n "kind":"Secret",\n "data": {"k": "aGVsbG8="}}]}' },
  ])
  for (const line of [4, 5, 6]) assert.equal(read('a.yaml', line), null)
  for (const line of [1, 2, 3]) assert.equal(read('b.json', line), null)
})
