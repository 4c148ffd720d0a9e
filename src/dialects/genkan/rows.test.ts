import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileHeaderEdits } from '../../routing/header-edits.ts'
import { compileRequestFilter } from '../../routing/request-filter.ts'
import type { IngressSettings } from '../ingress/settings.ts'
import { NGINX_SETTINGS } from '../ingress/settings.ts'
import { INGRESS_ROWS } from './ingress-annotations.ts'
import { settingsForPath } from './path-settings.ts'

type Draft = { -readonly [K in keyof IngressSettings]: IngressSettings[K] }

const LIST: readonly string[] = [
  '/ /a ~ ~* * $1 $x , : X-A ( ) 308 200 GET gzip { } [ ] é https://x/ // \\ " %2e'.split(' '),
  ['\n', ' ', '\r', '\u0000', '- path: /a\n  set: {proxy-body-size: 1m}'],
].flat()
const WORDS = fc.constantFrom(...LIST)
const TEXTS = fc.oneof(
  fc.array(WORDS, { maxLength: 12 }).map((words) => words.join('')),
  fc.string({ unit: 'binary' }),
)

for (const [name, row] of Object.entries(INGRESS_ROWS)) {
  test(`any text is a value of ${name} that compiles, or is refused with words`, () => {
    fc.assert(
      fc.property(TEXTS, (written) => {
        const text = written.trim()
        if (text === '') return
        const draft: Draft = { ...NGINX_SETTINGS }
        const accepted = row.read(text, draft)
        if (accepted !== null) {
          assert.ok(accepted.length > 3)
          assert.deepEqual(draft, { ...NGINX_SETTINGS })
          return
        }
        const { filter, requestHeaders, responseHeaders } = settingsForPath(draft, '/a', 'Prefix').genkan
        const compiled = compileRequestFilter(filter)
        compiled.denialOf('/a/b', 'agent')
        assert.doesNotMatch(compiled.redirectOf('/a/b')?.location ?? '', /[\r\n]/)
        for (const edits of [requestHeaders, responseHeaders]) {
          const lines = edits === null ? '' : compileHeaderEdits(edits).lines
          assert.match(lines, /^(?:[!-9;-~]+: [\t\x20-\x7e]+\r\n)*$/)
        }
      }),
      { numRuns: 100 },
    )
  })
}
