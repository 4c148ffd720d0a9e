/** Reads the ```console blocks of a README: commands after `$ ` and the output printed below each. */

export interface ConsoleStep {
  readonly command: string
  /** Expected output lines. `…` stands for any text in a line; a line of `…` alone for any number of lines. */
  readonly output: readonly string[]
  /** One-based line in the document, for messages. */
  readonly line: number
}

export function readConsoleBlocks(markdown: string): readonly ConsoleStep[] {
  const steps: { command: string; output: string[]; line: number }[] = []
  let isInside = false
  for (const [index, line] of markdown.split('\n').entries()) {
    if (line.startsWith('```')) isInside = line === '```console'
    else if (!isInside) continue
    else if (line.startsWith('$ ')) steps.push({ command: line.slice(2), output: [], line: index + 1 })
    else if (line.startsWith('> ') && steps.at(-1)?.command.endsWith('\\') === true) {
      const step = steps.at(-1)
      if (step !== undefined) step.command = `${step.command.slice(0, -1)}${line.slice(2)}`
    } else steps.at(-1)?.output.push(line)
  }
  return steps
}

/** `null` when the text is what the step prints, else what differs. */
export function compareOutput(expected: readonly string[], actual: string): string | null {
  const lines = actual.replace(/\n$/, '').split('\n')
  const pattern = expected.map((line) => (line.trim() === '…' ? null : lineToRegex(line)))
  return matches(pattern, 0, lines, 0) ? null : `expected:\n${expected.join('\n')}\nprinted:\n${actual}`
}

function lineToRegex(line: string): RegExp {
  const parts = line
    .trimEnd()
    .split('…')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  return new RegExp(`^${parts.join('.*')}\\s*$`)
}

function matches(pattern: readonly (RegExp | null)[], at: number, lines: readonly string[], from: number): boolean {
  if (at === pattern.length) return from === lines.length || (from === lines.length - 1 && lines[from] === '')
  const current = pattern[at]
  if (current === null || current === undefined) {
    for (let next = from; next <= lines.length; next++) if (matches(pattern, at + 1, lines, next)) return true
    return false
  }
  const line = lines[from]
  return line !== undefined && current.test(line) && matches(pattern, at + 1, lines, from + 1)
}
