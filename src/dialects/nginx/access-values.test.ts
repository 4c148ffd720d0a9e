import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileAddressPolicy } from '../../routing/address-policy.ts'
import { compileCors } from '../../routing/cors.ts'
import { compileBlocks, type RequestBlocks } from '../../routing/request-blocks.ts'
import { OPEN_ACCESS } from '../ingress/access-settings.ts'
import { decodeRanges } from './addresses.ts'
import { BLOCK_CONFIG_ROWS, NO_BLOCKS } from './blocks.ts'
import { isCorsOrigin } from './cors.ts'

test('lists of ranges are read with spaces and a final comma, and nothing else', () => {
  assert.deepEqual(decodeRanges(' 10.0.0.1/8 ,2001:db8::1,'), { ok: true, value: ['10.0.0.1/8', '2001:db8::1'] })
  for (const text of [
    '',
    ',',
    '10.0.0.0/33',
    '10.0.0',
    '2001:db8::/129',
    'host.example',
    '10.0.0.0/8 10.1.0.0/8',
    '::1/',
  ]) {
    assert.equal(decodeRanges(text).ok, false, text)
  }
})

test('whatever is read as ranges can be compiled', () => {
  const part = fc.oneof(fc.ipV4(), fc.ipV4Extended(), fc.ipV6(), fc.string({ maxLength: 8 }))
  const entry = fc.tuple(part, fc.integer({ min: -1, max: 130 })).map(([address, bits]) => `${address}/${bits}`)
  fc.assert(
    fc.property(fc.array(fc.oneof(part, entry), { maxLength: 4 }), (entries) => {
      const decoded = decodeRanges(entries.join(','))
      if (decoded.ok) compileAddressPolicy({ deny: decoded.value, allow: decoded.value }).admits('192.0.2.1')
    }),
  )
})

test('origins have a scheme and a host, at most one wildcard label, and no path', () => {
  for (const text of [
    '*',
    'null',
    'https://a.test',
    'HTTP://A.test:8080',
    'https://*.a.test',
    'https://192.0.2.1',
    'https://[2001:db8::1]:8443',
    'http://localhost:3000',
    'capacitor://localhost',
  ]) {
    assert.equal(isCorsOrigin(text), true, text)
  }
  for (const text of [
    '',
    'a.test',
    'https://',
    'https://a.test/',
    'https://a.test/x',
    'https://*',
    'https://*a.test',
    'https://a.*.test',
    'https://*.*.test',
    'https://a.test:x',
    'https://a..test',
    'https://a.test ',
    'https://a.test\r\nX: y',
    '*.a.test',
    '.*',
  ]) {
    assert.equal(isCorsOrigin(text), false, text)
  }
})

test('whatever is read as an origin is let in as itself, and nobody else', () => {
  const label = fc.stringMatching(/^[a-z0-9]{1,8}$/)
  const origin = fc
    .tuple(label, fc.array(label, { minLength: 1, maxLength: 3 }), fc.option(fc.nat(65_535)))
    .map(([scheme, labels, port]) => `x${scheme}://${labels.join('.')}${port === null ? '' : `:${port}`}`)
  fc.assert(
    fc.property(origin, fc.stringMatching(/^[a-z./:-]{1,4}$/), (text, noise) => {
      assert.equal(isCorsOrigin(text), true)
      const cors = compileCors({ ...OPEN_ACCESS.cors.policy, allowOrigins: [text] })
      assert.notEqual(cors.preflightLines(text), null)
      assert.equal(cors.preflightLines(noise + text), null)
      assert.equal(cors.preflightLines(text + noise), null)
    }),
  )
})

function readAgents(text: string): RequestBlocks | string {
  const draft = { blocks: NO_BLOCKS }
  return BLOCK_CONFIG_ROWS['block-user-agents']?.(text, draft) ?? draft.blocks
}

test('blocked texts are plain or expressions, as in a map of nginx', () => {
  const blocks = readAgents('a b, ~^c ,~*d,\\~e,')
  assert.deepEqual(typeof blocks === 'string' ? blocks : blocks.userAgents, [
    { kind: 'text', text: 'a b' },
    { kind: 'regex', source: '^c', caseInsensitive: false },
    { kind: 'regex', source: 'd', caseInsensitive: true },
    { kind: 'text', text: '~e' },
  ])
})

test('expressions that are empty, broken or not linear are refused', () => {
  for (const text of ['~', 'a,~*', '~(', '~(a)\\1', '~(?=a)']) assert.equal(typeof readAgents(text), 'string', text)
})

test('whatever is read as blocks can be compiled', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 20 }), (text) => {
      const blocks = readAgents(text)
      if (typeof blocks !== 'string') compileBlocks(blocks)
    }),
  )
})
