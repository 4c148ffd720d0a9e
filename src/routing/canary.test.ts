import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AffinityConfig, backendFingerprint } from './affinity.ts'
import { type CanaryConfig, compileCanary } from './canary.ts'

const MAIN = 'shop/web:80'
const NEXT = 'shop/next:80'
const STICKY: AffinityConfig = { mode: 'balanced', cookie: { name: 'S', path: '/' } }

function choose(
  config: Partial<CanaryConfig>,
  { rawLines = '', draw = 0.5, affinity }: { rawLines?: string; draw?: number; affinity?: AffinityConfig } = {},
): boolean {
  const canary = compileCanary(
    { backendId: NEXT, weight: 0, weightTotal: 100, ...config },
    { backendId: MAIN, affinity },
    (id) => ({ id }),
  )
  assert.ok(canary !== null)
  return canary.choose({ rawLines, draw: () => draw }).isCanary
}

test('always and never in the header decide, other values do not', () => {
  const header = { name: 'X-Canary' }
  assert.equal(choose({ header }, { rawLines: 'x-canary: always\r\n' }), true)
  assert.equal(choose({ header, weight: 100 }, { rawLines: 'X-CANARY:never\r\n' }), false)
  assert.equal(choose({ header, weight: 100 }, { rawLines: 'X-Canary: perhaps\r\n' }), true)
  assert.equal(choose({ header }, { rawLines: 'X-Canary: perhaps\r\n' }), false)
})

test('with a value, only that value is the canary, and always and never mean nothing', () => {
  const header = { name: 'X-Canary', value: 'eu' }
  assert.equal(choose({ header }, { rawLines: 'X-Canary: eu\r\n' }), true)
  assert.equal(choose({ header }, { rawLines: 'X-Canary: europe\r\n' }), false)
  assert.equal(choose({ header }, { rawLines: 'X-Canary: always\r\n' }), false)
  assert.equal(choose({ header, weight: 100 }, { rawLines: 'X-Canary: never\r\n' }), true)
})

test('a value beyond ASCII is compared as its UTF-8 bytes', () => {
  const rawLines = `X-Canary: ${Buffer.from('é').toString('latin1')}\r\n`
  assert.equal(choose({ header: { name: 'X-Canary', value: 'é' } }, { rawLines }), true)
})

test('a pattern matches anywhere in the header; one that cannot run matches nothing', () => {
  const header = { name: 'X-Canary', pattern: 'de|fr' }
  assert.equal(choose({ header }, { rawLines: 'X-Canary: in-fr-1\r\n' }), true)
  assert.equal(choose({ header }, { rawLines: 'X-Canary: us\r\n' }), false)
  assert.equal(choose({ header }), false)
  assert.equal(choose({ header: { name: 'X', pattern: '(a)\\1' } }, { rawLines: 'X: aa\r\n' }), false)
})

test('the header is asked before the cookie, the cookie before the weight', () => {
  const both = { header: { name: 'X-Canary' }, cookie: 'next', weight: 100 }
  assert.equal(choose(both, { rawLines: 'X-Canary: never\r\nCookie: next=always\r\n' }), false)
  assert.equal(choose(both, { rawLines: 'Cookie: a=1; next=never\r\n' }), false)
  assert.equal(choose(both, { rawLines: 'Cookie: next=later\r\n' }), true)
  assert.equal(choose({ cookie: 'next' }, { rawLines: 'Cookie: next=always\r\n' }), true)
})

test('weight is a share of its total', () => {
  assert.equal(choose({ weight: 30 }, { draw: 0.299 }), true)
  assert.equal(choose({ weight: 30 }, { draw: 0.3 }), false)
  assert.equal(choose({ weight: 30, weightTotal: 1000 }, { draw: 0.03 }), false)
  assert.equal(choose({ weight: 0 }, { draw: 0 }), false)
  assert.equal(choose({ weight: 100 }, { draw: 0.999999 }), true)
})

test('an affinity cookie stays with the backend that gave it, whatever the header says', () => {
  const toMain = `Cookie: S=1.2.3|${backendFingerprint(MAIN)}\r\n`
  const toNext = `Cookie: S=1.2.3|${backendFingerprint(NEXT)}\r\n`
  const header = { name: 'X-Canary' }
  const config = { header, affinity: STICKY }
  assert.equal(choose(config, { rawLines: `${toMain}X-Canary: always\r\n`, affinity: STICKY }), false)
  assert.equal(choose(config, { rawLines: `${toNext}X-Canary: never\r\n`, affinity: STICKY }), true)
  const strange = `Cookie: S=1.2.3|${'0'.repeat(32)}\r\nX-Canary: always\r\n`
  assert.equal(choose(config, { rawLines: strange, affinity: STICKY }), true)
})

test('where the canary ignores the cookie, the rules are asked for each request', () => {
  const affinity = { ...STICKY, isIgnoredByCanary: true }
  const rawLines = `Cookie: S=1.2.3|${backendFingerprint(MAIN)}\r\nX-Canary: always\r\n`
  assert.equal(choose({ header: { name: 'X-Canary' } }, { rawLines, affinity }), true)
})
