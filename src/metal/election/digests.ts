/**
 * Digests of nodes and addresses, which put nodes in an order for each address. They are the most expensive part of a decision and
 * never change, so the first 48 bits of each are kept: 8 bytes for each address and node.
 */
import { hash } from 'node:crypto'
import { compareText } from '../../base/finding.ts'

/** Room for nodes that come later. */
const SPARE = 8

export class Digests {
  /** Where a node's value is in each row. */
  #columns = new Map<string, number>()
  #rows = new Map<string, Float64Array<ArrayBuffer>>()

  /** Forgets other nodes once they are more than these. Columns are others afterwards. */
  keepNodes(nodes: readonly { readonly name: string }[]): void {
    if (this.#columns.size <= 2 * nodes.length + SPARE) return
    this.#columns = new Map()
    this.#rows = new Map()
  }

  /** Forgets other addresses once they are more than these. */
  keepAddresses(groups: readonly { readonly firstAddress: string }[]): void {
    if (this.#rows.size <= 2 * groups.length + SPARE) return
    const known = this.#rows
    this.#rows = new Map()
    for (const { firstAddress } of groups) {
      const row = known.get(firstAddress)
      if (row !== undefined) this.#rows.set(firstAddress, row)
    }
  }

  /** For `headOf`; holds until `keepNodes`. */
  columnOf(node: string): number {
    const known = this.#columns.get(node)
    if (known !== undefined) return known
    const column = this.#columns.size
    this.#columns.set(node, column)
    return column
  }

  /** For `headOf`, which fills it. */
  rowOf(address: string): Float64Array {
    const row = this.#rows.get(address)
    if (row !== undefined && row.length >= this.#columns.size) return row
    const wider = new Float64Array(this.#columns.size + SPARE).fill(NaN)
    if (row !== undefined) wider.set(row)
    this.#rows.set(address, wider)
    return wider
  }
}

/** The first 48 bits of a node's digest. @param row of the address */
export function headOf(
  row: Float64Array,
  address: string,
  { name, column }: { readonly name: string; readonly column: number },
): number {
  const known = row[column]!
  if (!Number.isNaN(known)) return known
  const head = readHead(name, address)
  row[column] = head
  return head
}

/** Of two nodes whose kept bits are the same. */
export function compareWhole(a: string, b: string, address: string): number {
  return compareText(digestOf(a, address), digestOf(b, address))
}

/** A string of bytes is made in less than half the time that a Buffer takes. */
function readHead(nodeName: string, address: string): number {
  const bytes = hash('sha256', `${nodeName}#${address}`, 'binary')
  let head = 0
  for (let at = 0; at < 6; at++) head = head * 256 + bytes.charCodeAt(at)
  return head
}

/** Source: MetalLB since 0.11, so that a cluster that runs both decides alike. */
function digestOf(nodeName: string, address: string): string {
  return hash('sha256', `${nodeName}#${address}`, 'hex')
}
