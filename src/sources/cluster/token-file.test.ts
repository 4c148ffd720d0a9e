import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { createTemporaryFolder } from '../../../test/support/temporary-folder.ts'
import { tokenFileCredentials } from './token-file.ts'

test('a token is read again after a minute or a refusal, and kept when the file is gone', async () => {
  using folder = createTemporaryFolder()
  const file = folder.file('token')
  let nowMs = 0
  const credentials = tokenFileCredentials(file, () => nowMs)
  const next = async (): Promise<string> => (await credentials.next()).authorization
  await assert.rejects(credentials.next(), /^AccessError: Cannot read the token .*: ENOENT/)
  writeFileSync(file, 'one\n')
  assert.equal(await next(), 'Bearer one')
  writeFileSync(file, 'two')
  nowMs = 59_999
  assert.equal(await next(), 'Bearer one')
  nowMs = 60_000
  assert.equal(await next(), 'Bearer two')
  writeFileSync(file, 'three')
  credentials.refused({ authorization: 'Bearer one' })
  assert.equal(await next(), 'Bearer two', 'an older one was refused')
  credentials.refused({ authorization: 'Bearer two' })
  assert.equal(await next(), 'Bearer three')
  rmSync(file)
  nowMs = 200_000
  assert.equal(await next(), 'Bearer three')
})
