/** Credentials as pods on EKS get them, from the SDK's own chain: nothing is configured but what EKS puts into the pod. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { AwsError } from '../aws-api.ts'
import { openAws } from './open-aws.ts'

const TOKEN = 'token-that-kubernetes-signed'
const EXPIRES = '2099-01-01T00:00:00Z'

/** Everything that the chain looks at is away, so that the machine's own settings say nothing. */
const CHAIN = /^AWS_/

function withEnvironment(context: TestContext, variables: Readonly<Record<string, string>>): void {
  const before = { ...process.env }
  for (const name of Object.keys(process.env)) if (CHAIN.test(name)) delete process.env[name]
  // Neither a profile of the machine nor its metadata service.
  Object.assign(process.env, {
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: join(tmpdir(), 'no-such-config'),
    AWS_SHARED_CREDENTIALS_FILE: join(tmpdir(), 'no-such-credentials'),
    ...variables,
  })
  context.after(() => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name]
    Object.assign(process.env, before)
  })
}

function writeToken(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'genkan-token-'))
  context.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'token')
  writeFileSync(file, TOKEN)
  return file
}

async function serve(
  context: TestContext,
  answer: (request: IncomingMessage, body: string) => { readonly type: string; readonly body: string },
): Promise<string> {
  const server: Server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (part: string) => (body += part))
    request.on('end', () => {
      const { type, body: text } = answer(request, body)
      response.writeHead(200, { 'content-type': type }).end(text)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Calls AWS once and returns who signed. */
async function readSigner(context: TestContext): Promise<string> {
  let authorization = ''
  const endpoint = await serve(context, (request) => {
    authorization = request.headers.authorization ?? ''
    const result = '<DescribeLoadBalancersResult><LoadBalancers/></DescribeLoadBalancersResult>'
    return { type: 'text/xml', body: `<DescribeLoadBalancersResponse>${result}</DescribeLoadBalancersResponse>` }
  })
  const aws = await openAws({ region: 'eu-central-1', endpoint })
  try {
    await aws.call('elbv2:DescribeLoadBalancers', {})
  } finally {
    aws.close()
  }
  return /Credential=([^/]+)/.exec(authorization)?.[1] ?? ''
}

test('a role for the service account (IRSA) signs', async (t) => {
  let asked = ''
  const sts = await serve(t, (_, body) => {
    asked = body
    const credentials = `<Credentials><AccessKeyId>ASIAFROMIRSA</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${EXPIRES}</Expiration></Credentials>`
    const result = `<AssumeRoleWithWebIdentityResult>${credentials}</AssumeRoleWithWebIdentityResult>`
    return {
      type: 'text/xml',
      body: `<AssumeRoleWithWebIdentityResponse>${result}</AssumeRoleWithWebIdentityResponse>`,
    }
  })
  withEnvironment(t, {
    AWS_REGION: 'eu-central-1',
    AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/genkan',
    AWS_WEB_IDENTITY_TOKEN_FILE: writeToken(t),
    AWS_ENDPOINT_URL_STS: sts,
  })
  assert.equal(await readSigner(t), 'ASIAFROMIRSA')
  assert.ok(asked.includes(TOKEN) && asked.includes(encodeURIComponent('arn:aws:iam::123456789012:role/genkan')))
})

test('EKS Pod Identity signs', async (t) => {
  let asked = ''
  const agent = await serve(t, (request) => {
    asked = request.headers.authorization ?? ''
    const body = JSON.stringify({ AccessKeyId: 'ASIAFROMPOD', SecretAccessKey: 's', Token: 't', Expiration: EXPIRES })
    return { type: 'application/json', body }
  })
  withEnvironment(t, {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${agent}/v1/credentials`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: writeToken(t),
  })
  assert.equal(await readSigner(t), 'ASIAFROMPOD')
  assert.equal(asked, TOKEN)
})

test('keys in the environment sign', async (t) => {
  withEnvironment(t, { AWS_ACCESS_KEY_ID: 'AKIAFROMENV', AWS_SECRET_ACCESS_KEY: 's' })
  assert.equal(await readSigner(t), 'AKIAFROMENV')
})

test('without credentials the error says where they may come from', async (t) => {
  withEnvironment(t, {})
  await assert.rejects(readSigner(t), (error) => {
    assert.ok(error instanceof AwsError)
    assert.equal(error.code, 'NoCredentials')
    assert.match(error.message, /IRSA, Pod Identity/)
    return true
  })
})
