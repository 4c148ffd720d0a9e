/**
 * Classic BPF programs (linux/filter.h) for the packet sockets: the kernel drops what cannot concern an announced address
 * before this process wakes, so that a storm about other addresses costs nothing here.
 */

/** Programs for more addresses than this let every packet of the right kind pass: the kernel bounds their length. */
export const MAX_FILTERED_WORDS = 256

const LOAD_WORD = 0x20
const LOAD_HALF = 0x28
const LOAD_BYTE = 0x30
const JUMP_EQUAL = 0x15
const JUMP_GREATER = 0x25
const RETURN = 0x06
/** SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT: the tag itself is no longer in the bytes. */
const VLAN_TAG_PRESENT = 0xffff_f000 + 48
const WHOLE = 0x0004_0000

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, operand: number]

const DROP: Instruction = [RETURN, 0, 0, 0]
const PASS: Instruction = [RETURN, 0, 0, WHOLE]

/**
 * Untagged requests and replies in which an announced address is the target or the sender.
 *
 * @param addresses each as a number; `null` = whatever address it is about
 */
export function arpFilter(addresses: readonly number[] | null): Buffer {
  return assemble([
    ...untagged(),
    ...unlessEqual(LOAD_HALF, 12, 0x0806),
    [LOAD_HALF, 0, 0, 20],
    [JUMP_GREATER, 0, 1, 2],
    DROP,
    ...passWhere([28, 38], addresses),
  ])
}

/**
 * Untagged solicitations and advertisements whose target ends like an announced address.
 *
 * @param words the last four bytes of each address, as a number; `null` = whatever address it is about
 */
export function ndpFilter(words: readonly number[] | null): Buffer {
  return assemble([
    ...untagged(),
    ...unlessEqual(LOAD_HALF, 12, 0x86dd),
    ...unlessEqual(LOAD_BYTE, 20, 58),
    ...unlessEqual(LOAD_BYTE, 21, 255),
    [LOAD_BYTE, 0, 0, 54],
    [JUMP_EQUAL, 2, 0, 135],
    [JUMP_EQUAL, 1, 0, 136],
    DROP,
    ...passWhere([74], words),
  ])
}

function untagged(): readonly Instruction[] {
  return [[LOAD_WORD, 0, 0, VLAN_TAG_PRESENT], [JUMP_EQUAL, 1, 0, 0], DROP]
}

function unlessEqual(load: number, offset: number, value: number): readonly Instruction[] {
  return [[load, 0, 0, offset], [JUMP_EQUAL, 1, 0, value], DROP]
}

function passWhere(offsets: readonly number[], words: readonly number[] | null): readonly Instruction[] {
  if (words === null || words.length > MAX_FILTERED_WORDS) return [PASS]
  const tests = words.flatMap((word): Instruction[] => [[JUMP_EQUAL, 0, 1, word], PASS])
  return [...offsets.flatMap((offset): Instruction[] => [[LOAD_WORD, 0, 0, offset], ...tests]), DROP]
}

function assemble(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8)
  for (const [index, [code, ifTrue, ifFalse, operand]] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8)
    bytes[index * 8 + 2] = ifTrue
    bytes[index * 8 + 3] = ifFalse
    bytes.writeUInt32LE(operand, index * 8 + 4)
  }
  return bytes
}
