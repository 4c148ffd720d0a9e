import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rewriteAnswer } from './answer-rewrites.ts'

const replace = (from: string, to: string) => ({ from, to })

test('a Location that begins with the text is put into the client’s terms', () => {
  const rewrites = { location: replace('http://internal:8080/', 'https://shop.example/app/') }
  assert.equal(
    rewriteAnswer(rewrites, 'A: http://internal:8080/\r\nlocation: http://internal:8080/x?y\r\n'),
    'A: http://internal:8080/\r\nlocation: https://shop.example/app/x?y\r\n',
  )
  assert.equal(rewriteAnswer(rewrites, 'Location: /x\r\n'), 'Location: /x\r\n')
  assert.equal(
    rewriteAnswer(rewrites, 'Refresh: 5; URL=http://internal:8080/x\r\n'),
    'Refresh: 5; URL=https://shop.example/app/x\r\n',
  )
})

test('a cookie keeps its value and what is not rewritten', () => {
  const rewrites = { cookieDomain: replace('internal.example', 'shop.example'), cookiePath: replace('/app', '') }
  assert.equal(
    rewriteAnswer(rewrites, 'Set-Cookie: Domain=internal.example; Domain=.Internal.Example; path=/app/x; Secure\r\n'),
    'Set-Cookie: Domain=internal.example; Domain=shop.example; path=/x; Secure\r\n',
  )
  const other = 'Set-Cookie: a=b; Domain=other.internal.example; Path=/\r\n'
  assert.equal(rewriteAnswer(rewrites, other), other)
})
