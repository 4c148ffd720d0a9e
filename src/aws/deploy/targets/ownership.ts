/** Which targets of a pool may be taken out: all, or in a group that several clusters fill only those that we put in. */
import type { OwnTargets } from './lane-events.ts'
import type { TargetPool } from './target-store.ts'

export interface Ownership {
  /** Reads what is remembered, once. Until that works nothing may be taken out. @throws {Error} when it fails */
  load(): Promise<void>
  mayTake(key: string): boolean
  /** Remembers them before they are registered, so that a crash in between leaves none behind. */
  willRegister(keys: readonly string[]): Promise<void>
  didDeregister(keys: readonly string[]): Promise<void>
}

const ALL: Ownership = {
  load: () => Promise.resolve(),
  mayTake: () => true,
  willRegister: () => Promise.resolve(),
  didDeregister: () => Promise.resolve(),
}

/** @param memory absent = what this process registered is all that is known */
export function createOwnership(pool: TargetPool, memory: OwnTargets | null): Ownership {
  if (pool.kind === 'classic' || !pool.isMultiCluster) return ALL
  const own = new Set<string>()
  let isLoaded = memory === null
  const save = async (): Promise<void> => memory?.save(pool.arn, [...own].sort())
  return {
    async load() {
      if (isLoaded || memory === null) return
      const remembered = new Set(await memory.load(pool.arn))
      const isBehind = [...own].some((key) => !remembered.has(key))
      for (const key of remembered) own.add(key)
      isLoaded = true
      if (isBehind) await save()
    },
    mayTake: (key) => isLoaded && own.has(key),
    async willRegister(keys) {
      const fresh = keys.filter((key) => !own.has(key))
      if (fresh.length === 0) return
      for (const key of fresh) own.add(key)
      // What is remembered must not be overwritten by the little that is known here.
      if (isLoaded) await save()
    },
    async didDeregister(keys) {
      let isChanged = false
      for (const key of keys) isChanged = own.delete(key) || isChanged
      if (isChanged) await save()
    },
  }
}
