/**
 * Clients and requests that nobody serves, whatever host and path they ask for: by address, by User-Agent, by Referer
 * (ingress-nginx, configmap.md: block-cidrs and others). Asked before all else, and only where something is blocked.
 */
import { compileLinearRegex, MAX_SUBJECT_LENGTH } from '../base/linear-regex.ts'
import { type CompiledAddressPolicy, compileAddressPolicy } from './address-policy.ts'
import { toByteString } from './path-match.ts'

/** Plain data of the model, checked by the dialect. */
export interface RequestBlocks {
  readonly addresses: readonly string[]
  readonly userAgents: readonly TextPattern[]
  readonly referers: readonly TextPattern[]
}

/** As in nginx's `map`: a whole text in any case of letters, or an expression that may match anywhere. */
export type TextPattern =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'regex'; readonly source: string; readonly caseInsensitive: boolean }

export interface BlockedFacts {
  readonly clientAddress: string
  /** Empty when absent. */
  readonly userAgent: string
  readonly referer: string
}

export interface CompiledBlocks {
  /** Why the request is refused, `null` when it is not. */
  reasonFor(request: BlockedFacts): string | null
}

/** @throws {TypeError} on a range or an expression that dialects refuse */
export function compileBlocks({ addresses, userAgents, referers }: RequestBlocks): CompiledBlocks {
  const policy: CompiledAddressPolicy | null =
    addresses.length === 0 ? null : compileAddressPolicy({ deny: addresses, allow: [] })
  const agents = compileTextPatterns(userAgents)
  const sources = compileTextPatterns(referers)
  return {
    reasonFor({ clientAddress, userAgent, referer }) {
      if (policy !== null && !policy.admits(clientAddress)) return `${clientAddress} is blocked`
      if (agents !== null && userAgent !== '' && agents(userAgent)) return `User-Agent ${userAgent} is blocked`
      if (sources !== null && referer !== '' && sources(referer)) return `Referer ${referer} is blocked`
      return null
    },
  }
}

/** `null` where there is nothing to compare with. @throws {TypeError} on an expression that dialects refuse */
export function compileTextPatterns(patterns: readonly TextPattern[]): ((text: string) => boolean) | null {
  if (patterns.length === 0) return null
  const texts = new Set<string>()
  const regexes = patterns.flatMap((pattern) => {
    if (pattern.kind === 'regex') return [compilePattern(pattern.source, pattern.caseInsensitive)]
    texts.add(toByteString(pattern.text).toLowerCase())
    return []
  })
  return (text) => {
    if (texts.has(text.toLowerCase())) return true
    // Padding must not help past an expression: what is longer is judged by its beginning.
    const judged = text.length > MAX_SUBJECT_LENGTH ? text.slice(0, MAX_SUBJECT_LENGTH) : text
    return regexes.some((regex) => regex.exec(judged) !== null)
  }
}

function compilePattern(source: string, caseInsensitive: boolean): { exec(text: string): RegExpExecArray | null } {
  const regex = compileLinearRegex(toByteString(source), caseInsensitive)
  if ('error' in regex) throw new TypeError(`Cannot compile the expression ${source}: ${regex.error}`)
  return regex
}
