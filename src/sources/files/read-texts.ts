/** Reads many files, a bounded number at once, in order. */
import { readText, type TextOfFile } from './read-text.ts'

const AT_ONCE = 32

/** Calls `each` for every path in the order given; memory holds the texts of one batch. */
export async function readTexts(
  paths: readonly string[],
  each: (path: string, outcome: TextOfFile) => void,
): Promise<void> {
  for (let from = 0; from < paths.length; from += AT_ONCE) {
    const batch = paths.slice(from, from + AT_ONCE)
    const outcomes = await Promise.all(batch.map(readText))
    batch.forEach((path, index) => {
      const outcome = outcomes[index]
      if (outcome !== undefined) each(path, outcome)
    })
  }
}
