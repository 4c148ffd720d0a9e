/** How long a fuzz run lasts and where its randomness begins: `FUZZ_SECONDS` (default 20 in all) and `FUZZ_SEED`. */
import { execFileSync } from 'node:child_process'
import { randomInt } from 'node:crypto'

/** Several files share the time; they run side by side. */
export interface FuzzBudget {
  readonly seed: number
  readonly endsAtMs: number
}

/** @param share part of the whole time, 0 to 1 */
export function createBudget(share: number): FuzzBudget {
  const seconds = readNumber('FUZZ_SECONDS', 20)
  const seed = readNumber('FUZZ_SEED', process.env['CI'] === 'true' ? seedOfCommit() : randomInt(2 ** 31))
  return { seed, endsAtMs: performance.now() + seconds * 1000 * share }
}

/** Where changes are judged every commit has a seed of its own: new ones are tried, and the same commit is judged alike. */
function seedOfCommit(): number {
  return Number.parseInt(execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).slice(0, 7), 16)
}

function readNumber(name: string, fallback: number): number {
  const text = process.env[name]
  if (text === undefined || text === '') return fallback
  const value = Number(text)
  if (!Number.isFinite(value) || value < 0)
    throw new RangeError(`Cannot use ${name}=${text}: not a number of 0 or more`)
  return value
}
