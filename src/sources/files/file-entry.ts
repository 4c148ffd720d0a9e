/** What is known of one watched file: what it holds now, and what it held when it was last in order. */
import type { Finding } from '../../base/finding.ts'
import { type FileContent, ORDERS_PER_FILE, readContent } from './file-content.ts'
import type { ListedFile } from './list-files.ts'
import { fileFinding, type TextOfFile } from './read-text.ts'

export interface FileEntry {
  /** Of the listing that led to this content; empty when the file must be read again at the next look. */
  readonly signature: string
  readonly rank: number
  readonly content: FileContent
  readonly lastGood: FileContent | null
}

/**
 * The entry after a file was read; `null` when it no longer exists. A file that cannot be read or is not valid keeps
 * the objects of its last good form; at the first reading, those of its documents that are valid.
 */
export function readEntry(file: ListedFile, rank: number, outcome: TextOfFile, earlier?: FileEntry): FileEntry | null {
  const { path, signature } = file
  const lastGood = earlier?.lastGood ?? null
  if (!outcome.ok) {
    if (outcome.isGone) return null
    const kept = keepLastGood(path, [outcome.finding], lastGood)
    const isSame = earlier !== undefined && JSON.stringify(earlier.content.findings) === JSON.stringify(kept.findings)
    return isSame ? moveEntry(earlier, rank) : moveEntry({ signature: '', rank, content: kept, lastGood }, rank)
  }
  const content = readContent(outcome.text, path, rank)
  if (!content.isBroken) return { signature, rank, content, lastGood: content }
  if (lastGood === null) return { signature, rank, content, lastGood }
  return moveEntry({ signature, rank, content: keepLastGood(path, content.findings, lastGood), lastGood }, rank)
}

/** The entry of a file that cannot be looked at because a folder above it cannot. */
export function blockEntry(path: string, earlier: FileEntry): FileEntry {
  if (earlier.signature === '' || earlier.lastGood === null) return earlier
  return { ...earlier, signature: '', content: keepLastGood(path, [], earlier.lastGood) }
}

/** The entry at another rank: its objects take their order from there. Unchanged when it is there already. */
export function moveEntry(entry: FileEntry, rank: number): FileEntry {
  const content = moveContent(entry.content, rank)
  const isGood = entry.content === entry.lastGood
  const lastGood = isGood || entry.lastGood === null ? entry.lastGood && content : moveContent(entry.lastGood, rank)
  const isSame = content === entry.content && lastGood === entry.lastGood && rank === entry.rank
  return isSame ? entry : { signature: entry.signature, rank, content, lastGood }
}

function moveContent(content: FileContent, rank: number): FileContent {
  const orderOf = (order: number): number => rank * ORDERS_PER_FILE + (order % ORDERS_PER_FILE)
  if (content.objects.every((object) => object.order === orderOf(object.order))) return content
  return { ...content, objects: content.objects.map((object) => ({ ...object, order: orderOf(object.order) })) }
}

function keepLastGood(path: string, findings: readonly Finding[], lastGood: FileContent | null): FileContent {
  if (lastGood === null) return { objects: [], findings, keptAside: 0, isBroken: true }
  const count = lastGood.objects.length
  const kept = count === 1 ? 'its last good object stays' : `its ${count} last good objects stay`
  const message = `Cannot use the new content of ${path}: ${kept} in use; repair the file, or remove it to drop them`
  return { ...lastGood, findings: [...findings, fileFinding('FILE_KEPT', path, message)], isBroken: true }
}
