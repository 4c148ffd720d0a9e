import assert from 'node:assert/strict'
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'

const LINES = 2000
/** Writes more lines than a pipe or socket holds to standard output, closes, and says on standard error what was lost. */
const PROGRAM = `
import { createAccessLog } from ${JSON.stringify(new URL('access-log.ts', import.meta.url).href)}
import { RequestRecord } from ${JSON.stringify(new URL('../request-record.ts', import.meta.url).href)}
const settings = { isEnabled: true, format: '$request_uri', escape: 'default' }
const log = createAccessLog({ target: '-', settings })
const record = Object.assign(new RequestRecord(), { target: '/' + 'x'.repeat(998) })
for (let i = 0; i < ${LINES}; i++) log.observe(record)
await log.close()
process.stderr.write(String(log.droppedLines()), () => process.exit(0))
`
/** Node's own `pipe` is a socket; `cat` stops reading its pipe when its own output is full. */
const SCRIPTS = {
  socket: '"$@"; echo " ended" >&2',
  pipe: '{ "$@"; echo " ended" >&2; } | cat',
}

function run(script: string): ChildProcessByStdio<null, Readable, Readable> {
  const args = ['-c', script, 'sh', process.execPath, '--input-type=module', '-e', PROGRAM]
  return spawn('sh', args, { stdio: ['ignore', 'pipe', 'pipe'] })
}

for (const [kind, script] of Object.entries(SCRIPTS)) {
  test(`standard output that is a ${kind} receives every line while its reader reads`, async () => {
    const child = run(script)
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
    assert.deepEqual([out.length, err], [LINES * 1000, '0 ended\n'])
  })

  test(
    `the process ends although nobody reads its standard output, which is a ${kind}`,
    { timeout: 20_000 },
    async () => {
      const child = run(script)
      const exited = once(child, 'exit')
      let report = ''
      for await (const chunk of child.stderr) {
        report += String(chunk)
        if (report.includes('ended')) break
      }
      assert.match(report, /^[1-9]\d* ended/)
      child.stdout.destroy()
      await exited
    },
  )
}
