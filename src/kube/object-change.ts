/** What became of objects from one moment to the next. */
import type { AnyObject } from './objects.ts'

/** `undefined` before = it came, after = it went; never both. The name stays, the rest may be another. */
export interface ObjectChange {
  readonly before: AnyObject | undefined
  readonly after: AnyObject | undefined
}

/** The forms of it that there are: one or two. */
export function versionsOf({ before, after }: ObjectChange): readonly AnyObject[] {
  return [before, after].filter((version) => version !== undefined)
}

/** More than this is a whole translation's work. */
const MOST_CHANGED = 64

/**
 * @param before and `after` in any order, each object once; entries that stay are the same objects
 * @returns `null` when many changed
 */
export function findChanges(before: readonly AnyObject[], after: readonly AnyObject[]): readonly ObjectChange[] | null {
  const [olds, news] = [new Set(before), new Set(after)]
  const gone = before.filter((object) => !news.has(object))
  const come = after.filter((object) => !olds.has(object))
  if (gone.length > MOST_CHANGED || come.length > MOST_CHANGED) return null
  const arrivals = new Map(come.map((object) => [keyOf(object), object]))
  const changes: ObjectChange[] = []
  for (const old of gone) {
    const key = keyOf(old)
    changes.push({ before: old, after: arrivals.get(key) })
    arrivals.delete(key)
  }
  for (const object of arrivals.values()) changes.push({ before: undefined, after: object })
  return changes
}

function keyOf({ kind, meta }: AnyObject): string {
  return `${kind}/${meta.namespace}/${meta.name}`
}
