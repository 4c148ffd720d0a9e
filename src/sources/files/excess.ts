/**
 * Refuses documents whose parsing would fill the memory, before it begins. The YAML parser bounds nesting itself, but only
 * after it has taken about a kilobyte for each open bracket of the text; and it takes some 500 bytes for each entry.
 */

const MAX_OPEN_BRACKETS = 50_000
/** A kubectl dump of 16 MiB has about 1.5 million; 8 million take 4 GB. */
const MAX_ENTRIES = 2_500_000
/** Lists in lists in one line: `- - - -`. */
const MANY_DASHES = /(?:[-?:][ \t]){5000}/
/** Shorter texts cannot exceed any bound. */
const MIN_LENGTH = 10_000

export interface Excess {
  /** Offset where it is too much. */
  readonly offset: number
  readonly words: string
}

/** What is too much in a text, counted without regard to quotes; `null` when it may be parsed. */
export function findExcess(text: string): Excess | null {
  if (text.length < MIN_LENGTH) return null
  let depth = 0
  let entries = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x5b || code === 0x7b) {
      if (++depth > MAX_OPEN_BRACKETS)
        return { offset: at, words: 'lists or maps are nested too deep; nothing Kubernetes reads is' }
    } else if (code === 0x5d || code === 0x7d) {
      if (depth > 0) depth--
    } else if ((code === 0x0a || code === 0x2c) && ++entries > MAX_ENTRIES) {
      return { offset: at, words: `it has more than ${MAX_ENTRIES} lines and entries; split it into smaller files` }
    }
  }
  const dashes = text.search(MANY_DASHES)
  return dashes === -1
    ? null
    : { offset: dashes, words: 'lists or maps are nested too deep; nothing Kubernetes reads is' }
}
