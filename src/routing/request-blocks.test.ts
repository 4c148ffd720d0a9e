import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BlockedFacts, compileBlocks, type RequestBlocks } from './request-blocks.ts'

const NOTHING: RequestBlocks = { addresses: [], userAgents: [], referers: [] }
const facts = (more: Partial<BlockedFacts>): BlockedFacts => ({
  clientAddress: '192.0.2.1',
  userAgent: '',
  referer: '',
  ...more,
})

test('addresses of both families are blocked by range', () => {
  const blocks = compileBlocks({ ...NOTHING, addresses: ['192.0.2.0/24', '2001:db8::/32'] })
  for (const clientAddress of ['192.0.2.200', '2001:db8:5::1']) {
    assert.match(blocks.reasonFor(facts({ clientAddress })) ?? '', /is blocked$/)
  }
  for (const clientAddress of ['198.51.100.1', '2001:db9::1']) {
    assert.equal(blocks.reasonFor(facts({ clientAddress })), null)
  }
})

test('a text is compared whole and in any case of letters, an expression matches anywhere', () => {
  const blocks = compileBlocks({
    ...NOTHING,
    userAgents: [
      { kind: 'text', text: 'BadClient/1.0' },
      { kind: 'regex', source: 'bot', caseInsensitive: true },
      { kind: 'regex', source: '^Curl/', caseInsensitive: false },
    ],
  })
  for (const userAgent of ['badclient/1.0', 'A RoBot b', 'Curl/8']) {
    assert.notEqual(blocks.reasonFor(facts({ userAgent })), null, userAgent)
  }
  for (const userAgent of ['', 'badclient/1.0 ', 'curl/8', 'a Curl/8']) {
    assert.equal(blocks.reasonFor(facts({ userAgent, referer: 'a bot' })), null, userAgent)
  }
})

test('padding a long text does not hide its beginning', () => {
  const blocks = compileBlocks({ ...NOTHING, referers: [{ kind: 'regex', source: 'spam', caseInsensitive: true }] })
  assert.notEqual(blocks.reasonFor(facts({ referer: `http://spam.example/${'a'.repeat(20_000)}` })), null)
  assert.equal(blocks.reasonFor(facts({ referer: `http://good.example/${'a'.repeat(20_000)}` })), null)
})

test('an expression that no dialect admits is not compiled', () => {
  const referers = [{ kind: 'regex', source: '(a)\\1', caseInsensitive: true }] as const
  assert.throws(() => compileBlocks({ ...NOTHING, referers }), /Cannot compile the expression/)
})
