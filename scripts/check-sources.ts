/**
 * Checks what the linter has no rule for: file length, no machine paths or registry hosts.
 * Usage: node scripts/check-sources.ts [--help]
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const HARD_CEILING = 500
/** Tables of names, exempt from the length rule. */
const TABLES = /^src\/(base\/finding-codes|dialects\/annotations\/)/

if (process.argv.includes('--help')) {
  process.stdout.write('Usage: node scripts/check-sources.ts\nExits 1 and prints a line for each problem.\n')
  process.exit(0)
}

const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { encoding: 'utf8' })
  .split('\n')
  .filter((file) => /\.(ts|js|sh|md|ya?ml|json)$/.test(file) && file !== 'package-lock.json')

const problems: string[] = []
for (const file of files) {
  const text = readText(file)
  if (text === null) continue
  const lines = text.split('\n').length - 1
  if (/^(src|scripts|benchmarks)\/.*\.ts$/.test(file) && lines > HARD_CEILING && !TABLES.test(file)) {
    problems.push(`${file}: ${lines} lines; split it into files of one idea each, at most ${HARD_CEILING}`)
  }
  for (const [index, line] of text.split('\n').entries()) {
    if (/registry\.npmjs|\/home\/[a-z]+\/|(?<![\w/.])\/work\//.test(line) && !file.startsWith('scripts/check-')) {
      problems.push(`${file}:${index + 1}: names a machine path or a package registry's host`)
    }
  }
}
for (const problem of problems) process.stderr.write(`${problem}\n`)
process.exitCode = problems.length === 0 ? 0 : 1

/** `null` for a file that is listed but already deleted. */
function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
