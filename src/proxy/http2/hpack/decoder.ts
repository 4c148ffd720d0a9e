/**
 * HPACK decoding (RFC 7541): the dynamic table of one connection and the field lists of its header blocks. Entries are
 * {@link HeaderField} objects that lists refer to, so a block of one-byte references to a large entry (an HPACK bomb) costs
 * no memory; beyond the caller's bound fields are counted and not even referred to.
 */
import { HeaderField } from '../header-field.ts'
import { decodeHuffman, MOST_GROWTH } from './huffman.ts'
import { STATIC_ENTRIES } from './static-table.ts'

/** SETTINGS_HEADER_TABLE_SIZE that we offer: the default, bytes. */
export const TABLE_BYTES = 4096
/** Each entry counts 32 bytes and more, so there are never more. */
const MOST_ENTRIES = 128
const MASK = MOST_ENTRIES - 1
const STATIC_FIELDS: readonly HeaderField[] = STATIC_ENTRIES.map(([name, value]) => new HeaderField(name, value))
const STATIC_COUNT = STATIC_FIELDS.length

/** Integers end after this many continuation bytes: 2^28 is beyond every length and index. */
const MOST_INTEGER_BYTES = 4

/** One for all connections: a string is made before the next is decoded. */
let scratch = Buffer.allocUnsafeSlow(8192)

export class HpackDecoder {
  /** The fields of the last block in order; overwritten by the next. Those above the bounds are missing. */
  readonly fields: HeaderField[] = []
  /** Size of the last block's list by RFC 9113, 6.5.2, missing fields included. */
  listBytes = 0
  /** True when the last block had more bytes or fields than were allowed. */
  isTooLarge = false
  /** Newest at `#newest`, older ones before it, in a ring. */
  readonly #entries: HeaderField[] = []
  #newest = -1
  #count = 0
  #tableBytes = 0
  #maxTableBytes = TABLE_BYTES
  /** Where the decoder is in the block; -1 after an error. */
  #at = 0

  /**
   * Decodes one whole block into {@link fields}.
   *
   * @param maxListBytes bound for names, values and 32 bytes a field
   * @param maxFields bound for the number of fields
   * @returns false on a COMPRESSION_ERROR: the connection cannot go on
   */
  decode(block: Buffer, start: number, end: number, maxListBytes: number, maxFields: number): boolean {
    const { fields } = this
    fields.length = 0
    this.isTooLarge = false
    let listBytes = 0
    let hasFields = false
    this.#at = start
    while (this.#at < end) {
      const byte = block[this.#at]!
      let field: HeaderField | null
      if ((byte & 0x80) !== 0) {
        // Most fields of most requests: one byte.
        if (byte !== 0xff) this.#at++
        field = this.#lookUp(byte === 0xff ? this.#readInteger(block, end, 7) : byte & 0x7f)
      } else if ((byte & 0xe0) === 0x20) {
        const size = this.#readInteger(block, end, 5)
        // Only before the first field (RFC 7541, 4.2), and never above what we offered.
        if (hasFields || this.#at === -1 || size > TABLE_BYTES) return false
        this.#maxTableBytes = size
        this.#evict(0)
        continue
      } else {
        const isIndexed = (byte & 0x40) !== 0
        field = this.#readLiteral(block, end, isIndexed ? 6 : 4)
        if (field !== null && isIndexed) this.#insert(field)
      }
      if (field === null) return false
      hasFields = true
      listBytes += field.size
      if (listBytes <= maxListBytes && fields.length < maxFields) fields.push(field)
      else this.isTooLarge = true
    }
    this.listBytes = listBytes
    return this.#at === end
  }

  #lookUp(index: number): HeaderField | null {
    if (this.#at === -1 || index === 0) return null
    if (index <= STATIC_COUNT) return STATIC_FIELDS[index - 1]!
    const age = index - STATIC_COUNT - 1
    return age < this.#count ? this.#entries[(this.#newest - age) & MASK]! : null
  }

  #readLiteral(block: Buffer, end: number, prefixBits: number): HeaderField | null {
    const index = this.#readInteger(block, end, prefixBits)
    if (this.#at === -1) return null
    let name: string
    if (index === 0) {
      name = this.#readString(block, end)
    } else {
      const known = this.#lookUp(index)
      if (known === null) return null
      name = known.name
    }
    if (this.#at === -1) return null
    const value = this.#readString(block, end)
    return this.#at === -1 ? null : new HeaderField(name, value)
  }

  #readInteger(block: Buffer, end: number, prefixBits: number): number {
    const most = (1 << prefixBits) - 1
    let value = block[this.#at++]! & most
    if (value < most) return value
    for (let shift = 0; shift < 7 * MOST_INTEGER_BYTES; shift += 7) {
      if (this.#at >= end) break
      const byte = block[this.#at++]!
      value += (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    this.#at = -1
    return -1
  }

  #readString(block: Buffer, end: number): string {
    if (this.#at >= end) {
      this.#at = -1
      return ''
    }
    const isHuffman = block[this.#at]! >= 0x80
    const length = this.#readInteger(block, end, 7)
    const from = this.#at
    if (from === -1 || length > end - from) {
      this.#at = -1
      return ''
    }
    this.#at = from + length
    if (!isHuffman) return block.toString('latin1', from, from + length)
    const most = Math.ceil(length * MOST_GROWTH)
    if (most > scratch.length) scratch = Buffer.allocUnsafeSlow(most)
    const decoded = decodeHuffman(block, from, from + length, scratch)
    if (decoded !== -1) return scratch.toString('latin1', 0, decoded)
    this.#at = -1
    return ''
  }

  #insert(field: HeaderField): void {
    this.#evict(field.size)
    // An entry larger than the table empties it and is not kept (RFC 7541, 4.4).
    if (field.size > this.#maxTableBytes) return
    this.#newest = (this.#newest + 1) & MASK
    this.#entries[this.#newest] = field
    this.#count++
    this.#tableBytes += field.size
  }

  #evict(room: number): void {
    while (this.#count > 0 && this.#tableBytes + room > this.#maxTableBytes) {
      this.#count--
      const slot = (this.#newest - this.#count) & MASK
      this.#tableBytes -= this.#entries[slot]!.size
      // Let go of, or a client could have us keep 128 entries of 4 KiB.
      this.#entries[slot] = STATIC_FIELDS[0]!
    }
  }
}
