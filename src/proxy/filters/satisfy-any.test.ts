import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Gate, type GateVerdict, PASS } from '../../routing/gate.ts'
import type { BasicAuthConfig, SatisfyAnyConfig } from '../../routing/gate-config.ts'
import { gateRequest } from '../../routing/testing/gate-request.ts'
import { createSatisfyAnyGate } from './satisfy-any.ts'

const BASIC: BasicAuthConfig = { kind: 'basic-auth', realm: '', users: [] }

function refusal(status: number, responseLines = ''): GateVerdict {
  return { kind: 'refuse', status, contentType: '', body: '', responseLines }
}

function gateSaying(verdict: GateVerdict): Gate {
  return { description: '', check: () => Promise.resolve(verdict), release: null }
}

function ask(addresses: SatisfyAnyConfig['addresses'], clientAddress: string, said: readonly GateVerdict[]) {
  const config: SatisfyAnyConfig = { kind: 'satisfy-any', addresses, gates: said.map(() => BASIC) }
  return createSatisfyAnyGate(config, said.map(gateSaying)).check(gateRequest({ clientAddress }))
}

const ALLOWED = { deny: [], allow: ['192.0.2.0/24'] }

test('an allowed address passes without a question, and its password does not go upstream', async () => {
  const verdict = await ask(ALLOWED, '192.0.2.7', [refusal(401)])
  assert.ok(verdict.kind === 'pass')
  assert.deepEqual(verdict.removedRequestHeaders, ['authorization'])
})

test('another address passes with any one of the gates', async () => {
  assert.equal((await ask(ALLOWED, '198.51.100.1', [refusal(401), PASS])).kind, 'pass')
  assert.equal((await ask(ALLOWED, '198.51.100.1', [PASS, refusal(401)])).kind, 'pass')
})

test('a list that only denies lets nobody in by itself', async () => {
  assert.equal((await ask({ deny: ['192.0.2.1'], allow: [] }, '192.0.2.7', [refusal(401)])).kind, 'refuse')
})

test('of several refusals the one that asks for credentials is sent, and challenges add up', async () => {
  const status = async (...said: readonly GateVerdict[]): Promise<readonly [number, string]> => {
    const verdict = await ask(ALLOWED, '198.51.100.1', said)
    assert.ok(verdict.kind === 'refuse')
    return [verdict.status, verdict.responseLines]
  }
  assert.deepEqual(await status(), [403, ''])
  assert.deepEqual(await status(refusal(401, 'a'), refusal(403)), [401, 'a'])
  assert.deepEqual(await status(refusal(401, 'a'), refusal(401, 'b')), [401, 'ab'])
  assert.deepEqual(await status(refusal(401, 'a'), refusal(302, 'Location')), [302, 'Location'])
})

test('a gate that could not be asked ends the matter', async () => {
  const verdict = await ask(ALLOWED, '198.51.100.1', [refusal(500), PASS])
  assert.ok(verdict.kind === 'refuse')
  assert.equal(verdict.status, 500)
})
