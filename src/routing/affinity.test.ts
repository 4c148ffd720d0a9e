import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type AffinityConfig, type AffinityCookie, formatAffinityCookie, readAffinityKey } from './affinity.ts'
import { rejectsSameSiteNone } from './same-site.ts'

const FINGERPRINT = 'f'.repeat(32)
const FACTS = { scheme: 'http', userAgent: '', nowMs: Date.parse('2026-11-21T00:00:00Z') } as const

function config(more: Partial<AffinityCookie> = {}): AffinityConfig {
  return { mode: 'balanced', cookie: { name: 'INGRESSCOOKIE', path: '/', ...more } }
}

test('a cookie that was given is read back', () => {
  const line = formatAffinityCookie(config(), '1700000000000.42.0a1b', FINGERPRINT, FACTS)
  assert.equal(line, `Set-Cookie: INGRESSCOOKIE=1700000000000.42.0a1b|${FINGERPRINT}; Path=/; HttpOnly\r\n`)
  const sent = `Cookie: a=b; ${line.slice(12, line.indexOf(';'))}\r\n`
  assert.equal(readAffinityKey(config(), sent, FINGERPRINT), '1700000000000.42.0a1b')
})

test('every attribute that is asked for is written', () => {
  const all = { domain: 'shop.example', expiresSeconds: 60, maxAgeSeconds: -1, path: '/cart', sameSite: 'Lax' } as const
  assert.equal(
    formatAffinityCookie(config(all), 'k', FINGERPRINT, FACTS),
    `Set-Cookie: INGRESSCOOKIE=k|${FINGERPRINT}; Expires=Sat, 21 Nov 2026 00:01:00 GMT; Max-Age=-1; ` +
      'Domain=shop.example; Path=/cart; HttpOnly; SameSite=Lax\r\n',
  )
})

test('cookies are Secure over https, and everywhere when told so', () => {
  assert.match(formatAffinityCookie(config(), 'k', FINGERPRINT, { ...FACTS, scheme: 'https' }), /; Secure; HttpOnly/)
  assert.match(formatAffinityCookie(config({ isSecure: true }), 'k', FINGERPRINT, FACTS), /; Secure; HttpOnly/)
  assert.doesNotMatch(formatAffinityCookie(config(), 'k', FINGERPRINT, FACTS), /Secure/)
})

test('SameSite=None is kept from browsers that mistake it, where that is asked for', () => {
  const userAgent =
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/60.0.1.2 Safari/537.36'
  const facts = { ...FACTS, userAgent }
  const careful = config({ sameSite: 'None', omitsSameSiteNone: true })
  assert.doesNotMatch(formatAffinityCookie(careful, 'k', FINGERPRINT, facts), /SameSite/)
  assert.match(formatAffinityCookie(careful, 'k', FINGERPRINT, FACTS), /SameSite=None/)
  assert.match(formatAffinityCookie(config({ sameSite: 'None' }), 'k', FINGERPRINT, facts), /SameSite=None/)
})

test('garbled cookies and those of another backend are as good as none', () => {
  for (const value of [
    '',
    'k',
    '|',
    `|${FINGERPRINT}`,
    `k|${'e'.repeat(32)}`,
    `k|k|${FINGERPRINT}`,
    `a b|${FINGERPRINT}`,
  ]) {
    assert.equal(readAffinityKey(config(), `Cookie: INGRESSCOOKIE=${value}\r\n`, FINGERPRINT), null, value)
  }
  const long = `Cookie: INGRESSCOOKIE=${'k'.repeat(65)}|${FINGERPRINT}\r\n`
  assert.equal(readAffinityKey(config(), long, FINGERPRINT), null)
})

test('whatever a client sends as cookies, only a well-formed key comes out', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const lines = `Cookie: ${text}\r\ncookie: INGRESSCOOKIE=${text}|${FINGERPRINT}\r\n`
      const key = readAffinityKey(config(), lines, FINGERPRINT)
      assert.ok(key === null || /^[\w.-]{1,64}$/.test(key))
    }),
  )
})

const BROWSERS: readonly (readonly [boolean, string, string])[] = [
  [
    true,
    'iOS 12',
    '(iPhone; CPU iPhone OS 12_4 like Mac OS X) AppleWebKit/605.1 (KHTML, like Gecko) Version/12.1 Safari/604',
  ],
  [
    false,
    'iOS 13',
    '(iPhone; CPU iPhone OS 13_1 like Mac OS X) AppleWebKit/605.1 (KHTML, like Gecko) Version/13.0 Safari/604',
  ],
  [
    true,
    'Safari on macOS 10.14',
    '(Macintosh; Intel Mac OS X 10_14_6) AppleWebKit/605.1 (KHTML, like Gecko) Version/12.1 Safari/605',
  ],
  [true, 'a view on macOS 10.14', '(Macintosh; Intel Mac OS X 10_14_6) AppleWebKit/605.1 (KHTML, like Gecko)'],
  [
    false,
    'Chrome on macOS 10.14',
    '(Macintosh; Intel Mac OS X 10_14_6) AppleWebKit/537 (KHTML, like Gecko) Chrome/80.0.1 Safari/537',
  ],
  [
    false,
    'Safari on macOS 10.15',
    '(Macintosh; Intel Mac OS X 10_15) AppleWebKit/605.1 (KHTML, like Gecko) Version/13.0 Safari/605',
  ],
  [true, 'Chrome 51', '(X11; Linux) AppleWebKit/537 (KHTML, like Gecko) Chrome/51.0.1 Safari/537'],
  [true, 'Chrome 66', '(X11; Linux) AppleWebKit/537 (KHTML, like Gecko) Chrome/66.0.1 Safari/537'],
  [false, 'Chrome 67', '(X11; Linux) AppleWebKit/537 (KHTML, like Gecko) Chrome/67.0.1 Safari/537'],
  [
    true,
    'UC Browser 12.13.1',
    '(Linux; U; Android) AppleWebKit/537 (KHTML, like Gecko) Chrome/40.0.1 UCBrowser/12.13.1.1 Mobile',
  ],
  [
    false,
    'UC Browser 12.13.2',
    '(Linux; U; Android) AppleWebKit/537 (KHTML, like Gecko) Chrome/57.0.1 UCBrowser/12.13.2.1 Mobile',
  ],
]
for (const [rejects, name, text] of BROWSERS) {
  test(`${name} ${rejects ? 'mistakes' : 'understands'} SameSite=None`, () => {
    assert.equal(rejectsSameSiteNone(`Mozilla/5.0 ${text}`), rejects)
  })
}
