/**
 * Canaries (ingress-nginx, annotations.md: Canary): a share of a route's requests goes to another backend, under the same rules
 * otherwise. Asked in this order: affinity cookie, header, cookie, weight.
 */
import { compileLinearRegex, type LinearRegex } from '../base/linear-regex.ts'
import { type AffinityConfig, backendFingerprint, readAffinityKey } from './affinity.ts'
import { toByteString } from './path-match.ts'
import { readCookie, readField } from './request-fields.ts'

/** Plain data of the model. */
export interface CanaryConfig {
  readonly backendId: string
  /** `always` and `never` decide, unless `value` or `pattern` is there: then a match is the canary's. */
  readonly header?: { readonly name: string; readonly value?: string; readonly pattern?: string }
  /** Name of a cookie of which `always` and `never` decide. */
  readonly cookie?: string
  /** Of the requests that nothing else decides, `weight` in `weightTotal` are the canary's. */
  readonly weight: number
  readonly weightTotal: number
  /** Keeps clients at one of the canary's endpoints. */
  readonly affinity?: AffinityConfig
}

/** What the choice looks at. */
export interface CanaryFacts {
  /** Header lines as received. */
  readonly rawLines: string
  /** A random number in [0, 1), drawn when asked. */
  readonly draw: () => number
}

/** Who decided, in words for `explain`. */
export interface CanaryChoice {
  readonly isCanary: boolean
  readonly reason: string
}

export interface CompiledCanary<C> {
  readonly cluster: C
  readonly config: CanaryConfig
  choose(request: CanaryFacts): CanaryChoice
}

/** @returns `null` without a canary, or when its backend is unknown */
export function compileCanary<C>(
  config: CanaryConfig | undefined,
  main: { readonly backendId: string; readonly affinity: AffinityConfig | undefined },
  clusters: (backendId: string) => C | null,
): CompiledCanary<C> | null {
  const cluster = config === undefined ? null : clusters(config.backendId)
  if (config === undefined || cluster === null) return null
  const rules = [
    affinityRule(main.affinity?.isIgnoredByCanary === true ? undefined : main.affinity, main.backendId, false),
    affinityRule(config.affinity, config.backendId, true),
    headerRule(config),
    cookieRule(config.cookie),
  ].filter((rule) => rule !== null)
  const byWeight = weightRule(config)
  return {
    cluster,
    config,
    choose(request) {
      for (const rule of rules) {
        const choice = rule(request.rawLines)
        if (choice !== null) return choice
      }
      return byWeight(request)
    },
  }
}

/** @returns `null` where the rule has nothing to say */
type Rule = (rawLines: string) => CanaryChoice | null

function affinityRule(affinity: AffinityConfig | undefined, backendId: string, isCanary: boolean): Rule | null {
  if (affinity === undefined) return null
  const fingerprint = backendFingerprint(backendId)
  const choice = { isCanary, reason: `the affinity cookie ${affinity.cookie.name} stays with ${backendId}` }
  return (rawLines) => (readAffinityKey(affinity, rawLines, fingerprint) === null ? null : choice)
}

function headerRule({ header }: CanaryConfig): Rule | null {
  if (header === undefined) return null
  const { name, value, pattern } = header
  const field = name.toLowerCase()
  if (value !== undefined) {
    const wanted = toByteString(value)
    const choice = { isCanary: true, reason: `the header ${name} is ${value}` }
    return (rawLines) => (readField(rawLines, field) === wanted ? choice : null)
  }
  if (pattern !== undefined) {
    const regex = compilePattern(pattern)
    const choice = { isCanary: true, reason: `the header ${name} matches ${pattern}` }
    return (rawLines) => {
      const text = readField(rawLines, field)
      return regex === null || text === null || regex.exec(text) === null ? null : choice
    }
  }
  return wordRule(`the header ${name}`, (rawLines) => readField(rawLines, field))
}

/** Patterns that cannot run are remarked on by dialects; they match nothing. */
function compilePattern(pattern: string): LinearRegex | null {
  const regex = compileLinearRegex(toByteString(pattern), false)
  return 'error' in regex ? null : regex
}

function cookieRule(name: string | undefined): Rule | null {
  return name === undefined ? null : wordRule(`the cookie ${name}`, (rawLines) => readCookie(rawLines, name))
}

function wordRule(subject: string, read: (rawLines: string) => string | null): Rule {
  const always = { isCanary: true, reason: `${subject} is always` }
  const never = { isCanary: false, reason: `${subject} is never` }
  return (rawLines) => {
    const text = read(rawLines)
    return text === 'always' ? always : text === 'never' ? never : null
  }
}

function weightRule({ weight, weightTotal }: CanaryConfig): (request: CanaryFacts) => CanaryChoice {
  const reason = `${weight} of ${weightTotal} requests go there by weight`
  const yes = { isCanary: true, reason }
  const no = { isCanary: false, reason }
  if (weight <= 0) return () => no
  if (weight >= weightTotal) return () => yes
  return (request) => (request.draw() * weightTotal < weight ? yes : no)
}
