/** Finds the manifest files below the given paths, in a fixed order. */
import type { BigIntStats } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { compareText, type Finding } from '../../base/finding.ts'
import { remark } from '../../base/remark.ts'
import { codeOf, fileFinding, unreadable } from './read-text.ts'

export interface ListedFile {
  /** The path as findings show it: what the user gave, with what was found below it. */
  readonly path: string
  /** Changes whenever the content may have changed. */
  readonly signature: string
}

export interface FileListing {
  /** In the order of the given paths, then of names. */
  readonly files: readonly ListedFile[]
  /** Every folder that was entered. */
  readonly folders: readonly string[]
  /** Paths whose changes show in the folder above them: given paths, and what symbolic links lead to. */
  readonly lonePaths: readonly string[]
  /** Files and folders that exist but could not be looked at: nothing is known about what is below. */
  readonly blocked: readonly string[]
  readonly findings: readonly Finding[]
}

interface Walk {
  readonly found: ListedFile[]
  readonly folders: string[]
  readonly findings: Finding[]
  /** Real paths of folders that were entered, so that a loop of symbolic links ends. */
  readonly entered: Set<string>
  /** Folders behind symbolic links: entered last, so that the real place of a folder is the one that counts. */
  readonly linked: string[]
  readonly lonePaths: Set<string>
  readonly blocked: string[]
}

const MANIFEST = /\.(?:yaml|yml|json)$/i

/** Lists files; a path that cannot be read is a finding. Names that begin with "." below a folder are skipped. */
export async function listFiles(paths: readonly string[]): Promise<FileListing> {
  const entered = new Set<string>()
  const files = new Map<string, ListedFile>()
  const folders = new Set<string>()
  const lonePaths = new Set<string>(paths)
  const blocked: string[] = []
  const findings: Finding[] = []
  for (const path of paths) {
    const walk: Walk = { found: [], folders: [], findings, entered, linked: [], lonePaths, blocked }
    try {
      const stats = await stat(path, { bigint: true })
      if (stats.isDirectory()) await walkAll(walk, path)
      else await addFile(walk, path, stats)
    } catch (error) {
      reportUnreadable(walk, path, error)
    }
    walk.found.sort((a, b) => compareText(sortKey(a.path), sortKey(b.path)))
    for (const file of walk.found) {
      const identity = resolve(file.path)
      if (!files.has(identity)) files.set(identity, file)
    }
    for (const folder of walk.folders) folders.add(folder)
  }
  return { files: [...files.values()], folders: [...folders], lonePaths: [...lonePaths], blocked, findings }
}

async function walkAll(walk: Walk, root: string): Promise<void> {
  await walkFolder(walk, root)
  for (let next = walk.linked.shift(); next !== undefined; next = walk.linked.shift()) await walkFolder(walk, next)
  if (walk.found.length > 0 || walk.folders.length === 0) return
  const message = `Cannot find manifests in ${root}: no .yaml, .yml or .json file is below it; check the path`
  walk.findings.push(remark('FILE_UNREADABLE', { object: root, path: '', file: root }, message, 'warning'))
}

async function walkFolder(walk: Walk, folder: string): Promise<void> {
  try {
    const real = await realpath(folder)
    if (walk.entered.has(real)) {
      const state = `${real} was already read under another name; remove the symbolic link`
      walk.findings.push(fileFinding('FILE_LOOP', folder, `Cannot enter ${folder}: ${state}`))
      return
    }
    walk.entered.add(real)
    walk.folders.push(folder)
    const entries = await readdir(folder, { withFileTypes: true })
    entries.sort((a, b) => compareText(a.name, b.name))
    const folders: string[] = []
    await Promise.all(
      entries.map(async (entry) => {
        if (entry.name.startsWith('.')) return
        const path = join(folder, entry.name)
        if (entry.isDirectory()) folders.push(path)
        else if (entry.isSymbolicLink() || MANIFEST.test(entry.name)) await addEntry(walk, path)
      }),
    )
    for (const next of folders) await walkFolder(walk, next)
  } catch (error) {
    reportUnreadable(walk, folder, error)
  }
}

async function addEntry(walk: Walk, path: string): Promise<void> {
  try {
    const stats = await stat(path, { bigint: true })
    if (stats.isDirectory()) walk.linked.push(path)
    else if (stats.isFile() && MANIFEST.test(path)) await addFile(walk, path, stats)
    else if (MANIFEST.test(path)) {
      walk.findings.push(
        fileFinding('FILE_UNREADABLE', path, `Cannot read ${path}: it is not a regular file; remove it`),
      )
    }
  } catch (error) {
    if (MANIFEST.test(path)) reportUnreadable(walk, path, error)
  }
}

async function addFile(walk: Walk, path: string, stats: BigIntStats): Promise<void> {
  walk.found.push({ path, signature: signatureOf(stats) })
  const real = await realpath(path)
  if (real !== resolve(path)) walk.lonePaths.add(real)
}

function reportUnreadable(walk: Walk, path: string, error: unknown): void {
  walk.findings.push(unreadable(path, error))
  if (!['ENOENT', 'ENOTDIR'].includes(codeOf(error))) walk.blocked.push(path)
}

/** Nanosecond times and the inode: an editor that saves by renaming changes the inode even within one clock tick. */
function signatureOf(stats: BigIntStats): string {
  return `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`
}

/** Orders a folder's files beside its sub-folders by name, part by part. */
function sortKey(path: string): string {
  return path.replaceAll('/', '\0')
}
