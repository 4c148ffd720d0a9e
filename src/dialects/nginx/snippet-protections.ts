/**
 * Whether a refused snippet meant protection. Routes without it would be open to those whom it kept out, so they are closed
 * unless typed annotations beside the snippet say the same.
 */
import { replace } from './snippet-replacements.ts'
import { type Directive, parseSnippet } from './snippet-syntax.ts'

/** Directives whose very name asks for protection. */
const NAMES =
  /^(?:deny|allow|satisfy|internal|auth_\w+|access_by_lua\w*|modsecurity\w*|limit_(?:req|conn|except)|secure_link\w*|valid_referers|\w*ssl_verify\w*|ssl_client_certificate|proxy_ssl_trusted_certificate)$/
/** In a text that cannot be parsed. */
const WORDS =
  /\b(?:deny|allow|satisfy|internal|auth_\w+|access_by_lua|modsecurity|limit_(?:req|conn|except)|secure_link|valid_referers|\w*ssl_verify\w*|return\s+(?:401|403|404|405|444))\b/
/** Answers that turn a request away. */
const REFUSALS: readonly (string | undefined)[] = ['401', '403', '404', '405', '444']
const LISTS = ['allowlist-source-range', 'whitelist-source-range'].map((name) => `nginx.ingress.kubernetes.io/${name}`)

/** The first directive that means protection, as a message names it; `null` when none does. */
export function protectionInSnippet(text: string): string | null {
  const parsed = parseSnippet(text)
  if (!parsed.ok) return WORDS.exec(text)?.[0] ?? null
  const found = parsed.directives.map(protectiveDirective).find((directive) => directive !== null)
  return found === undefined || found === null ? null : describe(found)
}

/** True when every protection of the text is asked for by typed annotations too. */
export function isProtectionReplaced(text: string, annotations: Readonly<Record<string, string>>): boolean {
  const parsed = parseSnippet(text)
  if (!parsed.ok) return false
  const holds = ({ name, value }: { readonly name: string; readonly value: string }): boolean =>
    Object.hasOwn(annotations, name) && entriesOf(annotations[name] ?? '').includes(value)
  return parsed.directives.every((directive) => {
    if (protectiveDirective(directive) === null) return true
    // What a list of allowed addresses leaves to be denied.
    if (directive.name === 'deny' && directive.args[0] === 'all' && LISTS.some((name) => name in annotations))
      return true
    const own = replace(directive, parsed.directives)
    return own.length > 0 && own.every(({ annotation }) => annotation !== undefined && holds(annotation))
  })
}

/** The whole value, and its lines and list entries. */
function entriesOf(value: string): readonly string[] {
  const trimmed = value.trim()
  return [trimmed, ...trimmed.split(/\r?\n/), ...trimmed.split(',')].map((entry) => entry.trim())
}

function protectiveDirective(directive: Directive): Directive | null {
  if (NAMES.test(directive.name)) return directive
  if (directive.name === 'return' && REFUSALS.includes(directive.args[0])) return directive
  for (const inner of directive.block ?? []) {
    const found = protectiveDirective(inner)
    if (found !== null) return found
  }
  return null
}

function describe({ name, args }: Directive): string {
  const shown = [name, ...args].join(' ')
  return shown.length > 60 ? `${shown.slice(0, 57)}...` : shown
}
