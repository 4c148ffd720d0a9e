import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { parseExplainBody } from './explain-body.ts'

test('headers may be given by name, repeated by list, or as lines', () => {
  const byName = parseExplainBody(
    '{"url":"http://a/","method":"POST","headers":{"A":"1","B":["2","3"]},"clientIp":"::1"}',
  )
  assert.deepEqual(byName, {
    value: { url: 'http://a/', method: 'POST', headers: ['A: 1', 'B: 2', 'B: 3'], clientIp: '::1' },
  })
  const asLines = parseExplainBody('{"url":"http://a/","headers":["A: 1"]}')
  assert.deepEqual(asLines, { value: { url: 'http://a/', headers: ['A: 1'] } })
})

test('fields that are left out or null are not passed on', () => {
  assert.deepEqual(parseExplainBody('{"url":"http://a/","method":null,"headers":null}'), {
    value: { url: 'http://a/', headers: [] },
  })
})

test('what is wrong is named, with the shape that would be accepted', () => {
  const wrong: Readonly<Record<string, RegExp>> = {
    '': /not JSON/,
    '[]': /not a JSON object/,
    '{}': /"url" is not text/,
    '{"url":"http://a/","metod":"GET"}': /"metod" is unknown/,
    '{"url":"http://a/","method":1}': /"method" is not text/,
    '{"url":"http://a/","clientIp":[]}': /"clientIp" is not text/,
    '{"url":"http://a/","headers":{"A":1}}': /"headers" holds/,
    '{"url":"http://a/","headers":[1]}': /"headers" holds/,
    '{"url":"http://a/","headers":"A: 1"}': /"headers" holds/,
  }
  for (const [body, message] of Object.entries(wrong)) {
    const result = parseExplainBody(body)
    assert.ok('error' in result, body)
    assert.match(result.error, message)
    assert.match(result.error, /send \{"url"/)
  }
})

test('no body makes the reader throw', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), (body) => {
      const result = parseExplainBody(body)
      assert.ok('error' in result || typeof result.value.url === 'string')
    }),
  )
})
