import assert from 'node:assert/strict'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { ApiTransport } from './api-transport.ts'
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
