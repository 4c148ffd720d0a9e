import assert from 'node:assert/strict'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { createTemporaryFolder } from '../../../test/support/temporary-folder.ts'
import type { Credentials } from './cluster-access.ts'
import { execCredentials } from './exec-credentials.ts'

function running(script: string, patienceMs?: number): Credentials & Disposable & { runs(): number } {
  const folder = createTemporaryFolder()
  const log = folder.file('log')
  const file = folder.file('login')
  appendFileSync(log, '')
  writeFileSync(file, `#!/bin/sh\necho run >> ${log}\n${script}\n`, { mode: 0o755 })
  const plugin = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: file,
    args: [],
    env: {},
    installHint: 'get it',
  }
  const credentials = execCredentials(plugin, patienceMs)
  return {
    ...credentials,
    runs: () => readFileSync(log, 'utf8').split('\n').length - 1,
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  }
}

const answer = (status: object): string => `cat <<'END'\n${JSON.stringify({ status })}\nEND`

test('a program is run once for requests at the same time, and again after a refusal of what it gave', async () => {
  using plugin = running(answer({ token: 'a' }))
  const [first] = await Promise.all([plugin.next(), plugin.next()])
  assert.deepEqual(first, { authorization: 'Bearer a' })
  assert.equal(plugin.runs(), 1)
  plugin.refused({ authorization: 'Bearer older' })
  await plugin.next()
  assert.equal(plugin.runs(), 1)
  plugin.refused(first)
  await plugin.next()
  assert.equal(plugin.runs(), 2)
})

test('credentials are asked for anew shortly before they expire', async () => {
  using soon = running(answer({ token: 'a', expirationTimestamp: new Date(Date.now() + 20_000).toISOString() }))
  await soon.next()
  await soon.next()
  assert.equal(soon.runs(), 2)
  using later = running(answer({ token: 'a', expirationTimestamp: new Date(Date.now() + 60_000).toISOString() }))
  await later.next()
  await later.next()
  assert.equal(later.runs(), 1)
})

test('client certificates are taken', async () => {
  using plugin = running(answer({ clientCertificateData: 'C', clientKeyData: 'K' }))
  assert.deepEqual(await plugin.next(), { authorization: '', certificatePem: 'C', keyPem: 'K' })
})

test('the program is told what it is asked for', async () => {
  using plugin = running('echo "$KUBERNETES_EXEC_INFO" >&2; exit 3')
  await assert.rejects(
    plugin.next(),
    /ended with 3: \{"apiVersion":"client\.authentication\.k8s\.io\/v1","kind":"ExecCredential"/,
  )
})

test('answers of no use say why', async () => {
  using noJson = running('echo hello')
  await assert.rejects(noJson.next(), /it is not JSON$/)
  using empty = running(answer({}))
  await assert.rejects(empty.next(), /status has neither token nor clientCertificateData$/)
})

test('a program that is not there says how to get it', async () => {
  const plugin = { apiVersion: '', command: '/nowhere/login', args: [], env: {}, installHint: 'get it' }
  await assert.rejects(execCredentials(plugin).next(), /^AccessError: Cannot run \/nowhere\/login .*; get it$/)
})

test('a program that hangs is ended, also when a child of it holds its output open', async () => {
  using plugin = running("trap '' TERM\nsleep 30 & sleep 30", 100)
  const beganMs = performance.now()
  await assert.rejects(plugin.next(), /gives no answer in 100 ms; run it by hand to see why$/)
  assert.ok(performance.now() - beganMs < 20_000)
})

test('a program that never stops to talk is ended', async () => {
  using plugin = running('exec yes')
  await assert.rejects(plugin.next(), /gives more than 1 MiB/)
})
