/** HTTP/2 load over TLS by h2load (nghttp2). */
import { execFile } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { findProgram } from '../../test/support/program.ts'
import type { TemporaryFolder } from '../../test/support/temporary-folder.ts'
import { percentile } from '../statistics.ts'
import type { LoadResult } from './load-result.ts'

export interface H2loadRun {
  readonly port: number
  readonly host: string
  readonly path: string
  readonly connections: number
  readonly streams: number
  readonly seconds: number
  /** Body of POST requests as a gRPC message; absent = GET. */
  readonly grpcMessage?: Buffer
}

const execute = promisify(execFile)

export async function runH2load(run: H2loadRun, folder: TemporaryFolder): Promise<LoadResult> {
  const program = findProgram('h2load')
  if (program === null)
    throw new Error('Cannot find h2load: not on PATH; install it with apt-get install nghttp2-client')
  const log = folder.file('h2load.log')
  rmSync(log, { force: true })
  const grpc: string[] = []
  if (run.grpcMessage !== undefined) {
    const file = folder.file('h2load.message')
    writeFileSync(file, run.grpcMessage)
    grpc.push('-d', file, '-H', 'content-type: application/grpc', '-H', 'te: trailers')
  }
  const { stdout } = await execute(
    program,
    [
      '-t1',
      `-c${run.connections}`,
      `-m${run.streams}`,
      `-D${run.seconds}`,
      `--connect-to=127.0.0.1:${run.port}`,
      `--log-file=${log}`,
      ...grpc,
      `https://${run.host}${run.path}`,
    ],
    { timeout: (run.seconds + 40) * 1000, maxBuffer: 16 << 20 },
  )
  const counts = /(\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout/.exec(stdout)
  const statuses = /status codes: (\d+) 2xx/.exec(stdout)
  if (counts === null || statuses === null) throw new Error(`Cannot read the result of h2load:\n${stdout}`)
  if (!stdout.includes('Application protocol: h2'))
    throw new Error(`Cannot use the result of h2load: not h2\n${stdout}`)
  const done = Number(counts[1])
  // An answer that arrives as the time runs out is counted as 2xx and not as done.
  const others = Math.max(0, done - Number(statuses[1]))
  const { p50Ms, p99Ms } = readLatencies(log)
  return { requests: done, seconds: run.seconds, p50Ms, p99Ms, errors: Number(counts[3]) + others }
}

/** Lines `start-µs TAB status TAB duration-µs`. */
function readLatencies(log: string): { readonly p50Ms: number; readonly p99Ms: number } {
  const lines = readFileSync(log, 'latin1').split('\n')
  const durations = new Float64Array(lines.length - 1)
  for (let i = 0; i < durations.length; i++) durations[i] = Number(lines[i]?.split('\t')[2] ?? 0)
  return { p50Ms: percentile(durations, 0.5) / 1000, p99Ms: percentile(durations, 0.99) / 1000 }
}
