import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkValue, isCidr, parseBool, splitList } from './check-value.ts'
import {
  ARN,
  BOOL,
  CIDR_LIST,
  DURATION,
  HOST,
  int,
  MAP,
  OBJECT,
  oneOf,
  oneOfAnyCase,
  PATH,
  PORT,
  PORT_OR_NAME,
  SIZE,
  URL_TEXT,
  type ValueType,
  words,
} from './vocabulary.ts'

/** Name, type, accepted texts, refused texts. */
const CASES: readonly (readonly [string, ValueType, readonly string[], readonly string[]])[] = [
  ['boolean', BOOL, ['true', 'T', '1', 'False', '0'], ['yes', 'on', '', 'tRuE', '2']],
  ['whole number', int(), ['0', '60', '2147483647'], ['60s', '-1', '1.5', '', '2147483648', '1e3', '0x10']],
  ['bounded number', int(-5, 5), ['-5', '+5'], ['6', '-6']],
  ['size', SIZE, ['8m', '0', '16K', '1g'], ['8mb', '-1m', 'm', '8 m', '']],
  ['word', oneOf('internal', 'internet-facing'), ['internal'], ['Internal', 'public', '']],
  ['word in any case', oneOfAnyCase('GRPC'), ['grpc', 'GRPC'], ['gprc']],
  ['words', words('error', 'timeout'), ['error timeout', 'error'], ['errors', '']],
  ['map', MAP, ['a=b', 'a=b, c=d', 'a=b\\,c', 'a='], ['a', '=b', 'a=b,c', '']],
  ['ARN', ARN, ['arn:aws:acm:eu-west-1:123456789012:certificate/abc'], ['certificate/abc', 'arn:aws:acm', '']],
  ['duration', DURATION, ['30s', '1m30s', '1.5h', 'infinity', '0'], ['30', 's', '', '30 s']],
  ['port', PORT, ['1', '65535'], ['0', '65536', 'http', '']],
  ['port or name', PORT_OR_NAME, ['traffic-port', '8080', 'http'], ['70000', 'a b', '']],
  ['address ranges', CIDR_LIST, ['10.0.0.0/8', '10.0.0.1, fd00::/8'], ['10.0.0.0/33', '10.0.0', '', 'all']],
  ['URL', URL_TEXT, ['http://a', 'HTTPS://a/b?c'], ['/a', 'ftp://a', 'a.example']],
  ['host', HOST, ['a.example.com', 'a:8080'], ['http://a', 'a b']],
  ['path', PATH, ['/', '/a'], ['a', '']],
  ['object', OBJECT, ['secret', 'ns/secret'], ['a/b/c', 'A', '']],
]

for (const [name, type, accepted, refused] of CASES) {
  test(`a ${name} is accepted in its forms and nothing else`, () => {
    for (const text of accepted) assert.equal(checkValue(type, text), null, text)
    for (const text of refused) assert.match(checkValue(type, text) ?? 'accepted', /; |is not a host name/, text)
  })
}

test('a refused word is met with the nearest one', () => {
  assert.match(checkValue(oneOf('nlb', 'external'), 'exernal') ?? '', /did you mean "external"/)
})

test('a boolean is what Go takes for one', () => {
  assert.equal(parseBool('TRUE'), true)
  assert.equal(parseBool('f'), false)
  assert.equal(parseBool('off'), null)
})

test('a list drops empty entries', () => {
  assert.deepEqual(splitList(' a, ,b,'), ['a', 'b'])
})

test('an address range is of one family and its length fits', () => {
  for (const text of ['1.2.3.4', '1.2.3.4/32', '::1', '::/0']) assert.equal(isCidr(text), true, text)
  for (const text of ['1.2.3.4/33', '::/129', '1.2.3.4/', '1.2.3/8', '1.2.3.4/8/8', 'x/8', '']) {
    assert.equal(isCidr(text), false, text)
  }
})
