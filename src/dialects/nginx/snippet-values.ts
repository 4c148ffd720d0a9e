/** Parts of nginx directives in the words of annotations. */
import type { Directive } from './snippet-syntax.ts'

export interface Replacement {
  /** One-based line in the snippet. */
  readonly line: number
  /** Its first word; empty when the text as a whole could not be read. */
  readonly directive: string
  /** Full name and the value that does the same; absent where no annotation does. */
  readonly annotation?: { readonly name: string; readonly value: string }
  /** What to know about it; may be empty where there is an annotation. */
  readonly note: string
}

export const GENKAN_NAME = 'genkan.dev/'
export const NGINX_NAME = 'nginx.ingress.kubernetes.io/'

export function suggest(directive: Directive, name: string, value: string, note = ''): Replacement {
  return { line: directive.line, directive: directive.name, annotation: { name, value }, note }
}

export function remarkOn(directive: Directive, note: string): Replacement {
  return { line: directive.line, directive: directive.name, note }
}

/** `1m`, `90s`, `1h30m` as whole seconds; `null` for anything else. */
export function toSeconds(text: string): string | null {
  const match = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?$/.exec(text)
  if (match === null || text === '') return null
  const [, hours = '0', minutes = '0', seconds = '0'] = match
  return String(Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds))
}

/** True when the text has nginx variables or captures in it. */
export function hasVariables(text: string): boolean {
  return /\$(?:\w|\{)/.test(text)
}
