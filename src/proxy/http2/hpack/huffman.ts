/**
 * Huffman decoding (RFC 7541, 5.2 and appendix B). The code is canonical, so its lengths alone give it: codes of one
 * length follow each other in the order of their symbols. Decoded four bits at a time through a table made at load:
 * 16 KiB that stay in the processor's first cache, and never more than one character a step.
 *
 * There is no encoder: what we send repeatedly is one byte of index, and what we send once is not worth the time.
 */

/** Bits of the code of each character; the last is the end of the string, which may never be sent. */
const CODE_BITS: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28,
  28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6,
  5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23,
  22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22,
  23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26,
  20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27,
  27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27,
  27, 27, 27, 26, 30,
]
const END_OF_STRING = 256
const LONGEST_CODE = 30

/** In a step: the character is complete. */
const EMITS = 0x100
/** In a step: no code begins like this. */
const FAILS = 0x200
const STATE_SHIFT = 16

/** Next state, flags and character for each state and the next four bits. */
const STEPS = new Int32Array(256 * 16)
/** 1 for states in which a string may end: up to seven bits of the end-of-string code, all ones. */
const MAY_END = new Uint8Array(256)

/** A node of the code tree: two children, each a node's number or, below zero, `-1 - symbol`. */
type Tree = [number, number][]

function buildTree(): Tree {
  const tree: Tree = [[0, 0]]
  let code = 0
  for (let bits = 1; bits <= LONGEST_CODE; bits++) {
    code *= 2
    for (let symbol = 0; symbol <= END_OF_STRING; symbol++) {
      if (CODE_BITS[symbol] !== bits) continue
      insert(tree, code, bits, symbol)
      code++
    }
  }
  return tree
}

function insert(tree: Tree, code: number, bits: number, symbol: number): void {
  let node = 0
  for (let bit = bits - 1; bit > 0; bit--) {
    const side = (code >>> bit) & 1
    let child = tree[node]![side]!
    if (child === 0) {
      child = tree.length
      tree.push([0, 0])
      tree[node]![side] = child
    }
    node = child
  }
  tree[node]![code & 1] = -1 - symbol
}

function buildSteps(): void {
  const tree = buildTree()
  for (let state = 0; state < tree.length; state++) {
    for (let nibble = 0; nibble < 16; nibble++) STEPS[state * 16 + nibble] = toStep(tree, state, nibble)
  }
  // Padding is the beginning of the end-of-string code: ones only, fewer than eight.
  let node = 0
  for (let bits = 0; bits < 8; bits++) {
    MAY_END[node] = 1
    node = tree[node]![1]
  }
}

function toStep(tree: Tree, state: number, nibble: number): number {
  let node = state
  let emitted = 0
  for (let bit = 3; bit >= 0; bit--) {
    const child = tree[node]![(nibble >>> bit) & 1]!
    if (child >= 0) {
      node = child
      continue
    }
    const symbol = -1 - child
    if (symbol === END_OF_STRING) return FAILS
    emitted = EMITS | symbol
    node = 0
  }
  return (node << STATE_SHIFT) | emitted
}

buildSteps()

/** The shortest code has five bits: a decoded string is at most this many times as long. */
export const MOST_GROWTH = 8 / 5

/**
 * Decodes `input[start, end)` into `out`, which has room for {@link MOST_GROWTH} times as much.
 *
 * @returns how many bytes were written, or -1 when the input is no Huffman string
 */
export function decodeHuffman(input: Uint8Array, start: number, end: number, out: Uint8Array): number {
  let state = 0
  let at = 0
  for (let i = start; i < end; i++) {
    const byte = input[i]!
    let step = STEPS[(state << 4) | (byte >>> 4)]!
    if ((step & (EMITS | FAILS)) !== 0) {
      if ((step & FAILS) !== 0) return -1
      out[at++] = step
    }
    step = STEPS[((step >>> STATE_SHIFT) << 4) | (byte & 15)]!
    if ((step & (EMITS | FAILS)) !== 0) {
      if ((step & FAILS) !== 0) return -1
      out[at++] = step
    }
    state = step >>> STATE_SHIFT
  }
  return MAY_END[state] === 1 ? at : -1
}
