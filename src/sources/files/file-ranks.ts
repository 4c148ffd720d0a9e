/** Places of files in their order, kept as they are while files come and go. */

/** Room between neighbours for files that come later. */
const GAP = 1024

/**
 * Gives each path a rank that rises in the order given. Paths keep their earlier rank, so that a new file does not
 * renumber (and so change) the objects of all files after it; when there is no room left, all are numbered anew.
 */
export function assignRanks(paths: readonly string[], earlier: ReadonlyMap<string, number>): Map<string, number> {
  const ranks = new Map<string, number>()
  let last = -1
  for (const [index, path] of paths.entries()) {
    const rank = earlier.get(path) ?? between(last, nextRank(paths, index, earlier))
    if (rank <= last) return new Map(paths.map((each, place) => [each, place * GAP]))
    ranks.set(path, rank)
    last = rank
  }
  return ranks
}

function nextRank(paths: readonly string[], from: number, earlier: ReadonlyMap<string, number>): number | undefined {
  for (let index = from + 1; index < paths.length; index++) {
    const rank = earlier.get(paths[index] ?? '')
    if (rank !== undefined) return rank
  }
  return undefined
}

function between(last: number, next: number | undefined): number {
  if (next === undefined) return last === -1 ? 0 : last + GAP
  return last + Math.floor((next - last) / 2)
}
