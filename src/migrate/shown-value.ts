/** Values as a page can carry them. */
const LONGEST = 2000

/** Cut in the middle, so that both ends can be recognised. Line feeds stay; they are part of snippets. */
export function shownValue(value: string): string {
  if (value.length <= LONGEST) return value
  return `${value.slice(0, LONGEST / 2)} ... ${value.length - LONGEST} more characters ... ${value.slice(-LONGEST / 2)}`
}
