import assert from 'node:assert/strict'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { ApiError, ApiTransport } from './api-transport.ts'
import { fixedCredentials } from './cluster-access.ts'
import { OnDemand } from './on-demand.ts'
import { CONFIG_MAPS } from './resource.ts'

test('of a thing that changes while it is read, the last version is what stays', async () => {
  const waiting: ServerResponse[] = []
  let arrived = Promise.withResolvers<void>()
  const server = createServer((_, response) => {
    waiting.push(response)
    arrived.resolve()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const access = {
    isInsecure: false,
    credentials: fixedCredentials({ authorization: '' }),
    namespace: 'a',
    from: 'test',
  }
  const transport = new ApiTransport({ ...access, server: `http://127.0.0.1:${port}` }, 'test')
  const stopped = new AbortController()
  const events = { changed: () => undefined, problem: (message: string) => assert.fail(message) }
  const maps = new OnDemand(CONFIG_MAPS, transport, events, stopped.signal)
  const at = (resourceVersion: string) => ({ metadata: { name: 'm', namespace: 'a', resourceVersion } })
  const answer = (version: string): void => {
    arrived = Promise.withResolvers()
    waiting.shift()?.end(JSON.stringify({ ...at(version), data: { version } }))
  }
  const settled = maps.settled.bind(maps)
  maps.set('a/m', at('1'))
  assert.equal(maps.want(new Set(['a/m', 'a/missing'])), false)
  await arrived.promise
  maps.set('a/m', at('2'))
  answer('1')
  await arrived.promise
  answer('2')
  await settled()
  const read = maps.store.get('a/m')
  assert.ok(read?.kind === 'ConfigMap')
  assert.deepEqual(read.data, { version: '2' })
  assert.equal(maps.want(new Set(['a/m'])), true)
  maps.set('a/m', at('3'))
  await arrived.promise
  maps.delete('a/m')
  answer('3')
  await settled()
  assert.equal(maps.store.size, 0, 'it went while it was read')
  stopped.abort()
  transport.close()
  server.closeAllConnections()
  server.close()
})

test('whoever was told that not all is here is told when it is, also when nothing of it changed', async () => {
  const waiting: ((answer: unknown) => void)[] = []
  const transport = {
    json: <T>(): Promise<T> => new Promise((resolve) => waiting.push((answer) => resolve(answer as T))),
  }
  let changes = 0
  let completions = 0
  let told = Promise.withResolvers<void>()
  const events = {
    changed: () => changes++,
    complete: () => {
      completions++
      told.resolve()
    },
    problem: (message: string) => assert.fail(message),
  }
  const maps = new OnDemand(CONFIG_MAPS, transport, events, new AbortController().signal)
  const at = (resourceVersion: string) => ({ metadata: { name: 'm', namespace: 'a', resourceVersion } })
  const answer = (version: string): void => waiting.shift()?.({ ...at(version), data: { key: 'same' } })
  const keys = new Set(['a/m'])
  maps.set('a/m', at('1'))
  assert.equal(maps.want(keys), false)
  // Another look meanwhile: what is on its way is not asked for again.
  assert.equal(maps.want(keys), false)
  assert.equal(waiting.length, 1)
  answer('1')
  await told.promise
  assert.equal(waiting.length, 0)
  assert.equal(maps.want(keys), true)
  // Somebody writes it as it was.
  told = Promise.withResolvers()
  maps.set('a/m', at('2'))
  assert.equal(maps.want(keys), false)
  answer('2')
  await told.promise
  assert.equal(maps.want(keys), true)
  // The contents are newer than the list of names: they are not read again and again.
  told = Promise.withResolvers()
  maps.set('a/m', at('3'))
  assert.equal(maps.want(keys), false)
  answer('4')
  await told.promise
  assert.equal(maps.want(keys), true)
  assert.deepEqual({ changes, completions, waiting: waiting.length }, { changes: 1, completions: 3, waiting: 0 })
})

test('what was deleted before it was read is not waited for', async () => {
  const told = Promise.withResolvers<void>()
  const events = {
    changed: () => undefined,
    complete: told.resolve,
    problem: (message: string) => assert.fail(message),
  }
  const transport = { json: () => Promise.reject(new ApiError(404, 'NotFound', 'gone', 0)) }
  const maps = new OnDemand(CONFIG_MAPS, transport, events, new AbortController().signal)
  maps.set('a/m', { metadata: { name: 'm', namespace: 'a', resourceVersion: '1' } })
  assert.equal(maps.want(new Set(['a/m'])), false)
  await told.promise
  assert.equal(maps.want(new Set(['a/m'])), true)
  assert.equal(maps.store.size, 0)
})
