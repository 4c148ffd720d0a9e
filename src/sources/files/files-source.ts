/**
 * Manifests from files and folders, watched. Only files that changed are read again; a file that becomes invalid keeps
 * the objects of its last good form until it is repaired or removed.
 */
import type { watch } from 'node:fs'
import type { Finding } from '../../base/finding.ts'
import { readContent } from './file-content.ts'
import { createFolderWatch } from './folder-watch.ts'
import { listFiles } from './list-files.ts'
import { type FilesState, mergeContents } from './merge-contents.ts'
import { areSameEntries, type FileEntries, readChanged } from './read-changed.ts'
import { fileFinding, readStream, STDIN_NAME } from './read-text.ts'

/** Quiet time after which changes are read, so that one save is one change. */
const SETTLE_MS = 20
/** Longest wait while changes keep coming. */
const MAX_SETTLE_MS = 100
/** Standard input comes after all files. */
const STDIN_RANK = 2 ** 30

type Phase = 'idle' | 'reading' | 'reading-again' | 'closed'

export interface FilesSourceOptions {
  /** Called after something changed, never before `createFilesSource` has answered. */
  readonly onChange: (state: FilesState) => void
  /** Closes the source. */
  readonly signal?: AbortSignal
  /** Read once when a path is `-`; the process's own when absent. */
  readonly stdin?: AsyncIterable<Buffer | string>
  /** `fs.watch`; tests pass one that fails. */
  readonly watch?: typeof watch
}

export interface FilesSource {
  /** The latest state. */
  readonly state: FilesState
  /** Releases all watches; `onChange` is not called again. */
  close(): void
  [Symbol.dispose](): void
}

/**
 * Reads files, folders and `-`, and watches them until closed.
 *
 * @throws the signal's reason when it aborts before the first reading is done
 */
export async function createFilesSource(paths: readonly string[], options: FilesSourceOptions): Promise<FilesSource> {
  options.signal?.throwIfAborted()
  const filePaths = paths.filter((path) => path !== '-')
  const stdin = paths.includes('-') ? await readStdin(options.stdin ?? process.stdin) : undefined
  let entries: FileEntries = new Map()
  let findings: readonly Finding[] = []
  let state: FilesState = { objects: [], findings: [], keptAside: 0 }
  let phase: Phase = 'reading'
  const schedule = createSettle(() => void run())
  const folderWatch = createFolderWatch(() => schedule.poke(), options.watch)

  /** True when anything changed. Lists again as long as a watch was added after the listing. */
  const refresh = async (): Promise<boolean> => {
    let listing = await listFiles(filePaths)
    while (await folderWatch.update(listing)) listing = await listFiles(filePaths)
    const nextEntries = await readChanged(listing, entries)
    const nextFindings = [...listing.findings, ...remarkPolling(filePaths, folderWatch.polledSince)]
    if (areSameEntries(nextEntries, entries) && JSON.stringify(nextFindings) === JSON.stringify(findings)) return false
    entries = nextEntries
    findings = nextFindings
    const contents = [...entries.values()].map((entry) => entry.content)
    state = mergeContents(stdin === undefined ? contents : [...contents, stdin], findings)
    return true
  }
  const isIn = (name: Phase): boolean => phase === name
  const run = async (): Promise<void> => {
    if (phase !== 'idle') {
      if (phase === 'reading') phase = 'reading-again'
      return
    }
    phase = 'reading'
    const isChanged = await refresh()
    if (isIn('closed')) return
    const isStale = isIn('reading-again')
    phase = 'idle'
    if (isChanged) options.onChange(state)
    if (isStale) schedule.poke()
  }
  const close = (): void => {
    phase = 'closed'
    schedule.close()
    folderWatch.close()
    options.signal?.removeEventListener('abort', close)
  }
  options.signal?.addEventListener('abort', close)

  const isFilled = await refresh()
  options.signal?.throwIfAborted()
  if (!isFilled && stdin !== undefined) state = mergeContents([stdin], findings)
  const isStale = isIn('reading-again')
  phase = 'idle'
  if (isStale) schedule.poke()
  return {
    get state() {
      return state
    },
    close,
    [Symbol.dispose]: close,
  }
}

/** Calls `run` once after pokes have ceased for a moment, or have gone on for long. */
function createSettle(run: () => void): { poke(): void; close(): void } {
  let timer: NodeJS.Timeout | undefined
  let firstMs = 0
  let isClosed = false
  return {
    poke() {
      if (isClosed) return
      const nowMs = performance.now()
      if (timer === undefined) firstMs = nowMs
      else if (nowMs - firstMs > MAX_SETTLE_MS - SETTLE_MS) return
      clearTimeout(timer)
      timer = setTimeout(() => {
        timer = undefined
        run()
      }, SETTLE_MS)
    },
    close() {
      isClosed = true
      clearTimeout(timer)
    },
  }
}

async function readStdin(stream: AsyncIterable<Buffer | string>) {
  const outcome = await readStream(stream)
  if (outcome.ok) return readContent(outcome.text, STDIN_NAME, STDIN_RANK)
  return { objects: [], findings: [outcome.finding], keptAside: 0, isBroken: true }
}

function remarkPolling(paths: readonly string[], code: string | null): Finding[] {
  if (code === null) return []
  const advice =
    code === 'ENOSPC'
      ? 'raise fs.inotify.max_user_watches'
      : code === 'EMFILE'
        ? 'raise fs.inotify.max_user_instances'
        : 'nothing to do'
  const message = `Cannot watch ${paths.join(', ')}: the system answers ${code}, so files are compared twice a second; ${advice}`
  return [fileFinding('FILE_WATCH_POLLED', paths[0] ?? '', message)]
}
