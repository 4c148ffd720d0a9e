/** Child processes of tests and benchmarks: started here, watched line by line, and ended by their own pid. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, openSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'

export interface ProgramOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Standard output goes to this file instead of to {@link Program.waitForLine}. */
  readonly stdoutFile?: string
}

export interface Program {
  readonly pid: number
  /** Settles when the program is gone. */
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
  /** The last lines of both outputs, for messages. */
  output(): string
  /**
   * The first line of either output that the pattern accepts, also when it came before the call.
   * @throws {Error} when the program ends or the time is over first
   */
  waitForLine(pattern: RegExp, timeoutMs: number): Promise<string>
  /** Sends a signal (SIGTERM unless told otherwise) and waits for the end; SIGKILL after thirty seconds. */
  stop(signal?: NodeJS.Signals): Promise<void>
}

const KEPT_LINES = 400
const running = new Set<ChildProcess>()
let endsChildrenOnExit = false

/** @throws {Error} when the program cannot be started */
export async function startProgram(
  command: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<Program> {
  endWithUs()
  const stdout = options.stdoutFile === undefined ? 'pipe' : openSync(options.stdoutFile, 'a')
  const child = spawn(command, args, {
    stdio: ['ignore', stdout, 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, ...options.env },
  })
  running.add(child)
  const lines: string[] = []
  const watchers = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line)
      if (lines.length > KEPT_LINES) lines.shift()
      for (const watcher of watchers) watcher()
    })
  }
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('exit', (code, signal) => {
      running.delete(child)
      resolve({ code, signal })
      for (const watcher of watchers) watcher()
    })
  })
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (error) => {
      running.delete(child)
      reject(new Error(`Cannot start ${command}: ${error.message}`, { cause: error }))
    })
  })
  const output = (): string => lines.join('\n')
  return {
    pid: child.pid ?? 0,
    exited,
    output,
    waitForLine: (pattern, timeoutMs) =>
      new Promise((resolve, reject) => {
        const settle = (then: () => void): void => {
          clearTimeout(timer)
          watchers.delete(look)
          then()
        }
        const look = (): void => {
          const found = lines.find((line) => pattern.test(line))
          if (found !== undefined) settle(() => resolve(found))
          else if (!running.has(child)) {
            settle(() => reject(new Error(`${command} ended before a line like ${pattern}:\n${output()}`)))
          }
        }
        const timer = setTimeout(() => {
          settle(() => reject(new Error(`${command} printed no line like ${pattern} in ${timeoutMs} ms:\n${output()}`)))
        }, timeoutMs)
        watchers.add(look)
        look()
      }),
    async stop(signal = 'SIGTERM') {
      if (!running.has(child)) return
      child.kill(signal)
      const timer = setTimeout(() => child.kill('SIGKILL'), 30_000)
      await exited
      clearTimeout(timer)
    },
  }
}

/** Ends what is still running: after a test that failed nothing may keep this process alive. */
export function killPrograms(): void {
  for (const child of running) child.kill('SIGKILL')
}

/** Path of a program on PATH or in /usr/sbin, `null` when it is not installed. */
export function findProgram(name: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null
}

/** Children get SIGTERM when this process ends for whatever reason it can still notice. */
function endWithUs(): void {
  if (endsChildrenOnExit) return
  endsChildrenOnExit = true
  process.once('exit', () => {
    for (const child of running) child.kill('SIGTERM')
  })
}
