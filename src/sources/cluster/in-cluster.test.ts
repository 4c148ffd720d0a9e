import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { createTemporaryFolder } from '../../../test/support/temporary-folder.ts'
import { isInCluster, readInClusterAccess } from './in-cluster.ts'

const ENV = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' }

test('a pod finds its server, authority, token and namespace', async () => {
  using folder = createTemporaryFolder()
  writeFileSync(folder.file('ca.crt'), 'AUTHORITY')
  writeFileSync(folder.file('token'), 'secret\n')
  writeFileSync(folder.file('namespace'), 'ingress\n')
  const access = await readInClusterAccess(ENV, folder.path)
  assert.equal(access.server, 'https://[fd00::1]:6443')
  assert.equal(access.authorityPem, 'AUTHORITY')
  assert.equal(access.namespace, 'ingress')
  assert.equal((await access.credentials.next()).authorization, 'Bearer secret')
  rmSync(folder.file('namespace'))
  assert.equal((await readInClusterAccess(ENV, folder.path)).namespace, 'default')
})

test('missing parts are named', async () => {
  using folder = createTemporaryFolder()
  await assert.rejects(readInClusterAccess(ENV, folder.path), /ca\.crt: ENOENT.*automountServiceAccountToken off\?$/s)
  await assert.rejects(readInClusterAccess({}, folder.path), /this is no pod; name a kubeconfig with --kubeconfig$/)
  assert.equal(isInCluster({}), false)
  assert.equal(isInCluster(ENV), true)
})
