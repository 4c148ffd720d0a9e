/** The `genkan` program: reads the command line and runs one command. */
import { Command, CommanderError } from 'commander'
import { VERSION } from '../base/version.ts'
import { addCert, addDev, addExplain, addLint, addMigrate, addPlan, addRoutes, addServe } from './commands.ts'
import { addSpeaker } from './speaker-command.ts'
import { AccessError } from '../sources/cluster/cluster-access.ts'
import { createProcessIo, EXIT_ERRORS, EXIT_OK, EXIT_USAGE, type CommandIo, UsageError } from './io.ts'
import { escapeLine } from './report/escape.ts'

/** Runs the process's command line and ends the process with its exit code. */
export async function main(args: readonly string[]): Promise<void> {
  const code = await run(args, createProcessIo())
  process.exitCode = code
  // `dev` has closed everything; what might still hold the process (a pipe that nobody reads) must not.
  if (args[0] === 'dev' || args[0] === 'serve' || args[0] === 'speaker') process.exit(code)
}

/** Runs one command line and returns its exit code: 0 fine, 1 errors found, 2 wrong usage. */
export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  let code = EXIT_OK
  const program = createProgram(io, (result) => {
    code = result
  })
  try {
    await program.parseAsync([...args], { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE
    if (error instanceof UsageError) {
      io.stderr.write(`${error.message}\n`)
      return EXIT_USAGE
    }
    if (error instanceof AccessError) {
      io.stderr.write(`${escapeLine(error.message)}\n`)
      return EXIT_ERRORS
    }
    throw error
  }
}

function createProgram(io: CommandIo, done: (code: number) => void): Command {
  const program = new Command('genkan')
    .description('One controller for every way traffic enters a Kubernetes cluster.')
    .version(VERSION)
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })
    .showHelpAfterError('(run with --help for the flags and examples)')
  addDev(program, io, done)
  addServe(program, io, done)
  addLint(program, io, done)
  addRoutes(program, io, done)
  addExplain(program, io, done)
  addMigrate(program, io, done)
  addPlan(program, io, done)
  addCert(program, io, done)
  addSpeaker(program, io, done)
  for (const command of program.commands) command.exitOverride().copyInheritedSettings(program)
  // Its help is its own, and --help one of the flags that it reads.
  program.commands.find((command) => command.name() === 'serve')?.helpOption(false)
  return program
}
