/** Follows lists of objects as they change, and makes Snapshots of them that share what did not. */
import type { AnyObject } from './objects.ts'
import { findReplacements, type Replacement, replaceObjects } from './replace-objects.ts'
import { createSnapshot, type Snapshot } from './snapshot.ts'

export interface SnapshotStep {
  readonly snapshot: Snapshot
  /** From the snapshot before to this one; `null` = anything may have changed. */
  readonly replacements: readonly Replacement[] | null
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
    const replacements = this.#objects === null ? null : findReplacements(this.#objects, objects)
    this.#objects = objects
    if (replacements === null || this.#base === null || this.#sinceBase.size > MOST_SINCE_BASE) {
      this.#base = createSnapshot(objects)
      this.#sinceBase = new Map()
      this.#baseOf = new Map()
      return { snapshot: this.#base, replacements }
    }
    for (const { before, after } of replacements) {
      const original = this.#baseOf.get(before) ?? before
      this.#baseOf.delete(before)
      this.#baseOf.set(after, original)
      this.#sinceBase.set(original, after)
    }
    const all = [...this.#sinceBase].map(([before, after]): Replacement => ({ before, after }))
    return { snapshot: replaceObjects(this.#base, all), replacements }
  }
}
