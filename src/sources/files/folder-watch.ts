/**
 * Tells when something in a set of folders may have changed. One watch per folder, because a file that an editor saves
 * by renaming is another file afterwards; where the system refuses watches, it looks at intervals instead.
 */
import { type FSWatcher, watch as watchFolder } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { codeOf } from './read-text.ts'

/** Time between looks when the system reports no changes. */
const POLL_MS = 500

interface WatchTargets {
  /** Any change in these counts. */
  readonly folders: readonly string[]
  /** Changes of these names count, in the nearest folder above that exists. */
  readonly lonePaths: readonly string[]
}

export interface FolderWatch {
  /** Watches these from now on. True when a watch was added: changes before it are not reported, so look again. */
  update(targets: WatchTargets): Promise<boolean>
  /** The system's error code since which changes are looked for at intervals; `null` while watching works. */
  readonly polledSince: string | null
  close(): void
}

interface Watched {
  readonly watcher: FSWatcher
  /** Which folder it was when the watch began: a folder that was replaced needs a new watch. */
  readonly identity: string
  /** `null` = every name. */
  names: ReadonlySet<string> | null
  isStale: boolean
}

/**
 * @param onEvent something may have changed; called often, also for nothing
 * @param watch `fs.watch`; tests pass one that fails
 */
export function createFolderWatch(onEvent: () => void, watch: typeof watchFolder = watchFolder): FolderWatch {
  const watched = new Map<string, Watched>()
  let poll: NodeJS.Timeout | undefined
  let polledSince: string | null = null
  let isClosed = false

  const closeWatchers = (): void => {
    for (const { watcher } of watched.values()) watcher.close()
    watched.clear()
  }
  const fallBack = (code: string): void => {
    polledSince ??= code === '' ? 'unknown' : code
    closeWatchers()
    poll ??= setInterval(onEvent, POLL_MS)
  }
  const add = (folder: string, identity: string, names: ReadonlySet<string> | null): void => {
    const watcher = watch(folder, (_, name) => {
      const entry = watched.get(folder)
      if (entry?.watcher !== watcher) return
      // A folder that is deleted reports its own name; its watch is dead from then on.
      if (name === basename(folder)) entry.isStale = true
      else if (name !== null && entry.names !== null && !entry.names.has(name)) return
      onEvent()
    })
    watched.set(folder, { watcher, identity, names, isStale: false })
    watcher.on('error', (error) => {
      if (watched.get(folder)?.watcher !== watcher) return
      if (isLimit(codeOf(error))) fallBack(codeOf(error))
      else watched.delete(folder)
      watcher.close()
      onEvent()
    })
  }

  return {
    get polledSince() {
      return polledSince
    },
    async update(targets) {
      const wanted = await findFolders(targets)
      if (isClosed || polledSince !== null) return false
      for (const [folder, entry] of watched) {
        const now = wanted.get(folder)
        if (now !== undefined && now.identity === entry.identity && !entry.isStale) entry.names = now.names
        else {
          entry.watcher.close()
          watched.delete(folder)
        }
      }
      let isAdded = false
      for (const [folder, { identity, names }] of wanted) {
        if (watched.has(folder)) continue
        try {
          add(folder, identity, names)
          isAdded = true
        } catch (error) {
          // A folder that vanished meanwhile, or that may not be read, is the listing's remark to make.
          if (['ENOENT', 'EACCES', 'EPERM', 'ENOTDIR'].includes(codeOf(error))) continue
          fallBack(codeOf(error))
          return true
        }
      }
      return isAdded
    },
    close() {
      isClosed = true
      clearInterval(poll)
      closeWatchers()
    },
  }
}

type Wanted = Map<string, { readonly identity: string; names: Set<string> | null }>

async function findFolders(targets: WatchTargets): Promise<Wanted> {
  const wanted: Wanted = new Map()
  for (const folder of targets.folders) {
    const identity = await identityOf(resolve(folder))
    if (identity !== null) wanted.set(resolve(folder), { identity, names: null })
  }
  for (const path of targets.lonePaths) {
    let name = resolve(path)
    for (let folder = dirname(name); folder !== name; [name, folder] = [folder, dirname(folder)]) {
      const identity = await identityOf(folder)
      if (identity === null) continue
      const entry = wanted.get(folder)
      if (entry === undefined) wanted.set(folder, { identity, names: new Set([basename(name)]) })
      else entry.names?.add(basename(name))
      break
    }
  }
  return wanted
}

async function identityOf(folder: string): Promise<string | null> {
  try {
    const { dev, ino, birthtimeNs } = await stat(folder, { bigint: true })
    return `${dev}:${ino}:${birthtimeNs}`
  } catch {
    return null
  }
}

function isLimit(code: string): boolean {
  return code === 'EMFILE' || code === 'ENFILE' || code === 'ENOSPC' || code === 'ENOMEM'
}
