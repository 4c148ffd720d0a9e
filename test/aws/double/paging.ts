import { refuse } from './refusal.ts'

/** One page of a list; the marker is the index at which it begins. */
export function page<T>(
  all: readonly T[],
  marker: string | undefined,
  size: number,
): { readonly items: T[]; readonly next?: string } {
  const start = marker === undefined || marker === '' ? 0 : Number(marker)
  if (!Number.isInteger(start) || start < 0) refuse('ValidationError', `Invalid marker '${marker ?? ''}'`)
  const items = all.slice(start, start + size)
  return start + size < all.length ? { items, next: String(start + size) } : { items }
}
