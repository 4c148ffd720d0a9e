/** Turns character offsets of a text into lines and columns. */

interface Position {
  /** One-based. */
  readonly line: number
  /** One-based, in UTF-16 code units. */
  readonly column: number
}

export interface LineIndex {
  at(offset: number): Position
}

/** Indexes the line starts of a text on first use: a text without remarks costs nothing. */
export function createLineIndex(text: string): LineIndex {
  let starts: number[] | undefined
  return {
    at(offset) {
      starts ??= findLineStarts(text)
      let low = 0
      let high = starts.length - 1
      while (low < high) {
        const middle = (low + high + 1) >> 1
        if ((starts[middle] ?? 0) <= offset) low = middle
        else high = middle - 1
      }
      return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 }
    },
  }
}

function findLineStarts(text: string): number[] {
  const starts = [0]
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', end + 1)) starts.push(end + 1)
  return starts
}
