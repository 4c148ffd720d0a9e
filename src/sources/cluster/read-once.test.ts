import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { ApiTransport } from './api-transport.ts'
import { fixedCredentials } from './cluster-access.ts'
import { readClusterOnce } from './read-once.ts'
import { IP_ADDRESS_POOLS } from './resource.ts'

const access = {
  isInsecure: false,
  credentials: fixedCredentials({ authorization: '' }),
  namespace: 'a',
  from: 'test',
}

/** Kinds that could not be read of a server that refuses every list and knows these group versions. */
async function unreadKinds(context: TestContext, served: readonly string[]): Promise<readonly string[]> {
  const server = createServer(({ url = '' }, response) => {
    const isKnown = url === '/version' || served.some((version) => url === `/apis/${version}`)
    response.statusCode = isKnown ? 200 : url.includes('ipaddresspools') ? 403 : 404
    response.end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const transport = new ApiTransport({ ...access, server: `http://127.0.0.1:${port}` }, 'test')
  context.after(() => {
    transport.close()
    server.closeAllConnections()
    server.close()
  })
  const reading = await readClusterOnce({ transport, namespaces: [], resources: [IP_ADDRESS_POOLS] })
  return reading.unreadKinds.map(({ resource }) => resource.kind)
}

test('a kind that nobody installed is not missed where its objects may not be listed', async (context) => {
  assert.deepEqual(await unreadKinds(context, []), [])
})

test('a kind that is installed and may not be listed is told', async (context) => {
  assert.deepEqual(await unreadKinds(context, ['metallb.io/v1beta1']), ['IPAddressPool'])
})
