import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isForeignPrefix, OTHER_CONTROLLERS } from './kubernetes.ts'
import { findAnnotation, findRow, VOCABULARIES, vocabularyOf } from './registry.ts'

test('every prefix belongs to one vocabulary, ends in a slash and is nobody else’s', () => {
  const prefixes = VOCABULARIES.map((vocabulary) => vocabulary.prefix)
  assert.equal(new Set(prefixes).size, prefixes.length)
  for (const prefix of prefixes) {
    assert.match(prefix, /^[a-z0-9.-]+\/$/)
    assert.equal(isForeignPrefix(prefix.slice(0, -1)), false, prefix)
    assert.equal(Object.hasOwn(OTHER_CONTROLLERS, prefix.slice(0, -1)), false, prefix)
  }
})

for (const vocabulary of VOCABULARIES) {
  test(`names under ${vocabulary.prefix} are listed once, as row, alias, removed or mistake`, () => {
    const names = [
      ...vocabulary.rows.map((row) => row.name),
      ...Object.keys(vocabulary.aliases),
      ...Object.keys(vocabulary.legacy ?? {}),
      ...Object.keys(vocabulary.removed),
      ...Object.keys(vocabulary.mistakes ?? {}),
    ]
    assert.deepEqual([...new Set(names)], names)
  })

  test(`names under ${vocabulary.prefix} are valid annotation names and have a place`, () => {
    for (const row of vocabulary.rows) {
      assert.match(row.name.replace(/\.\*$/, '.x'), /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/)
      assert.ok(row.on.length > 0, row.name)
      assert.equal(findRow(vocabulary, row.name.replace(/\.\*$/, '.x')), row)
    }
  })

  test(`old spellings under ${vocabulary.prefix} lead to a name of today`, () => {
    for (const [alias, today] of Object.entries(vocabulary.aliases)) {
      const slash = today.indexOf('/')
      const target = vocabularyOf(today.slice(0, slash + 1))
      assert.ok(findAnnotation(today) !== undefined || target?.aliases[today.slice(slash + 1)] !== undefined, alias)
    }
  })

  test(`what to write instead of names removed from ${vocabulary.prefix} is said`, () => {
    for (const advice of Object.values(vocabulary.removed)) assert.ok(advice.length > 10)
  })
}

test('a family covers names with something after the dot', () => {
  assert.equal(findAnnotation('alb.ingress.kubernetes.io/actions.ssl-redirect')?.name, 'actions.*')
  assert.equal(findAnnotation('alb.ingress.kubernetes.io/actions.'), undefined)
  assert.equal(findAnnotation('alb.ingress.kubernetes.io/actions'), undefined)
})

test('names that objects inherit are not annotations', () => {
  for (const name of ['constructor', '__proto__', 'toString']) {
    assert.equal(findAnnotation(`nginx.ingress.kubernetes.io/${name}`), undefined)
  }
})
