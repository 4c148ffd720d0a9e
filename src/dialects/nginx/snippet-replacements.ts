/**
 * What to write instead of a snippet of nginx configuration, directive by directive. The text is read, never executed; what
 * has no typed equal says so.
 */
import { replaceBlock } from './snippet-blocks.ts'
import { replaceDirective } from './snippet-directives.ts'
import { type Directive, parseSnippet } from './snippet-syntax.ts'
import { GENKAN_NAME, NGINX_NAME, type Replacement } from './snippet-values.ts'

export type { Replacement }

/** In the order of the text; directives that need no replacement say why. Pure; never throws. */
export function replacementsForSnippet(text: string): readonly Replacement[] {
  const parsed = parseSnippet(text)
  if (!parsed.ok) {
    return [{ line: parsed.line, directive: '', note: `the text cannot be read: ${parsed.state}` }]
  }
  return parsed.directives.flatMap((directive) => replace(directive, parsed.directives))
}

/** Of one directive. @param siblings all directives of the same block */
export function replace(directive: Directive, siblings: readonly Directive[]): readonly Replacement[] {
  return directive.block === null
    ? replaceDirective(directive, siblings)
    : replaceBlock(directive, directive.block, (inner, block) => replaceDirective(inner, block))
}

/** Values of these are lists with commas; of those that end in `-set` and `-add`, lines. Others hold one value. */
const COMMA_LISTS: ReadonlySet<string> = new Set(
  ['allow-methods', 'compression', 'deny-user-agents', 'request-headers-remove', 'response-headers-remove'].map(
    (name) => GENKAN_NAME + name,
  ),
)
const NGINX_COMMA_LISTS: ReadonlySet<string> = new Set(
  ['allowlist-source-range', 'denylist-source-range'].map((name) => NGINX_NAME + name),
)
const LINE_LISTS: ReadonlySet<string> = new Set(
  [
    'deny-paths',
    'path-settings',
    'redirects',
    'request-headers-add',
    'request-headers-set',
    'response-headers-add',
    'response-headers-set',
  ].map((name) => GENKAN_NAME + name),
)

/** One annotation of each name, with what all replacements put into it; sorted by name. */
export function annotationsOf(
  replacements: readonly Replacement[],
): readonly { readonly name: string; readonly value: string }[] {
  const values = new Map<string, string>()
  for (const { annotation } of replacements) {
    if (annotation === undefined) continue
    const { name, value } = annotation
    const before = values.get(name)
    values.set(name, before === undefined ? value : joined(name, before, value))
  }
  return [...values].map(([name, value]) => ({ name, value })).sort((a, b) => (a.name < b.name ? -1 : 1))
}

function joined(name: string, before: string, value: string): string {
  if (LINE_LISTS.has(name)) return before.split('\n').includes(value) ? before : `${before}\n${value}`
  if (COMMA_LISTS.has(name) || NGINX_COMMA_LISTS.has(name)) {
    return before.split(', ').includes(value) ? before : `${before}, ${value}`
  }
  // As in nginx's own text, the later one counts.
  return value
}
