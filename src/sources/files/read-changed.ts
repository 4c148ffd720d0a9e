/** Brings the entries of files up to a new listing, reading only what changed. */
import { blockEntry, type FileEntry, moveEntry, readEntry } from './file-entry.ts'
import { assignRanks } from './file-ranks.ts'
import type { FileListing } from './list-files.ts'
import type { TextOfFile } from './read-text.ts'
import { readTexts } from './read-texts.ts'

/** Entries by path, in file order. */
export type FileEntries = ReadonlyMap<string, FileEntry>

/** Reads new and changed files; the entries of unchanged files are the very same objects as before. */
export async function readChanged(listing: FileListing, earlier: FileEntries): Promise<FileEntries> {
  const known = new Map([...earlier].map(([path, entry]) => [path, entry.rank]))
  const paths = listing.files.map((file) => file.path)
  const ranks = assignRanks(paths, known)
  const changed = listing.files.filter((file) => earlier.get(file.path)?.signature !== file.signature)
  const outcomes = new Map<string, TextOfFile>()
  await readTexts(
    changed.map((file) => file.path),
    (path, outcome) => outcomes.set(path, outcome),
  )
  const entries: [string, FileEntry][] = []
  for (const file of listing.files) {
    const rank = ranks.get(file.path) ?? 0
    const before = earlier.get(file.path)
    const outcome = outcomes.get(file.path)
    const entry =
      outcome !== undefined
        ? readEntry(file, rank, outcome, before)
        : before === undefined
          ? null
          : moveEntry(before, rank)
    if (entry !== null) entries.push([file.path, entry])
  }
  for (const [path, entry] of earlier) {
    if (!ranks.has(path) && isBlocked(path, listing.blocked)) entries.push([path, blockEntry(path, entry)])
  }
  return new Map(entries.sort(([, a], [, b]) => a.rank - b.rank))
}

/** True when two sets of entries are the same. */
export function areSameEntries(a: FileEntries, b: FileEntries): boolean {
  return a.size === b.size && [...a].every(([path, entry]) => b.get(path) === entry)
}

function isBlocked(path: string, blocked: readonly string[]): boolean {
  return blocked.some((prefix) => path === prefix || path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`))
}
