/** Reads of the inventory that may fail one by one: each gives what is known without it, and one line for people. */
import { AwsError } from '../aws-api.ts'

export interface InventoryProblem {
  /** What was asked for: `subnets`, `certificates`, `nodes`. */
  readonly part: string
  readonly code: string
  /** `Cannot read <part>: <AWS's words>; <what that means>`. */
  readonly message: string
}

export type Attempt = <T>(part: string, meaning: string, read: () => Promise<T>, without: T) => Promise<T>

/** @param problems gets a line for each read that fails */
export function createAttempt(problems: InventoryProblem[]): Attempt {
  return async (part, meaning, read, without) => {
    try {
      return await read()
    } catch (error) {
      if (!(error instanceof AwsError) || error.code === 'Aborted') throw error
      problems.push({ part, code: error.code, message: `Cannot read ${part}: ${error.message}; ${meaning}` })
      return without
    }
  }
}
