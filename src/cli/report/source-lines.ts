/** Lines of the files that findings point at. */

/** A document that is, or in a List holds, a Secret: in YAML or JSON. */
const HOLDS_SECRET = /["']?kind["']?\s*:\s*["']?Secret\b/

/**
 * A reader of single lines (one-based, without line break) in texts that were read already; lines are split when a
 * file is first asked for. `null` for an unknown file or line, and for every line of a document with a Secret: a
 * report may be shown to more people than the manifest.
 */
export function createLineReader(
  files: readonly { readonly path: string; readonly text: string }[],
): (file: string, line: number) => string | null {
  const texts = new Map(files.map((file) => [file.path, file.text]))
  const split = new Map<string, readonly (string | null)[]>()
  return (file, line) => {
    let lines = split.get(file)
    if (lines === undefined) {
      const text = texts.get(file)
      lines = text === undefined ? [] : readableLines(text)
      split.set(file, lines)
    }
    return lines[line - 1] ?? null
  }
}

function readableLines(text: string): readonly (string | null)[] {
  const lines = text.split(/\r?\n/)
  if (!HOLDS_SECRET.test(text)) return lines
  const readable: (string | null)[] = []
  let document: string[] = []
  const close = (): void => {
    const isSecret = HOLDS_SECRET.test(document.join('\n'))
    for (const line of document) readable.push(isSecret ? null : line)
    document = []
  }
  for (const line of lines) {
    if (/^(---|\.\.\.)/.test(line)) close()
    document.push(line)
  }
  close()
  return readable
}
