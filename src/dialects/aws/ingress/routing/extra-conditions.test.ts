import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkConditions } from '../../../annotations/alb-conditions.ts'
import { type ExtraConditions, NO_EXTRAS, parseExtraConditions } from './extra-conditions.ts'

function read(json: unknown): ExtraConditions {
  assert.equal(checkConditions(json), null)
  const parsed = parseExtraConditions(json)
  assert.ok(parsed.ok)
  return parsed.value
}

test('each field is read into its own place', () => {
  const json = [
    { field: 'host-header', hostHeaderConfig: { values: ['a.example.com'] } },
    { field: 'host-header', hostHeaderConfig: { regexValues: ['^b'] } },
    { field: 'path-pattern', pathPatternConfig: { values: ['/a', '/b'] } },
    { field: 'path-pattern', pathPatternConfig: { regexValues: ['^/c'] } },
    { field: 'http-header', httpHeaderConfig: { httpHeaderName: 'X-Env', values: ['beta'] } },
    { field: 'http-header', httpHeaderConfig: { httpHeaderName: 'X-Env', regexValues: ['^g'] } },
    { field: 'http-request-method', httpRequestMethodConfig: { values: ['GET', 'HEAD'] } },
    { field: 'query-string', queryStringConfig: { values: [{ key: 'v', value: '1' }, { value: 'x' }] } },
    { field: 'source-ip', sourceIPConfig: { values: ['192.0.2.0/24', '2001:db8::/32'] } },
  ]
  assert.deepEqual(read(json), {
    hosts: ['a.example.com'],
    hostRegexes: ['^b'],
    paths: ['/a', '/b'],
    pathRegexes: ['^/c'],
    others: [
      { field: 'http-header', name: 'X-Env', values: ['beta'] },
      { field: 'http-header', name: 'X-Env', regexValues: ['^g'] },
      { field: 'http-request-method', values: ['GET', 'HEAD'] },
      {
        field: 'query-string',
        values: [
          { key: 'v', value: '1' },
          { key: '', value: 'x' },
        ],
      },
      { field: 'source-ip', values: ['192.0.2.0/24', '2001:db8::/32'] },
    ],
  })
})

test('keys match in any case, and numbers are texts', () => {
  const json = [
    { Field: 'query-string', QueryStringConfig: { Values: [{ Key: 'version', Value: 2 }] } },
    { FIELD: 'http-header', HTTPHEADERCONFIG: { HttpHeaderName: 'X-Year', Values: [2026] } },
  ]
  assert.deepEqual(read(json), {
    ...NO_EXTRAS,
    others: [
      { field: 'query-string', values: [{ key: 'version', value: '2' }] },
      { field: 'http-header', name: 'X-Year', values: ['2026'] },
    ],
  })
})

const WRONG: readonly [string, unknown, RegExp][] = [
  ['a value that is no text', { field: 'host-header', hostHeaderConfig: { values: [{}] } }, /no text/],
  ['an empty value', { field: 'path-pattern', pathPatternConfig: { values: [''] } }, /no text/],
  [
    'a header name with a space',
    { field: 'http-header', httpHeaderConfig: { httpHeaderName: 'X Env', values: ['a'] } },
    /header name/,
  ],
  [
    'a long header name',
    { field: 'http-header', httpHeaderConfig: { httpHeaderName: 'x'.repeat(41), values: ['a'] } },
    /40/,
  ],
  [
    'the header Host',
    { field: 'http-header', httpHeaderConfig: { httpHeaderName: 'Host', values: ['a'] } },
    /host-header/,
  ],
  [
    'a method in small letters',
    { field: 'http-request-method', httpRequestMethodConfig: { values: ['get'] } },
    /capitals/,
  ],
  ['a source that is no range', { field: 'source-ip', sourceIPConfig: { values: ['everybody'] } }, /range/],
  ['a source without a length', { field: 'source-ip', sourceIPConfig: { values: ['192.0.2.1'] } }, /range/],
  [
    'a query string without a value',
    { field: 'query-string', queryStringConfig: { values: [{ key: 'a' }] } },
    /"value"/,
  ],
  ['a query string that is a text', { field: 'query-string', queryStringConfig: { values: ['a=b'] } }, /"value"/],
]

for (const [name, entry, problem] of WRONG) {
  test(`${name} is refused by entry`, () => {
    const good = { field: 'http-request-method', httpRequestMethodConfig: { values: ['PUT'] } }
    const fields = [entry as { field: string }]
    const json = fields[0]?.field === 'http-request-method' ? fields : [good, ...fields]
    const parsed = parseExtraConditions(json)
    assert.ok(!parsed.ok)
    assert.match(parsed.problem, problem)
    assert.match(parsed.problem, new RegExp(`^entry ${json.length} `))
  })
}

test('a second condition on the method or the source is refused', () => {
  const method = { field: 'http-request-method', httpRequestMethodConfig: { values: ['PUT'] } }
  const source = { field: 'source-ip', sourceIPConfig: { values: ['192.0.2.0/24'] } }
  assert.ok(!parseExtraConditions([method, source, method]).ok)
  assert.ok(!parseExtraConditions([source, source]).ok)
})
