/** Which annotation a person meant: the same name misspelt, or under another prefix. */
import { closestName, editDistance, normalizeName } from '../../base/edit-distance.ts'
import { findRow, lookUp, VOCABULARIES } from './registry.ts'
import type { Vocabulary } from './vocabulary.ts'

/**
 * The full name meant by an unknown name under a known prefix, or `null`. Looks for near spellings in the same
 * vocabulary first, then for the exact name in another one, then for a name of which this is the beginning.
 */
export function suggestName(vocabulary: Vocabulary, name: string): string | null {
  const near = nearName(vocabulary, name)
  if (near !== null) return near
  for (const other of VOCABULARIES) {
    if (other !== vocabulary && findRow(other, name) !== undefined) return `${other.prefix}${name}`
  }
  return longerName(vocabulary, name)
}

/**
 * The full name meant by an annotation under a prefix that nobody owns, or `null`. The prefix must be near one of
 * ours, or look like an ingress controller's while the name is one of ours to the letter.
 */
export function suggestPrefix(prefix: string, name: string): string | null {
  for (const vocabulary of VOCABULARIES) {
    if (!isNearPrefix(prefix, vocabulary.prefix)) continue
    const known = resolveName(vocabulary, name) ?? nearName(vocabulary, name)
    if (known !== null) return known
  }
  if (!/ingress|nginx|contour|(?:^|[.-])alb[.-]/i.test(prefix)) return null
  for (const vocabulary of VOCABULARIES) {
    const known = resolveName(vocabulary, name)
    if (known !== null && name.includes('-')) return known
  }
  return null
}

/** A name without a prefix, such as `rewrite-target`, if it is exactly one of ours and of several words. */
export function suggestForBareName(name: string): string | null {
  if (!name.includes('-')) return null
  for (const vocabulary of VOCABULARIES) {
    const known = resolveName(vocabulary, name)
    if (known !== null) return known
  }
  return null
}

/** Today's full name of an exact name or alias. */
function resolveName(vocabulary: Vocabulary, name: string): string | null {
  if (findRow(vocabulary, name) !== undefined) return `${vocabulary.prefix}${name}`
  return lookUp(vocabulary.aliases, name) ?? null
}

function nearName(vocabulary: Vocabulary, name: string): string | null {
  const families = vocabulary.rows.filter((row) => row.name.endsWith('.*')).map((row) => row.name.slice(0, -2))
  const dot = name.indexOf('.')
  if (dot > 0 && dot < name.length - 1) {
    const family = closestName(name.slice(0, dot), families)
    if (family !== null) return `${vocabulary.prefix}${family}${name.slice(dot)}`
  }
  const names = vocabulary.rows.filter((row) => !row.name.endsWith('.*')).map((row) => row.name)
  const close = closestName(name, [...names, ...Object.keys(vocabulary.aliases)])
  if (close === null) return null
  return resolveName(vocabulary, close)
}

/** `healthcheck-interval` stands for `healthcheck-interval-seconds` if no other name begins so. */
function longerName(vocabulary: Vocabulary, name: string): string | null {
  const wanted = normalizeName(name)
  if (wanted.length < 8) return null
  const longer = vocabulary.rows.filter((row) => normalizeName(row.name).startsWith(wanted))
  return longer.length === 1 && longer[0] !== undefined ? `${vocabulary.prefix}${longer[0].name}` : null
}

/** Prefixes are long and alike (`nginx.` and `alb.ingress...`), so only two mistakes make them near. */
function isNearPrefix(prefix: string, known: string): boolean {
  return editDistance(normalizeName(prefix), normalizeName(known), 2) <= 2
}
