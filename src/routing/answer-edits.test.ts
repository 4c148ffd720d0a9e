import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileAnswerEditor, editAnswer } from './answer-edits.ts'
import { compileHeaderEdits } from './header-edits.ts'

const HSTS = { strictTransportSecurity: 'max-age=1' }
const edits = (...set: { name: string; value: string }[]) => ({ set, add: [], remove: [] })

test('Strict-Transport-Security replaces the upstream’s, on TLS only', () => {
  const editor = compileAnswerEditor(HSTS, {})
  const lines = 'A: 1\r\nstrict-transport-security: max-age=0\r\nB: 2\r\n'
  assert.equal(editor.editsAnswers, true)
  assert.equal(editAnswer(editor, '', lines, 'https'), 'A: 1\r\nB: 2\r\nStrict-Transport-Security: max-age=1\r\n')
  assert.equal(editAnswer(editor, '', lines, 'http'), lines)
})

test('without a policy and without edits there is nothing to do', () => {
  assert.equal(compileAnswerEditor({}, {}).editsAnswers, false)
  assert.equal(compileAnswerEditor({ strictTransportSecurity: '' }, {}).editsAnswers, false)
})

test('a route says more than its host, whatever the case of names', () => {
  const host = { ...HSTS, responseHeaders: edits({ name: 'x-a', value: 'host' }, { name: 'X-B', value: 'host' }) }
  const editor = compileAnswerEditor(host, { responseHeaders: edits({ name: 'X-A', value: 'route' }) })
  assert.equal(editAnswer(editor, '', '', 'http'), 'X-B: host\r\nX-A: route\r\n')
})

test('a Strict-Transport-Security that is set by name beats the policy', () => {
  const host = { ...HSTS, responseHeaders: edits({ name: 'strict-transport-security', value: 'max-age=9' }) }
  assert.equal(editAnswer(compileAnswerEditor(host, {}), '', '', 'https'), 'strict-transport-security: max-age=9\r\n')
})

test('names with characters of expressions are taken literally', () => {
  const edit = compileHeaderEdits({ set: [], add: [], remove: ['x.y*'] })
  assert.equal(edit.touches('X.Y*: 1\r\n'), true)
  assert.equal(edit.touches('XaYY: 1\r\n'), false)
  assert.equal(edit.touches('A: x.y*: 1\r\n'), false)
})
