import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import type { CommandIo } from './io.ts'
import { run } from './main.ts'

async function runWith(...args: readonly string[]): Promise<{ readonly code: number; readonly errors: string }> {
  let errors = ''
  const io: CommandIo = {
    stdout: { write: () => {}, isTTY: false, columns: 100 },
    stderr: { write: (text) => (errors += text), isTTY: false },
    env: {},
  }
  return { code: await run(['speaker', ...args], io), errors }
}

test('a speaker wants to know what to read and whom it speaks for', async () => {
  const nothing = await runWith('--node-name', 'a')
  assert.equal(nothing.code, 2)
  assert.match(nothing.errors, /Cannot speak for a node: nothing to read is given/)
  const nobody = await runWith('objects.yaml')
  assert.equal(nobody.code, 2)
  assert.match(nobody.errors, /give --node-name NAME or NODE_NAME/)
  const both = await runWith('objects.yaml', '--cluster', '--node-name', 'a')
  assert.equal(both.code, 2)
  assert.match(both.errors, /not both/)
})

test('a heartbeat key that cannot be used is refused', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'genkan-key-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'key')
  const given = ['objects.yaml', '--node-name', 'a', '--heartbeat-key-file', file]
  assert.match((await runWith(...given)).errors, /Cannot read the heartbeat key .*ENOENT/)
  await writeFile(file, '\n')
  const empty = await runWith(...given)
  assert.equal(empty.code, 2)
  assert.match(empty.errors, /it is empty; write one with: openssl rand/)
})

test('a key is of one place, and of a Secret only where there is a cluster', async () => {
  const secret = ['--node-name', 'a', '--heartbeat-key-secret', 'beat']
  const files = await runWith('objects.yaml', ...secret)
  assert.equal(files.code, 2)
  assert.match(files.errors, /objects are of files; give --heartbeat-key-file/)
  const two = await runWith('--cluster', ...secret, '--heartbeat-key-file', 'key')
  assert.equal(two.code, 2)
  assert.match(two.errors, /not both/)
})

test('flags that are none are refused with a suggestion', async () => {
  const unknown = await runWith('objects.yaml', '--node-nam', 'a')
  assert.equal(unknown.code, 2)
  assert.match(unknown.errors, /--node-name/)
  assert.equal((await runWith('objects.yaml', '--node-name', 'a', '--heartbeat-port', '0')).code, 2)
  assert.equal((await runWith('objects.yaml', '--node-name', 'a', '--heartbeat-profile', 'slow')).code, 2)
})
