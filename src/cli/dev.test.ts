import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { run } from './main.ts'

const QUICKSTART = fileURLToPath(new URL('../../examples/quickstart', import.meta.url))

test('whoever reads the ready line may ask for a new version, or the end, at once', async () => {
  const listeners: Record<string, number> = {}
  // The runner of tests listens too.
  const others = { SIGUSR2: process.listenerCount('SIGUSR2'), SIGTERM: process.listenerCount('SIGTERM') }
  const io = {
    stdout: {
      write(text: string) {
        if (!text.includes('"event":"ready"')) return
        for (const signal of ['SIGUSR2', 'SIGTERM'] as const)
          listeners[signal] = process.listenerCount(signal) - others[signal]
        process.emit('SIGTERM')
      },
      isTTY: false,
      columns: 100,
    },
    stderr: { write: () => undefined, isTTY: false },
    env: {},
  }
  const ports = ['--http-port=0', '--https-port=0', '--admin-port=0', '--access-log=off']
  assert.equal(await run(['dev', QUICKSTART, ...ports], io), 0)
  assert.deepEqual(listeners, { SIGUSR2: 1, SIGTERM: 1 })
})
