/** How an Ingress wants its requests spread over pods: way of balancing, affinity, canary. Plain data. */
import type { AffinityConfig } from '../../routing/affinity.ts'
import type { BalancerConfig } from '../../routing/balancer.ts'
import type { CanaryConfig } from '../../routing/canary.ts'

export interface AffinitySettings {
  readonly isOn: boolean
  readonly mode: AffinityConfig['mode']
  readonly changesOnFailure: boolean
  readonly isIgnoredByCanary: boolean
  /** Empty path = that of the rule. */
  readonly cookie: AffinityConfig['cookie']
}

export interface CanarySettings {
  /** The Ingress is a canary: it has no routes of its own. */
  readonly isOn: boolean
  /** Empty = none. */
  readonly header: string
  readonly headerValue: string
  readonly headerPattern: string
  readonly cookie: string
  readonly weight: number
  readonly weightTotal: number
}

export interface BalancingSettings {
  /** What the Ingress itself says; `null` = nothing. */
  readonly algorithm: BalancerConfig | null
  /** Where no Ingress says anything. */
  readonly defaultAlgorithm: BalancerConfig | null
  /** Text with variables; empty = no hashing. */
  readonly hashBy: string
  readonly isHashedBySubset: boolean
  readonly subsetSize: number
  readonly affinity: AffinitySettings
  readonly canary: CanarySettings
  /** Requests go to the Service's address instead of its endpoints; `null` = the Ingress does not say. */
  readonly usesServiceAddress: boolean | null
  /** Where no Ingress says anything. */
  readonly defaultUsesServiceAddress: boolean
}

/** ingress-nginx's defaults (docs/nginx-annotations.md: Load balancing, Canaries). */
export const PLAIN_BALANCING: BalancingSettings = {
  algorithm: null,
  defaultAlgorithm: null,
  hashBy: '',
  isHashedBySubset: false,
  subsetSize: 3,
  affinity: {
    isOn: false,
    mode: 'balanced',
    changesOnFailure: false,
    isIgnoredByCanary: false,
    cookie: { name: 'INGRESSCOOKIE', path: '' },
  },
  canary: {
    isOn: false,
    header: '',
    headerValue: '',
    headerPattern: '',
    cookie: '',
    weight: 0,
    weightTotal: 100,
  },
  usesServiceAddress: null,
  defaultUsesServiceAddress: false,
}

/** What an Ingress says about balancing of its Services; hashing wins. `null` = nothing. */
export function balancerOf(settings: BalancingSettings): BalancerConfig | null {
  const { hashBy, isHashedBySubset, subsetSize, algorithm } = settings
  if (hashBy === '') return algorithm
  return isHashedBySubset ? { kind: 'subset-hash', key: hashBy, size: subsetSize } : { kind: 'hash', key: hashBy }
}

/** @param path of the rule @param isRegex it is matched as an expression */
export function affinityOf({ affinity }: BalancingSettings, path: string, isRegex: boolean): AffinityConfig | null {
  if (!affinity.isOn) return null
  const { mode, changesOnFailure, isIgnoredByCanary, cookie } = affinity
  return {
    mode,
    cookie: cookie.path === '' ? { ...cookie, path: cookiePath(path, isRegex) } : cookie,
    ...(changesOnFailure ? { changesOnFailure } : {}),
    ...(isIgnoredByCanary ? { isIgnoredByCanary } : {}),
  }
}

/** No browser would send a cookie for the text of an expression; `;` would end the attribute. */
function cookiePath(path: string, isRegex: boolean): string {
  return /^\/[\x21-\x3a\x3c-\x7e]*$/.test(path) && !(isRegex && /[\\^$.|?*+()[\]{}]/.test(path)) ? path : '/'
}

/** @param affinity of the canary's endpoints */
export function canaryOf(
  { canary }: BalancingSettings,
  backendId: string,
  affinity: AffinityConfig | null,
): CanaryConfig {
  const { header, headerValue, headerPattern, cookie, weight, weightTotal } = canary
  const value = headerValue === '' ? {} : { value: headerValue }
  const pattern = headerValue !== '' || headerPattern === '' ? {} : { pattern: headerPattern }
  return {
    backendId,
    ...(header === '' ? {} : { header: { name: header, ...value, ...pattern } }),
    ...(cookie === '' ? {} : { cookie }),
    weight,
    weightTotal: Math.max(100, weightTotal),
    ...(affinity === null ? {} : { affinity }),
  }
}
