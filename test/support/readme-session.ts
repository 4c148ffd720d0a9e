/**
 * Runs the console steps of one README as a reader would: starts what it starts, on free ports instead of the printed
 * ones, and gives each command's output with the printed ports put back.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { run } from '../../src/cli/main.ts'
import { type RunningGenkan, startGenkan } from './genkan.ts'
import { miniCurl } from './mini-curl.ts'
import { type Program, startProgram } from './program.ts'
import { splitShellWords } from './shell-words.ts'
import { createTemporaryFolder } from './temporary-folder.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export interface ReadmeSession extends AsyncDisposable {
  /** @returns what the command prints; empty for commands that go on in the background */
  runStep(command: string): Promise<string>
}

export function createReadmeSession(): ReadmeSession {
  const folder = createTemporaryFolder()
  const ports = new Map<string, string>()
  const programs: (RunningGenkan | Program)[] = []

  async function startDev(args: readonly string[]): Promise<string> {
    const mapped = args.map((argument) => (argument.endsWith('.log') ? folder.file(argument) : mapPorts(argument)))
    const genkan = await startGenkan(mapped, ROOT)
    programs.push(genkan)
    ports.set('8080', String(genkan.httpPort))
    ports.set('8443', String(genkan.httpsPort))
    ports.set('10254', String(genkan.adminPort))
    return ''
  }

  async function startScript(file: string, port: string): Promise<string> {
    const program = await startProgram(process.execPath, [`${ROOT}${file}`, '0'])
    programs.push(program)
    const line = await program.waitForLine(/port \d+/, 10_000)
    ports.set(port, /port (\d+)/.exec(line)?.[1] ?? '')
    return ''
  }

  function mapPorts(text: string): string {
    return [...ports].reduce((mapped, [printed, real]) => mapped.replaceAll(`:${printed}`, `:${real}`), text)
  }

  function unmapPorts(text: string): string {
    return [...ports].reduce(
      (mapped, [printed, real]) => mapped.replace(new RegExp(`\\b${real}\\b`, 'g'), printed),
      text,
    )
  }

  async function runCommandLine(command: string): Promise<string> {
    const words = splitShellWords(command)
    const [program, ...args] = words
    if (command === 'npm ci') return ''
    if (command === 'npm start') return startDev(['examples/quickstart'])
    if (program === 'npx' && args[0] === 'genkan' && args[1] === 'dev') return startDev(args.slice(2))
    if (program === 'node' && words.at(-1) === '&') return startScript(args[0] ?? '', args[1] ?? '')
    if (program === 'npx' && args[0] === 'genkan') return unmapPorts(await runCommand(args.slice(1).map(mapPorts)))
    if (program === 'tail') return unmapPorts(await lastLine(folder.file(args.at(-1) ?? '')))
    if (program === 'curl') return unmapPorts(await miniCurl(args.map(mapPorts)))
    throw new TypeError(`Cannot run "${command}": READMEs use genkan, curl, tail and node`)
  }

  return {
    async runStep(line) {
      const [command = '', pattern] = line.split(' | grep ')
      const printed = await runCommandLine(command)
      if (pattern === undefined) return printed
      return printed
        .split('\n')
        .filter((text) => text.includes(pattern))
        .map((text) => `${text}\n`)
        .join('')
    },
    async [Symbol.asyncDispose]() {
      for (const program of programs.reverse()) await program.stop()
      folder[Symbol.dispose]()
    },
  }
}

/** Runs a command in this process as on a terminal without colours. */
async function runCommand(args: readonly string[]): Promise<string> {
  let text = ''
  const write = (part: string): void => {
    text += part
  }
  const before = process.cwd()
  process.chdir(ROOT)
  try {
    await run(args, {
      stdout: { write, isTTY: true, columns: 120 },
      stderr: { write, isTTY: true },
      env: { NO_COLOR: '1' },
    })
  } finally {
    process.chdir(before)
  }
  return text
}

/** The log is written within its flush interval: waits for a complete last line, at most five seconds. */
async function lastLine(file: string): Promise<string> {
  const deadlineMs = performance.now() + 5000
  for (;;) {
    const lines = readFileSync(file, 'utf8').split('\n')
    if (lines.length > 1) return `${lines.at(-2) ?? ''}\n`
    if (performance.now() > deadlineMs) throw new Error(`Cannot read the last line of ${file}: it stayed empty`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
