/** What is due when: a binary heap, because thousands of addresses have announcements under way after a node was lost. */
export interface DeadlineQueue<T> {
  add(atMs: number, what: T): void
  /** Takes the earliest that is due at `nowMs`; `undefined` = none is. Equal times come out in any order. */
  takeDue(nowMs: number): T | undefined
  /** `Infinity` when empty. */
  nextMs(): number
}

interface Entry<T> {
  readonly atMs: number
  readonly what: T
}

export function createDeadlineQueue<T>(): DeadlineQueue<T> {
  const heap: Entry<T>[] = []
  return {
    add(atMs, what) {
      heap.push({ atMs, what })
      for (let at = heap.length - 1; at > 0;) {
        const parent = (at - 1) >> 1
        if (heap[parent]!.atMs <= heap[at]!.atMs) break
        swap(heap, at, parent)
        at = parent
      }
    },
    takeDue(nowMs) {
      if (heap.length === 0 || heap[0]!.atMs > nowMs) return undefined
      const { what } = heap[0]!
      const last = heap.pop()!
      if (heap.length > 0) {
        heap[0] = last
        sink(heap)
      }
      return what
    },
    nextMs: () => heap[0]?.atMs ?? Infinity,
  }
}

function sink<T>(heap: Entry<T>[]): void {
  for (let at = 0; ;) {
    let least = at
    for (const child of [2 * at + 1, 2 * at + 2])
      if (child < heap.length && heap[child]!.atMs < heap[least]!.atMs) least = child
    if (least === at) return
    swap(heap, at, least)
    at = least
  }
}

function swap<T>(heap: Entry<T>[], a: number, b: number): void {
  const entry = heap[a]!
  heap[a] = heap[b]!
  heap[b] = entry
}
