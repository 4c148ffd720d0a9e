import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BackendState, mergeBackendStates } from './backend-states.ts'

const state = (id: string, more: Partial<BackendState> = {}): BackendState => ({
  id,
  activeRequests: 1,
  waitingRequests: 2,
  refusedRequests: 3,
  refusedRetries: 4,
  endpoints: [],
  ...more,
})

test('states of all workers are added by backend and endpoint', () => {
  const endpoint = (name: string, unhealthyWorkers: number, share: number) => ({
    endpoint: name,
    unhealthyWorkers,
    ejectedWorkers: 1,
    share,
  })
  const merged = mergeBackendStates([
    [state('shop/web:80', { endpoints: [endpoint('a:80', 1, 1)] }), state('shop/api:80')],
    [state('shop/web:80', { endpoints: [endpoint('a:80', 0, 0.5), endpoint('b:80', 1, 1)] })],
  ])
  assert.deepEqual(merged, [
    state('shop/api:80'),
    {
      id: 'shop/web:80',
      activeRequests: 2,
      waitingRequests: 4,
      refusedRequests: 6,
      refusedRetries: 8,
      endpoints: [
        { endpoint: 'a:80', unhealthyWorkers: 1, ejectedWorkers: 2, share: 0.5 },
        { endpoint: 'b:80', unhealthyWorkers: 1, ejectedWorkers: 1, share: 1 },
      ],
    },
  ])
})

test('no workers have no states', () => {
  assert.deepEqual(mergeBackendStates([]), [])
})
