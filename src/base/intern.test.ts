import assert from 'node:assert/strict'
import { test } from 'node:test'
import { intern } from './intern.ts'

test('an interned text is the same text, however many came in between and however long it is', () => {
  for (const text of ['', 'shop', 'a'.repeat(1000), 'constructor', '__proto__']) assert.equal(intern(text), text)
  for (let number = 0; number < 20_000; number++) assert.equal(intern(`text-${number}`), `text-${number}`)
})
