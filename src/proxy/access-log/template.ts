/** Splits an nginx `log_format` template into literal text and variables. */
import { toByteString } from '../../routing/path-match.ts'

export type TemplatePart =
  /** Bytes as one character each. */
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'variable'; readonly name: string }

const VARIABLE = /\$(?:\{([A-Za-z0-9_]+)\}|([A-Za-z0-9_]+))/g

/**
 * Reads `$name` and `${name}`; a `$` that begins neither is literal text. Total: every template has parts.
 *
 * @param template text as in the ConfigMap; line breaks become spaces, so that one request stays one line
 */
export function parseTemplate(template: string): readonly TemplatePart[] {
  const oneLine = template.replace(/\s*[\r\n]+\s*/g, ' ').trim()
  const parts: TemplatePart[] = []
  let from = 0
  for (const match of oneLine.matchAll(VARIABLE)) {
    if (match.index > from) parts.push({ kind: 'text', text: toByteString(oneLine.slice(from, match.index)) })
    parts.push({ kind: 'variable', name: (match[1] ?? match[2] ?? '').toLowerCase() })
    from = match.index + match[0].length
  }
  if (from < oneLine.length) parts.push({ kind: 'text', text: toByteString(oneLine.slice(from)) })
  return parts
}
