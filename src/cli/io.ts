/** What a command may touch of the outside, so that tests can run commands in-process. */
export interface CommandIo {
  readonly stdout: { write(text: string): void; readonly isTTY: boolean; readonly columns: number }
  readonly stderr: { write(text: string): void; readonly isTTY: boolean }
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The process's own streams. A closed pipe (`| head`) ends the command quietly. */
export function createProcessIo(): CommandIo {
  process.stdout.on('error', exitOnClosedPipe)
  process.stderr.on('error', exitOnClosedPipe)
  return {
    stdout: {
      write: (text) => process.stdout.write(text),
      isTTY: process.stdout.isTTY,
      columns: process.stdout.columns ?? 100,
    },
    stderr: { write: (text) => process.stderr.write(text), isTTY: process.stderr.isTTY },
    env: process.env,
  }
}

function exitOnClosedPipe(error: NodeJS.ErrnoException): void {
  process.exit(error.code === 'EPIPE' ? 0 : 1)
}

/** A mistake of the caller: printed as it is, exit code 2, no stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const EXIT_OK = 0
export const EXIT_ERRORS = 1
export const EXIT_USAGE = 2
