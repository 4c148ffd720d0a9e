/** Reads manifests once, for commands that look and exit: lint, routes, explain, plan. */
import type { Finding } from '../../base/finding.ts'
import { remark } from '../../base/remark.ts'
import { type FileContent, readContent } from './file-content.ts'
import { listFiles } from './list-files.ts'
import { type FilesState, mergeContents } from './merge-contents.ts'
import { readStream, STDIN_NAME, type TextOfFile } from './read-text.ts'
import { readTexts } from './read-texts.ts'

/** What was read, with the texts, so that a remark can show its line. */
export interface Manifests extends FilesState {
  readonly files: readonly ManifestFile[]
}

export interface ManifestFile {
  /** As `origin.file` names it. */
  readonly path: string
  readonly text: string
}

/**
 * Reads files, folders and `-` (standard input). Whatever cannot be read is a finding; it never throws for it.
 *
 * @param stdin read when a path is `-`
 */
export async function readManifests(
  paths: readonly string[],
  stdin: AsyncIterable<Buffer | string> = process.stdin,
): Promise<Manifests> {
  const listing = await listFiles(paths.filter((path) => path !== '-'))
  const files: ManifestFile[] = []
  const contents: FileContent[] = []
  const findings: Finding[] = [...listing.findings]
  const add = (path: string, outcome: TextOfFile): void => {
    if (!outcome.ok) {
      findings.push(outcome.finding)
      return
    }
    contents.push(readContent(outcome.text, path, files.length))
    files.push({ path, text: outcome.text })
  }
  await readTexts(
    listing.files.map((file) => file.path),
    add,
  )
  if (paths.includes('-')) {
    const outcome = await readStream(stdin)
    add(STDIN_NAME, outcome)
    if (outcome.ok && outcome.text.trim() === '') findings.push(emptyInput())
  }
  return { ...mergeContents(contents, findings), files }
}

/** Most often what was to write it has failed. */
function emptyInput(): Finding {
  const message = 'Cannot find manifests in standard input: it is empty; check the command before the pipe'
  return remark('FILE_UNREADABLE', { object: STDIN_NAME, path: '', file: STDIN_NAME }, message, 'warning')
}
