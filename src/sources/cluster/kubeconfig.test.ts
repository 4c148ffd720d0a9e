import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { test } from 'node:test'
import { createTemporaryFolder, type TemporaryFolder } from '../../../test/support/temporary-folder.ts'
import { AccessError, type ClusterAccess, type RequestCredentials } from './cluster-access.ts'
import { kubeconfigFiles, readKubeconfig } from './kubeconfig.ts'

interface Parts {
  readonly cluster?: object
  readonly user?: object
  readonly current?: string
}

function write(folder: TemporaryFolder, name: string, { cluster, user, current = 'one' }: Parts): string {
  const file = folder.file(name)
  const config = {
    'current-context': current,
    clusters: [{ name: 'c', cluster: { server: 'https://api.example:6443/', ...cluster } }],
    users: [{ name: 'u', user: user ?? {} }],
    contexts: [
      { name: 'one', context: { cluster: 'c', user: 'u', namespace: 'team' } },
      { name: 'nobody', context: { cluster: 'c' } },
      { name: 'lost', context: { cluster: 'missing', user: 'u' } },
    ],
  }
  writeFileSync(file, JSON.stringify(config))
  return file
}

async function read(parts: Parts, context = ''): Promise<ClusterAccess> {
  using folder = createTemporaryFolder()
  return await readKubeconfig([write(folder, 'config', parts)], context)
}

async function credentials(user: object): Promise<RequestCredentials> {
  return await (await read({ user })).credentials.next()
}

async function complaint(parts: Parts, context = ''): Promise<string> {
  const error: unknown = await read(parts, context).catch((reason: unknown) => reason)
  assert.ok(error instanceof AccessError, String(error))
  return error.message
}

test('the flag comes before the variable, which comes before the home folder', () => {
  const KUBECONFIG = ['a', '', 'b'].join(delimiter)
  assert.deepEqual(kubeconfigFiles('mine', { KUBECONFIG }), ['mine'])
  assert.deepEqual(kubeconfigFiles('', { KUBECONFIG }), ['a', 'b'])
  assert.deepEqual(kubeconfigFiles('', {}), [join(homedir(), '.kube', 'config')])
})

test('the current context says the server without its slash, the namespace and the user', async () => {
  const access = await read({ user: { token: 't' } })
  assert.equal(access.server, 'https://api.example:6443')
  assert.equal(access.namespace, 'team')
  assert.equal(access.isInsecure, false)
  assert.deepEqual(await access.credentials.next(), { authorization: 'Bearer t' })
})

test('a context without a user sends nothing and means the namespace default', async () => {
  const access = await read({ user: { token: 't' } }, 'nobody')
  assert.equal(access.namespace, 'default')
  assert.deepEqual(await access.credentials.next(), { authorization: '' })
})

test('the first of several files to say a thing wins, and missing and empty ones are passed over', async () => {
  using folder = createTemporaryFolder()
  const first = folder.file('first')
  writeFileSync(first, 'current-context: nobody\nusers: [{ name: u, user: { token: first } }]\n')
  writeFileSync(folder.file('empty'), '')
  const second = write(folder, 'second', { user: { token: 'second' } })
  const files = [folder.file('missing'), folder.file('empty'), first, second]
  assert.match((await readKubeconfig(files, '')).from, /^context nobody of /)
  assert.equal((await (await readKubeconfig(files, 'one')).credentials.next()).authorization, 'Bearer first')
})

test('certificates are inline or in files, whose paths are relative to their kubeconfig', async () => {
  using folder = createTemporaryFolder()
  mkdirSync(folder.file('pki'))
  writeFileSync(folder.file('pki/ca.crt'), 'AUTHORITY')
  writeFileSync(folder.file('pki/me.key'), 'KEY')
  const file = write(folder, 'config', {
    cluster: { 'certificate-authority': 'pki/ca.crt', 'tls-server-name': 'inside', 'insecure-skip-tls-verify': true },
    user: {
      'client-certificate-data': Buffer.from('CERT').toString('base64'),
      'client-key': 'pki/me.key',
      username: 'me',
      password: 'päss',
    },
  })
  const access = await readKubeconfig([file], '')
  assert.equal(access.authorityPem, 'AUTHORITY')
  assert.equal(access.serverName, 'inside')
  assert.equal(access.isInsecure, true)
  assert.deepEqual(await access.credentials.next(), {
    authorization: `Basic ${Buffer.from('me:päss').toString('base64')}`,
    certificatePem: 'CERT',
    keyPem: 'KEY',
  })
})

test('a token file is relative too, wins over a token, and goes with a client certificate', async () => {
  using folder = createTemporaryFolder()
  writeFileSync(folder.file('token'), 'from-file\n')
  const pem = Buffer.from('PEM').toString('base64')
  const user = { tokenFile: 'token', token: 'other', 'client-certificate-data': pem, 'client-key-data': pem }
  const access = await readKubeconfig([write(folder, 'config', { user })], '')
  assert.deepEqual(await access.credentials.next(), {
    authorization: 'Bearer from-file',
    certificatePem: 'PEM',
    keyPem: 'PEM',
  })
})

test('a program beside the kubeconfig is run for credentials', async () => {
  using folder = createTemporaryFolder()
  const script = '#!/bin/sh\necho "{\\"status\\":{\\"token\\":\\"$WHO-$1\\"}}"\n'
  writeFileSync(folder.file('login'), script, { mode: 0o755 })
  const exec = { command: './login', args: ['arg'], env: [{ name: 'WHO', value: 'me' }] }
  const access = await readKubeconfig([write(folder, 'config', { user: { exec } })], '')
  assert.equal((await access.credentials.next()).authorization, 'Bearer me-arg')
})

test('what is missing is said by its name, with what there is', async () => {
  assert.match(await complaint({ current: '' }), /it has no current-context; name one with --context$/)
  assert.match(await complaint({}, 'two'), /it has no context "two"; it has one, nobody, lost$/)
  assert.match(await complaint({}, 'lost'), /it has no cluster "missing"; it has c$/)
  assert.match(await complaint({ cluster: { server: 'api:6443' } }), /server is "api:6443"; write https:\/\/host:port$/)
  assert.match(
    await complaint({ cluster: { 'certificate-authority': 'no.crt' } }),
    /^Cannot read certificate-authority no.crt: ENOENT/,
  )
  const half = { 'client-certificate-data': Buffer.from('CERT').toString('base64') }
  assert.match(await complaint({ user: half }), /user u of .* client-certificate without client-key; give both$/)
})

test('files that are no kubeconfig are refused by their names', async () => {
  using folder = createTemporaryFolder()
  writeFileSync(folder.file('list'), '- 1\n')
  writeFileSync(folder.file('broken'), '{ a: [\n')
  await assert.rejects(readKubeconfig([folder.file('none')], ''), /Cannot read a kubeconfig: ENOENT.*--kubeconfig$/s)
  await assert.rejects(readKubeconfig([folder.file('list')], ''), /list: it is no kubeconfig$/)
  await assert.rejects(readKubeconfig([folder.file('broken')], ''), AccessError)
})

test('a user without anything sends nothing', async () => {
  assert.deepEqual(await credentials({}), { authorization: '' })
})
