/** A folder that goes away with its owner, or with the process. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TemporaryFolder extends Disposable {
  readonly path: string
  /** Absolute path of a name in the folder. */
  file(name: string): string
}

export function createTemporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), 'genkan-'))
  const remove = (): void => rmSync(path, { recursive: true, force: true })
  process.once('exit', remove)
  return {
    path,
    file: (name) => join(path, name),
    [Symbol.dispose]() {
      process.off('exit', remove)
      remove()
    },
  }
}
