/**
 * Where every key and value of one document stands. A flat table, because parsed YAML nodes take some thirty times the
 * memory (measured: 32 KB against about 1 KB for an Ingress of 30 lines) and sources are kept as long as objects live.
 */
import { isMap, isScalar, isSeq, type Node } from 'yaml'

export interface PositionTable {
  /** Offset of the value at a path; the nearest ancestor's where the path leads nowhere. */
  valueAt(path: readonly (string | number)[]): number
  /** Offset of the key that leads to the value; the value's own for list entries and the root. */
  keyAt(path: readonly (string | number)[]): number
}

/** A key written twice in one map. */
export interface DuplicateKey {
  readonly key: string
  readonly offset: number
}

interface Rows {
  readonly keys: (string | number)[]
  readonly values: number[]
  readonly keyOffsets: number[]
  /** Row after the last descendant: the next sibling. */
  readonly ends: number[]
  readonly duplicates: DuplicateKey[]
}

/**
 * Reads the positions out of a parsed document.
 *
 * @param start offset of the document in its file, added to every position
 */
export function createPositionTable(
  root: Node,
  start: number,
): { readonly table: PositionTable; readonly duplicates: readonly DuplicateKey[] } {
  const rows: Rows = { keys: [], values: [], keyOffsets: [], ends: [], duplicates: [] }
  addRow(rows, '', root, -1, start, start)
  const { keys, duplicates } = rows
  const values = Uint32Array.from(rows.values)
  const keyOffsets = Uint32Array.from(rows.keyOffsets)
  const ends = Uint32Array.from(rows.ends)
  const find = (path: readonly (string | number)[]): number => {
    let row = 0
    for (const segment of path) {
      const end = ends[row] ?? 0
      let child = row + 1
      while (child < end && keys[child] !== segment) child = ends[child] ?? end
      if (child >= end) return row
      row = child
    }
    return row
  }
  const table: PositionTable = {
    valueAt: (path) => values[find(path)] ?? 0,
    keyAt: (path) => keyOffsets[find(path)] ?? 0,
  }
  return { table, duplicates }
}

function addRow(
  rows: Rows,
  key: string | number,
  node: unknown,
  keyOffset: number,
  fallback: number,
  start: number,
): void {
  const row = rows.keys.length
  const value = offsetOf(node, start) ?? (keyOffset === -1 ? fallback : keyOffset)
  rows.keys.push(key)
  rows.values.push(value)
  rows.keyOffsets.push(keyOffset === -1 ? value : keyOffset)
  rows.ends.push(0)
  if (isMap(node)) {
    const seen = new Set<string>()
    for (const pair of node.items) {
      const name = nameOf(pair.key)
      const offset = offsetOf(pair.key, start) ?? value
      if (seen.has(name) && name !== '<<') rows.duplicates.push({ key: name, offset })
      seen.add(name)
      addRow(rows, name, pair.value, offset, value, start)
    }
  } else if (isSeq(node)) {
    node.items.forEach((item, index) => addRow(rows, index, item, -1, value, start))
  }
  rows.ends[row] = rows.keys.length
}

function nameOf(key: unknown): string {
  if (!isScalar(key)) return ''
  const { value } = key
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}

function offsetOf(node: unknown, start: number): number | undefined {
  const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined
  const offset: unknown = Array.isArray(range) ? range[0] : undefined
  return typeof offset === 'number' ? start + offset : undefined
}
