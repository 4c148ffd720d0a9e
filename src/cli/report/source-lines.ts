/** Lines of the files that findings point at. */

/**
 * A reader of single lines (one-based, without line break) in texts that were read already; lines are split when a
 * file is first asked for. An unknown file or line gives `null`.
 */
export function createLineReader(
  files: readonly { readonly path: string; readonly text: string }[],
): (file: string, line: number) => string | null {
  const texts = new Map(files.map((file) => [file.path, file.text]))
  const split = new Map<string, readonly string[]>()
  return (file, line) => {
    let lines = split.get(file)
    if (lines === undefined) {
      lines = (texts.get(file) ?? '').split(/\r?\n/)
      split.set(file, lines)
    }
    return lines[line - 1] ?? null
  }
}
