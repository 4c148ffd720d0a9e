/**
 * What was read in an earlier pass and is only changed by us, such as attributes: it is read again when we wrote to its
 * resource, and now and then, since others may write too. Spread out, so that no pass has to read everything.
 */
import { isReadOnly, type AwsAction, type AwsApi } from '../aws-api.ts'

export interface ObserveCache {
  /** Begins a pass. */
  nextPass(): void
  /** What `read` gave for this kind of thing about this resource, now or in an earlier pass. */
  get<T>(kind: string, identifier: string, read: () => Promise<T>): Promise<T>
  /** What is kept; `undefined` = nothing, or it is due again. */
  peek(kind: string, identifier: string): unknown
  put(kind: string, identifier: string, value: unknown): void
  /** Its tags were written lately: an index of tags may not know yet. */
  hasFreshTags(identifier: string): boolean
  /** Forgets what is known about every resource that the call names. */
  wrote(action: AwsAction, input: unknown): void
}

interface Entry {
  readonly value: unknown
  /** Pass in which it is due again. */
  readonly due: number
}

/** Passes for which tags that we wrote are not taken from the index. */
const FRESH_PASSES = 2

/**
 * @param everyPasses a value is read again after this many passes, give or take a quarter
 * @param random from 0 up to, not including, 1
 */
export function createObserveCache(everyPasses = 20, random: () => number = Math.random): ObserveCache {
  const entries = new Map<string, Map<string, Entry>>()
  const freshTags = new Map<string, number>()
  let pass = 0

  const put = (kind: string, identifier: string, value: unknown): void => {
    const due = pass + Math.max(1, Math.round(everyPasses * (0.75 + random() / 2)))
    const kinds = entries.get(identifier) ?? new Map<string, Entry>()
    kinds.set(kind, { value, due })
    entries.set(identifier, kinds)
  }
  const peek = (kind: string, identifier: string): unknown => {
    const entry = entries.get(identifier)?.get(kind)
    return entry === undefined || entry.due <= pass ? undefined : entry.value
  }

  return {
    nextPass() {
      pass++
      for (const [identifier, kinds] of entries) {
        for (const [kind, { due }] of kinds) if (due <= pass) kinds.delete(kind)
        if (kinds.size === 0) entries.delete(identifier)
      }
      for (const [identifier, since] of freshTags) if (since + FRESH_PASSES < pass) freshTags.delete(identifier)
    },
    async get(kind, identifier, read) {
      const known = peek(kind, identifier)
      if (known !== undefined) return known as Awaited<ReturnType<typeof read>>
      const value = await read()
      put(kind, identifier, value)
      return value
    },
    peek,
    put,
    hasFreshTags: (identifier) => freshTags.has(identifier),
    wrote(action, input) {
      const isTagging = /:(?:Add|Remove|Create|Delete)Tags/.test(action)
      for (const text of textsOf(input)) {
        entries.delete(text)
        if (isTagging) freshTags.set(text, pass)
      }
    },
  }
}

/** The same API; what is written through it is read anew. */
export function noteWrites(api: AwsApi, cache: ObserveCache): AwsApi {
  return {
    async call(action, input, signal) {
      if (isReadOnly(action)) return api.call(action, input, signal)
      try {
        return await api.call(action, input, signal)
      } finally {
        // Also when it failed: it may have been done.
        cache.wrote(action, input)
      }
    },
  }
}

function* textsOf(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value
  else if (Array.isArray(value)) for (const entry of value) yield* textsOf(entry)
  else if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) {
    for (const entry of Object.values(value)) yield* textsOf(entry)
  }
}
