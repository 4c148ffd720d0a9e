import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatBackendMetrics } from './backend-exposition.ts'

test('an endpoint is healthy when no worker leaves it out', () => {
  const endpoint = { unhealthyWorkers: 0, ejectedWorkers: 0, share: 1 }
  const text = formatBackendMetrics(
    [
      {
        id: 'shop/web:80',
        activeRequests: 1,
        waitingRequests: 0,
        refusedRequests: 7,
        refusedRetries: 2,
        endpoints: [
          { ...endpoint, endpoint: '192.0.2.1:80' },
          { ...endpoint, endpoint: '192.0.2.2:80', unhealthyWorkers: 1 },
          { ...endpoint, endpoint: '192.0.2.3:80', ejectedWorkers: 1 },
        ],
      },
    ],
    { pod: 'p' },
  )
  const lines = text.split('\n').filter((line) => !line.startsWith('#') && line !== '')
  assert.deepEqual(lines, [
    'genkan_upstream_healthy{pod="p",backend="shop/web:80",endpoint="192.0.2.1:80"} 1',
    'genkan_upstream_healthy{pod="p",backend="shop/web:80",endpoint="192.0.2.2:80"} 0',
    'genkan_upstream_healthy{pod="p",backend="shop/web:80",endpoint="192.0.2.3:80"} 0',
    'genkan_upstream_refused_requests_total{pod="p",backend="shop/web:80"} 7',
    'genkan_upstream_refused_retries_total{pod="p",backend="shop/web:80"} 2',
  ])
})

test('without states there is nothing to say', () => {
  assert.equal(formatBackendMetrics([], {}), '')
})
