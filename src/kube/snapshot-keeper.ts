/** Follows lists of objects as they change, and makes Snapshots of them that share what did not. */
import type { AnyObject } from './objects.ts'
import { findChanges, type ObjectChange } from './object-change.ts'
import { findReplacements, type Replacement, replaceObjects } from './replace-objects.ts'
import { createSnapshot, type Snapshot } from './snapshot.ts'

export interface SnapshotStep {
  readonly snapshot: Snapshot
  /** From the snapshot before to this one; `null` = anything may have changed. */
  readonly changes: readonly ObjectChange[] | null
}

/** After so many replaced objects a Snapshot is made afresh: each lookup passes the list of them. */
const MOST_SINCE_BASE = 1024

export class SnapshotKeeper {
  #objects: readonly AnyObject[] | null = null
  #base: Snapshot | null = null
  /** Objects of the base, and what stands in their place now. */
  #sinceBase = new Map<AnyObject, AnyObject>()
  /** The other way round. */
  #baseOf = new Map<AnyObject, AnyObject>()

  /** @param objects as for `createSnapshot`; each once */
  update(objects: readonly AnyObject[]): SnapshotStep {
    const before = this.#objects
    this.#objects = objects
    const replacements = before === null ? null : findReplacements(before, objects)
    if (replacements === null || this.#base === null || this.#sinceBase.size > MOST_SINCE_BASE) {
      this.#base = createSnapshot(objects)
      this.#sinceBase = new Map()
      this.#baseOf = new Map()
      return { snapshot: this.#base, changes: replacements ?? (before === null ? null : findChanges(before, objects)) }
    }
    for (const { before: old, after } of replacements) {
      const original = this.#baseOf.get(old) ?? old
      this.#baseOf.delete(old)
      this.#baseOf.set(after, original)
      this.#sinceBase.set(original, after)
    }
    const all = [...this.#sinceBase].map(([old, after]): Replacement => ({ before: old, after }))
    return { snapshot: replaceObjects(this.#base, all), changes: replacements }
  }
}
