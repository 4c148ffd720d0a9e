import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLog, type LogFormat } from './log-lines.ts'

const AT = new Date('2026-11-21T08:13:00.250Z')

function lines(format: LogFormat, ...messages: readonly string[]): readonly string[] {
  const written: string[] = []
  const log = createLog(
    format,
    (line) => written.push(line),
    () => AT,
  )
  for (const message of messages) log('warning', message)
  return written
}

test('text lines are the message alone', () => {
  assert.deepEqual(lines('text', 'one', 'two'), ['one\n', 'two\n'])
})

test('JSON lines have time, level and message, in this order', () => {
  assert.deepEqual(lines('json', 'He said "no"'), [
    '{"time":"2026-11-21T08:13:00.250Z","level":"warning","message":"He said \\"no\\""}\n',
  ])
})

test('a message is one line in both, whatever users wrote into it', () => {
  const message = 'a\nb\u2028c\u001b[31m'
  for (const format of ['text', 'json'] as const) {
    const [line = ''] = lines(format, message)
    assert.match(line, /^[ -~]+\n$/)
  }
  assert.equal((JSON.parse(lines('json', message)[0] ?? '') as { readonly message: string }).message, message)
})
