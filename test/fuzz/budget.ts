/** How long a fuzz run lasts and where its randomness begins: `FUZZ_SECONDS` (default 20 in all) and `FUZZ_SEED`. */
import { randomInt } from 'node:crypto'

/** What a change did not break must not fail there: new seeds are for the desk. */
const CI_SEED = 20_261_121

/** Several files share the time; they run side by side. */
export interface FuzzBudget {
  readonly seed: number
  readonly endsAtMs: number
}

/** @param share part of the whole time, 0 to 1 */
export function createBudget(share: number): FuzzBudget {
  const seconds = readNumber('FUZZ_SECONDS', 20)
  const seed = readNumber('FUZZ_SEED', process.env['CI'] === 'true' ? CI_SEED : randomInt(2 ** 31))
  return { seed, endsAtMs: performance.now() + seconds * 1000 * share }
}

function readNumber(name: string, fallback: number): number {
  const text = process.env[name]
  if (text === undefined || text === '') return fallback
  const value = Number(text)
  if (!Number.isFinite(value) || value < 0)
    throw new RangeError(`Cannot use ${name}=${text}: not a number of 0 or more`)
  return value
}
