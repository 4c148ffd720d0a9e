import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { AwsError } from '../aws-api.ts'
import { openAws } from './open-aws.ts'

const SECRET = 'wJalrXUtnFEMI-not-a-real-key'
const TOKEN = 'session-token-that-nobody-may-see'

test('codes are those of AWS, without "Exception", from every kind of API', async () => {
  const xml = (code: string): string =>
    `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>text</Message></Error><RequestId>1</RequestId></ErrorResponse>`
  const ec2 = `<Response><Errors><Error><Code>InvalidGroup.NotFound</Code><Message>text</Message></Error></Errors><RequestID>1</RequestID></Response>`
  const json = `{"__type":"com.amazonaws#WAFUnavailableEntityException","message":"text"}`
  assert.equal(await codeOf(400, xml('ListenerNotFound'), 'elbv2:DescribeListeners'), 'ListenerNotFound')
  assert.equal(await codeOf(400, xml('SomethingOfTomorrow'), 'elbv2:DescribeListeners'), 'SomethingOfTomorrow')
  assert.equal(await codeOf(400, xml('LoadBalancerNotFound'), 'elb:DescribeLoadBalancers'), 'LoadBalancerNotFound')
  assert.equal(await codeOf(400, ec2, 'ec2:DescribeSecurityGroups'), 'InvalidGroup.NotFound')
  assert.equal(await codeOf(400, json, 'wafv2:ListWebACLs'), 'WAFUnavailableEntity')
})

test('an answer that is no AWS answer is unparsable, with its status', async () => {
  const error = await errorOf(500, '<!doctype html><title>oops</title><p>', 'elbv2:DescribeTrustStores')
  assert.equal(error.code, 'Unparsable')
  assert.equal(error.status, 500)
  assert.equal((await errorOf(500, '<!doctype html>', 'shield:GetSubscriptionState')).code, 'Unparsable')
})

test('nothing that signs a request is in an error, however it is printed', async () => {
  const text = `The signature does not match.\n\nThe Canonical String was 'POST\nx-amz-security-token:${TOKEN}'`
  const body = `<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>${text}</Message></Error></ErrorResponse>`
  const error = await errorOf(403, body, 'elbv2:DescribeTags')
  assert.equal(error.code, 'SignatureDoesNotMatch')
  const printed = `${inspect(error, { depth: 10, showHidden: true })}${error.stack}${JSON.stringify(error)}`
  assert.ok(!printed.includes(TOKEN) && !printed.includes(SECRET))
})

test('a refusal by EC2 is said without the part that nobody can read', async () => {
  const text = `You are not authorized to perform this operation. Encoded authorization failure message: ${'x'.repeat(3000)}`
  const body = `<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>${text}</Message></Error></Errors></Response>`
  const error = await errorOf(403, body, 'ec2:DescribeSecurityGroups')
  assert.equal(error.message, 'You are not authorized to perform this operation.')
})

test('a closed port is unreachable', async () => {
  const server = await serve(200, '')
  const endpoint = endpointOf(server)
  server.close()
  await once(server, 'close')
  assert.equal((await call(endpoint, 'elbv2:DescribeTags')).code, 'Unreachable')
})

test('a call that is given up says so', async () => {
  const server = createServer(() => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = new AbortController()
  server.once('request', () => stop.abort())
  try {
    assert.equal((await call(endpointOf(server), 'elbv2:DescribeTags', stop.signal)).code, 'Aborted')
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

test('a region is needed', async () => {
  await assert.rejects(openAws({ region: '' }), /no region is given/)
})

type Read =
  | 'elbv2:DescribeListeners'
  | 'elbv2:DescribeTags'
  | 'elbv2:DescribeTrustStores'
  | 'elb:DescribeLoadBalancers'
  | 'ec2:DescribeSecurityGroups'
  | 'wafv2:ListWebACLs'
  | 'shield:GetSubscriptionState'

async function codeOf(status: number, body: string, action: Read): Promise<string> {
  return (await errorOf(status, body, action)).code
}

async function errorOf(status: number, body: string, action: Read): Promise<AwsError> {
  const server = await serve(status, body)
  try {
    return await call(endpointOf(server), action)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

async function call(endpoint: string, action: Read, signal?: AbortSignal): Promise<AwsError> {
  const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: SECRET, sessionToken: TOKEN }
  const aws = await openAws({ region: 'eu-central-1', endpoint, credentials })
  try {
    await aws.call(action, action === 'elbv2:DescribeTags' ? { ResourceArns: ['arn'] } : ({} as never), signal)
  } catch (error) {
    assert.ok(error instanceof AwsError)
    return error
  } finally {
    aws.close()
  }
  throw new Error(`${action} was answered`)
}

async function serve(status: number, body: string): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume()
    response.writeHead(status, { 'content-type': 'text/xml' }).end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

function endpointOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
