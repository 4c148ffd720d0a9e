/** Patterns of host and path conditions: `*` is any text, `?` one character. Source: elbv2 API, RuleCondition. */

/** True when the text matches the whole pattern. */
export function matchesGlob(pattern: string, text: string): boolean {
  return runGlob(pattern, text, () => true)
}

/**
 * True only when everything that `inner` matches is matched by `outer`. It may miss unusual pairs, such as `*?` and `?*`.
 */
export function coversGlob(outer: string, inner: string): boolean {
  // A wildcard of the inner pattern stands for texts that only a wildcard of the outer one can take in.
  return runGlob(outer, inner, (token, char) => char !== '*' && (token === '?' || char !== '?'))
}

/** Number of `*` and `?`. */
export function countWildcards(pattern: string): number {
  return pattern.replaceAll(/[^*?]/g, '').length
}

/** Greedy matching with one point to go back to: linear in pattern times text. */
function runGlob(pattern: string, text: string, takes: (token: string, char: string) => boolean): boolean {
  let at = 0
  let star = -1
  let resume = 0
  for (let i = 0; i < text.length;) {
    const token = pattern[at]
    const char = text[i] ?? ''
    if (token === '*') {
      star = at++
      resume = i
    } else if (token !== undefined && (token === '?' || token === char) && takes(token, char)) {
      at++
      i++
    } else if (star >= 0) {
      at = star + 1
      i = ++resume
    } else return false
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}
