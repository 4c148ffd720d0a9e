/** Lines of files that findings point at, read when first asked for. */
import { readFileSync } from 'node:fs'

/** Files above this are not read again just to show a line. */
const MAX_FILE_BYTES = 16 * 1024 * 1024

/**
 * A reader of single lines that keeps each file it read. A file that cannot be read, or changed so that the line is
 * gone, gives `null`; standard input (`-`) cannot be read twice and gives `null` too.
 */
export function createLineReader(): (file: string, line: number) => string | null {
  const files = new Map<string, readonly string[]>()
  return (file, line) => {
    let lines = files.get(file)
    if (lines === undefined) {
      lines = file === '-' ? [] : readLines(file)
      files.set(file, lines)
    }
    return lines[line - 1] ?? null
  }
}

function readLines(file: string): readonly string[] {
  try {
    const text = readFileSync(file, 'utf8')
    return text.length > MAX_FILE_BYTES ? [] : text.split(/\r\n|\n|\r/)
  } catch {
    // The finding itself is complete without its line.
    return []
  }
}
