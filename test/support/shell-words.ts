/** Splits a command line as a shell would: blanks, single and double quotes, backslash. No expansion. */
export function splitShellWords(line: string): readonly string[] {
  const words: string[] = []
  let word: string | null = null
  let quote = ''
  for (let i = 0; i < line.length; i++) {
    const char = line[i] ?? ''
    if (quote !== '') {
      if (char === quote) quote = ''
      else if (char === '\\' && quote === '"' && '"\\$`'.includes(line[i + 1] ?? ' ')) word = (word ?? '') + line[++i]
      else word = (word ?? '') + char
    } else if (char === "'" || char === '"') {
      quote = char
      word ??= ''
    } else if (char === ' ') {
      if (word !== null) words.push(word)
      word = null
    } else if (char === '\\') word = (word ?? '') + (line[++i] ?? '')
    else word = (word ?? '') + char
  }
  if (word !== null) words.push(word)
  return words
}
