import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AuthFailures } from './auth-failures.ts'

test('a service that fails is told once a minute, with how often it failed meanwhile', () => {
  const lines: string[] = []
  let nowMs = 0
  const failures = new AuthFailures(
    (line) => lines.push(line),
    () => nowMs,
  )
  failures.note('http://a/', 'at a:80 gave no answer')
  failures.note('http://a/', 'at a:80 gave no answer')
  failures.note('http://b/', 'answered 302; accepted are 2xx, 401 and 403')
  nowMs = 59_999
  failures.note('http://a/', 'at a:80 gave no answer')
  assert.deepEqual(lines, [
    'Cannot let a request pass by http://a/: the authentication service at a:80 gave no answer; it is answered 500',
    'Cannot let a request pass by http://b/: the authentication service answered 302; accepted are 2xx, 401 and 403; it is answered 500',
  ])
  nowMs = 60_000
  failures.note('http://a/', 'at a:80 gave no answer')
  assert.match(lines[2] ?? '', /answered 500 \(and 2 more since the last message\)$/)
})
