/** The real program as a child process: `node bin/genkan.js dev`, on free loopback ports. */
import { fileURLToPath } from 'node:url'
import { type Program, startProgram } from './program.ts'

export interface RunningGenkan {
  readonly pid: number
  readonly httpPort: number
  readonly httpsPort: number
  readonly adminPort: number
  /** From the start of the process to its ready line, in milliseconds. */
  readonly startMs: number
  readonly program: Program
  stop(): Promise<void>
}

interface ReadyLine {
  readonly event: 'ready'
  readonly http: string
  readonly https: string
  readonly admin: string
}

const PROGRAM = fileURLToPath(new URL('../../bin/genkan.js', import.meta.url))

/**
 * @param args paths and flags of `genkan dev`; ports are chosen here
 * @param cwd where it runs; default: here
 * @throws {Error} when it is not ready in twenty seconds
 */
export async function startGenkan(args: readonly string[], cwd?: string): Promise<RunningGenkan> {
  const startedMs = performance.now()
  const program = await startProgram(
    process.execPath,
    [PROGRAM, 'dev', ...args, '--http-port=0', '--https-port=0', '--admin-port=0'],
    cwd === undefined ? {} : { cwd },
  )
  const line = await program.waitForLine(/^\{"event":"ready"/, 20_000).catch(async (error: unknown) => {
    await program.stop()
    throw error
  })
  const startMs = performance.now() - startedMs
  const ready = JSON.parse(line) as ReadyLine
  const portOf = (url: string): number => Number(new URL(url).port)
  return {
    pid: program.pid,
    httpPort: portOf(ready.http),
    httpsPort: portOf(ready.https),
    adminPort: portOf(ready.admin),
    startMs,
    program,
    stop: () => program.stop(),
  }
}
