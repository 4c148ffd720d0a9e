import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseLabelSelector } from './label-selector.ts'

const CASES: readonly (readonly [string, Readonly<Record<string, string>>, boolean])[] = [
  ['', {}, true],
  ['team=web', { team: 'web' }, true],
  ['team == web', { team: 'api' }, false],
  ['team!=web', {}, true],
  ['team!=web', { team: 'web' }, false],
  ['team in (web, api)', { team: 'api' }, true],
  ['team in (web, api)', {}, false],
  ['team notin (web),tier', { tier: '' }, true],
  ['team notin (web),tier', { team: 'web', tier: '' }, false],
  ['!team', { team: 'web' }, false],
  ['example.com/team', { 'example.com/team': '1' }, true],
  ['constructor', {}, false],
]

for (const [selector, labels, expected] of CASES) {
  test(`${selector || 'nothing'} ${expected ? 'takes' : 'leaves'} ${JSON.stringify(labels)}`, () => {
    assert.equal(parseLabelSelector(selector)?.matches(labels), expected)
  })
}

test('what is no selector is refused', () => {
  for (const text of ['=', 'a=b=c', 'a in b', 'a in (b', 'a,,b', 'a b', '-a', 'a=b!']) {
    assert.equal(parseLabelSelector(text), null, text)
  }
})
