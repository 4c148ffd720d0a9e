/** HTTP/1.1 load by wrk. */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { findProgram } from '../../test/support/program.ts'
import type { TemporaryFolder } from '../../test/support/temporary-folder.ts'
import type { LoadResult } from './load-result.ts'

export interface WrkRun {
  readonly url: string
  readonly host: string
  readonly connections: number
  readonly seconds: number
  /** 0 = GET without body; otherwise POST of so many bytes. */
  readonly bodyBytes: number
}

const execute = promisify(execFile)

/** The summary is printed by our own script as one JSON line: wrk's text rounds latencies and has no total of errors. */
const SUMMARY = `
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format('{"requests":%d,"durationUs":%d,"p50Us":%d,"p99Us":%d,"errors":%d}\\n', summary.requests,
    summary.duration, latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
`

export async function runWrk(run: WrkRun, folder: TemporaryFolder): Promise<LoadResult> {
  const program = findProgram('wrk')
  if (program === null) throw new Error('Cannot find wrk: not on PATH; install it with apt-get install wrk')
  const script = folder.file(`wrk-${run.bodyBytes}.lua`)
  const body = run.bodyBytes === 0 ? '' : `wrk.method = "POST"\nwrk.body = string.rep("u", ${run.bodyBytes})\n`
  writeFileSync(script, body + SUMMARY)
  const { stdout } = await execute(
    program,
    [
      '-t1',
      `-c${run.connections}`,
      `-d${run.seconds}s`,
      '--timeout',
      '20s',
      '-H',
      `Host: ${run.host}`,
      '-s',
      script,
      run.url,
    ],
    { timeout: (run.seconds + 40) * 1000 },
  )
  const line = stdout.split('\n').find((text) => text.startsWith('{'))
  if (line === undefined) throw new Error(`Cannot read the result of wrk: no summary line in\n${stdout}`)
  const summary = JSON.parse(line) as Record<'requests' | 'durationUs' | 'p50Us' | 'p99Us' | 'errors', number>
  return {
    requests: summary.requests,
    seconds: summary.durationUs / 1e6,
    p50Ms: summary.p50Us / 1000,
    p99Ms: summary.p99Us / 1000,
    errors: summary.errors,
  }
}
