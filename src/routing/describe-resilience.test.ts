import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeResilience } from './describe-resilience.ts'
import type { Backend } from './model.ts'

const BACKEND: Backend = {
  id: 'shop/web:80',
  upstreamName: 'shop-web-80',
  target: { kind: 'endpoints', endpoints: [{ address: '192.0.2.1', port: 80, pod: '' }] },
}

test('of a backend without checks and limits there is nothing to say', () => {
  assert.deepEqual(describeResilience(BACKEND, {}), [])
})

test('each feature is one sentence', () => {
  const backend: Backend = {
    ...BACKEND,
    target: { kind: 'endpoints', endpoints: [{ address: '192.0.2.1', port: 80, pod: '', weight: 0 }] },
    slowStartMs: 30_000,
    limits: { maxRequests: 100, maxConnections: 10 },
    healthCheck: {
      protocol: 'http',
      path: '/healthz',
      host: '',
      port: 0,
      intervalMs: 10_000,
      timeoutMs: 2000,
      healthyThreshold: 2,
      unhealthyThreshold: 3,
      expectedStatuses: [],
    },
  }
  assert.deepEqual(
    describeResilience(backend, { perTryTimeoutMs: 500, requestTimeoutMs: 2500 }).map(
      ({ name, effect }) => `${name}: ${effect}`,
    ),
    [
      'limits: each worker has at most 100 requests and 10 connections here, else 503',
      'health checks: each worker asks for /healthz every 10 s; endpoints that fail 3 in a row are left out',
      'slow start: new endpoints have their whole share after 30 s',
      'weights: 1 of the endpoints have less than a whole share',
      'timeout of a try: 500 ms until the head of the answer',
      'timeout: 2.5 s for all tries and the whole answer, else 504',
    ],
  )
})
