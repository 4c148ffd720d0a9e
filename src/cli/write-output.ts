/** Where a command's result goes: `--output FILE`, else standard output. */
import { writeFile } from 'node:fs/promises'
import { type CommandIo, UsageError } from './io.ts'
import { escapeLine } from './report/escape.ts'

/**
 * @param output a file's name; absent or `-` = standard output
 * @throws {UsageError} when the file cannot be written
 */
export async function writeOutput(text: string, output: string | undefined, io: CommandIo): Promise<void> {
  if (output === undefined || output === '-') {
    io.stdout.write(text)
    return
  }
  try {
    await writeFile(output, text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new UsageError(escapeLine(`Cannot write to ${output}: ${reason}; name a file in a folder that exists`))
  }
}
