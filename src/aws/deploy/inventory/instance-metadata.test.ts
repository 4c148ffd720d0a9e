import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { readVpcOfThisInstance } from './instance-metadata.ts'

async function withServer<T>(listener: RequestListener, use: (endpoint: string) => Promise<T>): Promise<T> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

/** As an instance answers, with this for the id of the VPC. */
function instance(vpcId: string): RequestListener {
  return (request, response) => {
    const { method, url, headers } = request
    if (method === 'PUT' && url === '/latest/api/token' && headers['x-aws-ec2-metadata-token-ttl-seconds'] === '60') {
      response.end('secret-token')
    } else if (headers['x-aws-ec2-metadata-token'] !== 'secret-token') {
      response.writeHead(401).end()
    } else if (url === '/latest/meta-data/mac') {
      response.end('02:29:96:8f:6a:2d')
    } else if (url === '/latest/meta-data/network/interfaces/macs/02:29:96:8f:6a:2d/vpc-id') {
      response.end(vpcId)
    } else response.writeHead(404).end()
  }
}

test('the instance tells its VPC to whoever has a token', async () => {
  assert.equal(await withServer(instance('vpc-0123456789abcdef0\n'), readVpcOfThisInstance), 'vpc-0123456789abcdef0')
})

test('what is no id of a VPC is not taken for one', async () => {
  assert.equal(await withServer(instance('<html>'), readVpcOfThisInstance), null)
})

test('a refusal, a silence and an address where nobody is are no VPC', { timeout: 30_000 }, async () => {
  assert.equal(await withServer((_, response) => response.writeHead(403).end(), readVpcOfThisInstance), null)
  assert.equal(await withServer(() => undefined, readVpcOfThisInstance), null)
  const gone = await withServer(instance('vpc-0123456789abcdef0'), (endpoint) => Promise.resolve(endpoint))
  assert.equal(await readVpcOfThisInstance(gone), null)
})
