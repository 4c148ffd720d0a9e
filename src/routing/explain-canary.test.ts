import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CanaryConfig } from './canary.ts'
import { DEFAULT_SETTINGS, NOT_FOUND_NGINX } from './defaults.ts'
import { createExplainTable, explain, type Explanation } from './explain.ts'
import { parseExplainRequest } from './explain-request.ts'
import type { RoutingModel } from './model.ts'
import { forwardRoute, hostWith } from './testing/forward-route.ts'

const CANARY: CanaryConfig = {
  backendId: 'shop/next:80',
  header: { name: 'X-Canary' },
  weight: 10,
  weightTotal: 100,
}

function ask(headers: readonly string[], isUp = true, path = '/'): Explanation {
  const endpoints = [{ address: '192.0.2.1', port: 80, pod: 'p' }]
  const model: RoutingModel = {
    routes: {
      hosts: [hostWith('a.example', forwardRoute({}, { canary: CANARY }))],
      fallback: { notFound: NOT_FOUND_NGINX },
    },
    backends: [
      { id: 'shop/web:80', upstreamName: 'shop-web-80', target: { kind: 'endpoints', endpoints } },
      {
        id: 'shop/next:80',
        upstreamName: 'shop-next-80',
        target: { kind: 'endpoints', endpoints: isUp ? endpoints : [] },
      },
    ],
    certificates: { certificates: [], bySni: [], defaultCertificateId: '' },
    settings: DEFAULT_SETTINGS,
  }
  const request = parseExplainRequest({ url: `http://a.example${path}`, headers })
  assert.ok('value' in request)
  return explain(createExplainTable(model), request.value)
}

test('a header that decides is named, and the canary is the service', () => {
  const { outcome, phases } = ask(['X-Canary: always'])
  assert.equal(outcome.service, 'shop/next:80')
  assert.deepEqual(phases, [{ name: 'canary', effect: 'the header X-Canary is always: to shop/next:80' }])
})

test('where chance decides, the share is named', () => {
  const { outcome, phases } = ask([])
  assert.equal(outcome.service, 'shop/web:80')
  assert.deepEqual(phases, [{ name: 'canary', effect: '10 of 100 requests go there by weight: not this one' }])
})

test('a canary without endpoints is named as the reason', () => {
  const { outcome, phases } = ask(['X-Canary: always'], false)
  assert.equal(outcome.service, 'shop/web:80')
  assert.deepEqual(phases, [{ name: 'canary', effect: 'shop/next:80 has no ready endpoint' }])
})

test('header lines of the question are not part of the answer', () => {
  assert.ok(!('rawLines' in ask(['Cookie: secret=1']).request))
})

test('a path that no host is asked for says why', () => {
  for (const path of ['/../x', '/a%zz', '/a%00']) {
    const { outcome, phases } = ask([], true, path)
    assert.equal(outcome.status, 400)
    assert.deepEqual(phases, [{ name: 'path', effect: 'it leads above /, or has a broken or zero escape (%)' }])
  }
})
