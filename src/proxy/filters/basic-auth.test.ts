import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GateRequest, GateVerdict } from '../../routing/gate.ts'
import { gateRequest } from '../../routing/testing/gate-request.ts'
import type { BasicAuthConfig } from '../../routing/gate-config.ts'
import { startFixture } from '../testing/proxy-fixture.ts'
import { sendRaw } from '../testing/raw-client.ts'
import { answering, startRawUpstream } from '../testing/raw-upstream.ts'
import { createBasicAuthGate } from './basic-auth.ts'
import { CredentialCache } from './basic-auth-cache.ts'
import { readCredentials } from './basic-auth-credentials.ts'
import { PasswordWorkers } from './basic-auth-workers.ts'
import { PasswordChecker } from './password-checker.ts'

/** `secret` */
const HASH = '{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ='
/** `secret`, 1000 rounds of SHA-512 */
const SLOW = '$6$rounds=1000$abc$MqEcPZUYRGGcOeq7PhMpfjfu/F0HrVEI0OlZBijWvO8mSG77iNUDP5MqFceKpJTBc8iITVtNyLiNTRNCxv6oh0'
const CONFIG: BasicAuthConfig = { kind: 'basic-auth', realm: 'Staff', users: [{ name: 'ann', hash: HASH }] }

function credentials(text: string | Buffer): string {
  return `Authorization: Basic ${Buffer.from(text).toString('base64')}\r\n`
}

const requestWith = (rawLines: string): GateRequest => gateRequest({ rawLines })

test('credentials are read as RFC 7617 has them', () => {
  const read = (lines: string): readonly [string, string] | null => {
    const found = readCredentials(lines)
    return found === null ? null : [found.user, found.password.toString('utf8')]
  }
  assert.deepEqual(read(credentials('ann:secret')), ['ann', 'secret'])
  assert.deepEqual(read(credentials('ann:with:colons')), ['ann', 'with:colons'])
  assert.deepEqual(read(credentials('änn:pässword')), ['änn', 'pässword'])
  assert.deepEqual(read(credentials(':')), ['', ''])
  assert.deepEqual(read('authorization:  bAsIc YTpi\r\n'), ['a', 'b'])
  const refused = [
    '',
    'Authorization: Basic\r\n',
    'Authorization: Basic YTpi YTpi\r\n',
    'Authorization: Basic !\r\n',
    'Authorization: Bearer YTpi\r\n',
    'X-Authorization: Basic YTpi\r\n',
    credentials('no colon'),
    credentials('ann:a\0b'),
    credentials('ann:a\nb'),
    credentials(`ann:${'x'.repeat(1021)}`),
    credentials('ann:secret') + credentials('ann:secret'),
  ]
  for (const lines of refused) assert.equal(read(lines), null, lines)
})

test('a realm is quoted and can never end its line', async () => {
  const gate = createBasicAuthGate({ ...CONFIG, realm: 'a"b\\c\r\nX: y' }, new PasswordChecker())
  const verdict = await gate.check(requestWith(''))
  assert.ok(verdict.kind === 'refuse')
  assert.equal(verdict.responseLines, 'WWW-Authenticate: Basic realm="a\\"b\\\\cX: y"\r\n')
})

test('through the proxy: the password opens, stays here, and its user is logged', async () => {
  await using upstream = await startRawUpstream(answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))
  await using proxy = await startFixture({ upstreams: [upstream.port], route: { gates: [CONFIG] } })
  const send = (lines: string): Promise<string> =>
    sendRaw(proxy.port, `GET / HTTP/1.1\r\nHost: a\r\n${lines}Connection: close\r\n\r\n`)
  assert.match(
    await send(''),
    /^HTTP\/1\.1 401 [\s\S]*WWW-Authenticate: Basic realm="Staff"\r\n[\s\S]*401 Authorization Required\n$/,
  )
  assert.match(await send(credentials('ann:wrong')), /^HTTP\/1\.1 401 /)
  assert.equal(upstream.received(), '')
  assert.match(await send(credentials('ann:secret')), /^HTTP\/1\.1 200 /)
  assert.doesNotMatch(upstream.received(), /authorization/i)
  await proxy.recordCount(3)
  assert.deepEqual(
    proxy.records.map(({ status, remoteUser }) => [status, remoteUser]),
    [
      [401, ''],
      [401, 'ann'],
      [200, 'ann'],
    ],
  )
})

test('parallel requests with one password compute it once and get the same answer', async () => {
  const passwords = new PasswordChecker()
  const gate = createBasicAuthGate({ ...CONFIG, users: [{ name: 'ann', hash: SLOW }] }, passwords)
  const request = requestWith(credentials('ann:secret'))
  const pending = [gate.check(request), gate.check(request)]
  assert.ok(pending.every((verdict) => verdict instanceof Promise))
  assert.deepEqual(
    (await Promise.all(pending)).map(({ kind }) => kind),
    ['pass', 'pass'],
  )
  assert.equal((gate.check(request) as GateVerdict).kind, 'pass', 'remembered')
  await passwords.close()
})

test('a hash that changed forgets the old password', async () => {
  const passwords = new PasswordChecker()
  const request = requestWith(credentials('ann:secret'))
  assert.equal((await createBasicAuthGate(CONFIG, passwords).check(request)).kind, 'pass')
  const changed = { ...CONFIG, users: [{ name: 'ann', hash: '{SHA}AAAAAAAAAAAAAAAAAAAAAAAAAAA=' }] }
  assert.equal((await createBasicAuthGate(changed, passwords).check(request)).kind, 'refuse')
  await passwords.close()
})

test('a user who does not exist is refused although the hash that stands in would match', async () => {
  const passwords = new PasswordChecker()
  const gate = createBasicAuthGate(CONFIG, passwords)
  const request = requestWith(credentials('zoe:secret'))
  for (let i = 0; i < 2; i++) {
    const verdict = await gate.check(request)
    assert.ok(verdict.kind === 'refuse')
    assert.equal(verdict.status, 401)
  }
  await passwords.close()
})

test('guesses that flood one gate keep nobody from another', async () => {
  const passwords = new PasswordChecker()
  const flooded = createBasicAuthGate(CONFIG, passwords)
  const verdicts = Array.from({ length: 70 }, (_, i) => flooded.check(requestWith(credentials(`ann:guess${i}`))))
  const last = verdicts.at(-1)
  assert.ok(last !== undefined && !(last instanceof Promise) && last.kind === 'refuse')
  assert.equal(last.status, 503)
  assert.match(last.responseLines, /^Retry-After: 1\r\n$/)
  const other = createBasicAuthGate({ ...CONFIG, realm: 'Other' }, passwords)
  assert.equal((await other.check(requestWith(credentials('ann:secret')))).kind, 'pass')
  await passwords.close()
  for (const verdict of verdicts) await verdict
})

test('when too many passwords wait, nobody can say', async () => {
  const workers = new PasswordWorkers()
  const outcomes = Array.from({ length: 300 }, () => workers.verify(HASH, Buffer.from('secret')))
  assert.equal(await outcomes[299], null)
  await workers.close()
  const settled = await Promise.all(outcomes)
  assert.ok(settled.every((outcome) => outcome === null || outcome))
})

test('remembered credentials expire, wrong ones sooner', () => {
  let nowMs = 0
  const cache = new CredentialCache(() => nowMs)
  const right = cache.keyOf('ann', HASH, Buffer.from('secret'))
  const wrong = cache.keyOf('ann', HASH, Buffer.from('wrong'))
  assert.notEqual(right, wrong)
  assert.notEqual(cache.keyOf('ab', 'c', Buffer.from('d')), cache.keyOf('a', 'bc', Buffer.from('d')))
  assert.notEqual(new CredentialCache().keyOf('ann', HASH, Buffer.from('secret')), right, 'keys are per process')
  cache.remember(right, true)
  cache.remember(wrong, false)
  assert.deepEqual([cache.find(right), cache.find(wrong)], [true, false])
  nowMs = 10_001
  assert.deepEqual([cache.find(right), cache.find(wrong)], [true, undefined])
  nowMs = 300_001
  assert.equal(cache.find(right), undefined)
})
