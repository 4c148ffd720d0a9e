/** One copy of texts that thousands of objects share: namespaces, labels, moments of creation. */

/** Texts that are remembered; then it begins anew, so that texts which never come again cost nothing for long. */
const MOST = 8192
/** Longer ones are rarely said twice. */
const LONGEST = 128

const known = new Map<string, string>()

/** @returns the same text; equal ones are one string in memory, as far as they are remembered */
export function intern(text: string): string {
  if (text.length > LONGEST) return text
  const before = known.get(text)
  if (before !== undefined) return before
  if (known.size >= MOST) known.clear()
  known.set(text, text)
  return text
}
