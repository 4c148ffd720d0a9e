import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError, type ApiRequest } from '../../sources/cluster/api-transport.ts'
import { createOwnTargets } from './own-targets.ts'

/** ConfigMaps of one namespace. */
function fakeApi() {
  const stored = new Map<string, unknown>()
  return {
    stored,
    json<T>({ method = 'GET', path, body }: ApiRequest): Promise<T> {
      const name = path.split('/').at(-1) ?? ''
      if (method === 'POST') stored.set((body as { metadata: { name: string } }).metadata.name, body)
      else if (!stored.has(name)) return Promise.reject(new ApiError(404, 'NotFound', 'not found', 0))
      else if (method === 'PUT') stored.set(name, body)
      const answer = stored.get(name)
      if (method === 'DELETE') stored.delete(name)
      return Promise.resolve(answer as T)
    },
  }
}

test('what is saved is loaded by the next process, for each target group alone', async () => {
  const api = fakeApi()
  const first = createOwnTargets(api, 'genkan')
  assert.deepEqual(await first.load('arn:a'), [])
  await first.save('arn:a', ['10.0.0.1:80'])
  await first.save('arn:a', ['10.0.0.1:80', '10.0.0.2:80'])
  await first.save('arn:b', ['10.0.0.3:80'])
  const second = createOwnTargets(api, 'genkan')
  assert.deepEqual(await second.load('arn:a'), ['10.0.0.1:80', '10.0.0.2:80'])
  assert.deepEqual(await second.load('arn:b'), ['10.0.0.3:80'])
})

test('a group in which nothing is ours leaves no ConfigMap behind', async () => {
  const api = fakeApi()
  const own = createOwnTargets(api, 'genkan')
  await own.save('arn:a', ['10.0.0.1:80'])
  await own.save('arn:a', [])
  await own.save('arn:a', [])
  assert.equal(api.stored.size, 0)
})

test('what somebody wrote there is not taken for an empty list', async () => {
  const api = fakeApi()
  const own = createOwnTargets(api, 'genkan')
  await own.save('arn:a', ['10.0.0.1:80'])
  for (const name of api.stored.keys()) api.stored.set(name, { data: { 'targets.json': '{}' } })
  await assert.rejects(own.load('arn:a'), /Cannot tell which targets of arn:a are ours/)
})
