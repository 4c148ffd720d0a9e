import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { secretOf } from '../../kube/testing/plain-objects.ts'
import {
  decodeAuthUrl,
  decodeCacheDurations,
  decodeHeaderNames,
  decodeMethod,
  decodeObjectName,
  decodeParameterName,
  decodeRealm,
  decodeSigninUrl,
  decodeTemplate,
} from './auth-values.ts'
import { readUsers } from './htpasswd.ts'
import type { Decoder } from './values.ts'

test('values of authentication annotations are read, or refused', () => {
  const table: readonly (readonly [Decoder<unknown>, readonly string[], readonly string[]])[] = [
    [decodeObjectName, ['users', 'shop/users', 'a.b-c'], ['', '/users', 'a/b/c', 'Users', 'a b', '-a']],
    [decodeRealm, ['Staff only', 'off', 'スタッフ'], ['a"b', 'a\\b', 'a\tb', 'x'.repeat(201)]],
    [decodeAuthUrl, ['http://a', 'https://$host/x?y=$arg_z'], ['a', 'http://', 'http://$http_x/']],
    [
      decodeSigninUrl,
      ['https://a/b?rd=$escaped_request_uri'],
      ['/login', 'javascript:x', 'https://a b', 'https://$no'],
    ],
    [decodeTemplate, ['$host', 'a'], ['$no']],
    [decodeMethod, ['GET', 'POST'], ['get', 'CONNECT', 'BREW']],
    [decodeParameterName, ['rd', 'back_to'], ['', 'a b', 'a=b', 'a&b']],
    [decodeHeaderNames, ['X-User', 'X-A,  X-B,'], ['', ',', 'X User', 'Host', 'X-A, Content-Length', 'a:b']],
    [
      decodeCacheDurations,
      ['200 202 401 5m', '5m', '200 1h, 401 30s', '200 60'],
      ['', 'soon', '99 5m', '200 5x', '200 5m,'],
    ],
  ]
  for (const [decode, accepted, refused] of table) {
    for (const text of accepted) assert.equal(decode(text).ok, true, `${decode.name} ${text}`)
    for (const text of refused) assert.equal(decode(text).ok, false, `${decode.name} ${text}`)
  }
})

test('names are lower-cased once and durations are seconds', () => {
  assert.deepEqual(decodeHeaderNames('X-User, x-user, X-Mail'), { ok: true, value: ['x-user', 'x-mail'] })
  assert.deepEqual(decodeCacheDurations('200 202 2m, 401 1d, 10'), {
    ok: true,
    value: [
      { statuses: [200, 202], seconds: 120 },
      { statuses: [401], seconds: 86_400 },
      { statuses: [200, 301, 302], seconds: 10 },
    ],
  })
})

test('an htpasswd file is read line by line, and what it hides stays hidden', () => {
  const hash = '{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ='
  const file = `# remark\r\n\r\nann:${hash}:Ann\r\nbob:hunter2\nno colon\n:${hash}\n`
  assert.deepEqual(readUsers(secretOf('users', { auth: file }), 'auth-file'), {
    users: [{ name: 'ann', hash }],
    refused: [
      { key: 'auth', place: 'line 4', state: 'plain text' },
      { key: 'auth', place: 'line 5', state: 'missing: the line is not user:hash' },
      { key: 'auth', place: 'line 6', state: 'missing: the line is not user:hash' },
    ],
  })
  assert.equal(readUsers(secretOf('users', { users: file }), 'auth-file'), null)
  assert.deepEqual(readUsers(secretOf('users', { bob: 'hunter2', ann: `${hash}\n` }), 'auth-map'), {
    users: [{ name: 'ann', hash }],
    refused: [{ key: 'bob', place: 'key bob', state: 'plain text' }],
  })
})

test('no text of a Secret ever appears in what is said about it', () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[A-Z0-9]{8,20}$/),
      fc.constantFrom('', '$1$', '{X}', '$2y$99$'),
      (secret, prefix) => {
        const list = readUsers(secretOf('users', { auth: `ann:${prefix}${secret}\n` }), 'auth-file')
        assert.equal(list?.users.length, 0)
        assert.ok(!JSON.stringify(list).includes(secret))
      },
    ),
  )
})
