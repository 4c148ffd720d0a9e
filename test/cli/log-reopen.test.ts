/** Logs are rotated as those of nginx: moved away, then SIGUSR1. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startGenkan } from '../support/genkan.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const PATIENCE_MS = 20_000

for (const workers of [1, 2]) {
  test(`SIGUSR1 opens the access log anew with --workers ${workers}, and no debugger`, async () => {
    using folder = createTemporaryFolder()
    writeFileSync(folder.file('empty.yaml'), '')
    const log = folder.file('access.log')
    const genkan = await startGenkan([folder.file('empty.yaml'), `--access-log=${log}`, `--workers=${workers}`])
    const ask = async (path: string): Promise<void> => {
      await (await fetch(`http://127.0.0.1:${genkan.httpPort}${path}`, { headers: { connection: 'close' } })).text()
    }
    const has = async (file: string, text: string, askAgain: boolean): Promise<void> => {
      const untilMs = performance.now() + PATIENCE_MS
      while (!existsSync(file) || !readFileSync(file, 'utf8').includes(text)) {
        assert.ok(performance.now() < untilMs, `${file} never had ${text}\n${genkan.program.output()}`)
        if (askAgain) await ask(text)
        await delay(20)
      }
    }
    try {
      await ask('/before')
      await has(log, '/before', false)
      renameSync(log, `${log}.1`)
      process.kill(genkan.pid, 'SIGUSR1')
      // Workers open theirs one after the other.
      await has(log, '/after', true)
      assert.doesNotMatch(genkan.program.output(), /Debugger/)
    } finally {
      await genkan.stop()
    }
  })
}

test('SIGHUP ends the program as SIGTERM does: a terminal was closed', async () => {
  using folder = createTemporaryFolder()
  writeFileSync(folder.file('empty.yaml'), '')
  const genkan = await startGenkan([folder.file('empty.yaml'), '--access-log=off'])
  process.kill(genkan.pid, 'SIGHUP')
  assert.deepEqual(await genkan.program.exited, { code: 0, signal: null })
})
