/** What of a stack exists already: pairs, what is missing, and what is too much. Listeners and rules are matched where they are planned. */
import type {
  AwsStack,
  ClassicLoadBalancer,
  ImportedCertificate,
  LoadBalancer,
  ResourceKey,
  SecurityGroup,
  TargetGroup,
} from '../../stack/model.ts'
import type { RuleAction } from '../../stack/rule.ts'
import type { Observed, ObservedResource, ObservedStack } from '../observed.ts'
import { toTagValue } from '../observe/identity.ts'

export interface Pair<T> {
  readonly desired: T
  readonly observed: ObservedResource<T>
}

export interface Missing<T> {
  readonly desired: T
  /** What it takes the place of, where one thing of its id exists that cannot be made into it. */
  readonly replaces: ObservedResource<T> | null
}

export interface Match<T> {
  readonly pairs: readonly Pair<T>[]
  readonly missing: readonly Missing<T>[]
  readonly extras: readonly ObservedResource<T>[]
}

export interface StackMatch {
  readonly securityGroups: Match<SecurityGroup>
  readonly certificates: Match<ImportedCertificate>
  readonly targetGroups: Match<TargetGroup>
  readonly loadBalancers: Match<LoadBalancer>
  readonly classicLoadBalancers: Match<ClassicLoadBalancer>
}

/** @param present only what may be touched */
export function matchStack(desired: AwsStack, present: ObservedStack, observed: Observed): StackMatch {
  const loadBalancers = match(desired.loadBalancers, present.loadBalancers, {
    fits: (one, spec) => one.type === spec.type && one.scheme === spec.scheme,
    rank: (one, { spec }) => (one.name === spec.name ? 0 : 1),
  })
  const homes = homesOf(desired, loadBalancers)
  const inUse = new Set(
    present.listeners.flatMap(({ spec }) => spec.certificates.filter((one) => typeof one === 'string')),
  )
  return {
    loadBalancers,
    targetGroups: match(desired.targetGroups, present.targetGroups, {
      fits: (one, spec, identifier) =>
        isSameGroup(one, spec) && isAtHome(homes.get(one.id), observed.attachments?.get(identifier)),
      rank: (one, { spec, identifier }) => {
        const isAttached = (observed.attachments?.get(identifier) ?? []).length > 0
        return (isAttached ? 0 : 2) + (one.name === spec.name ? 0 : 1)
      },
    }),
    securityGroups: match(desired.securityGroups, present.securityGroups, {
      fits: () => true,
      rank: (one, { spec }) => (one.name === spec.name ? 0 : 1),
    }),
    certificates: match(desired.certificates, present.certificates, {
      fits: () => true,
      // One that was imported twice, because an answer got lost, stays where it serves.
      rank: (_, { identifier }) => (inUse.has(identifier) ? 0 : 1),
    }),
    classicLoadBalancers: match(desired.classicLoadBalancers, present.classicLoadBalancers, {
      fits: (one, spec) => one.name === spec.name && one.scheme === spec.scheme,
      rank: () => 0,
    }),
  }
}

interface Rules<T> {
  /** It can be made into what is desired, or is so. */
  readonly fits: (desired: T, spec: T, identifier: string) => boolean
  /** The least wins. */
  readonly rank: (desired: T, observed: ObservedResource<T>) => number
}

function match<T extends { readonly id: string }>(
  desired: readonly T[],
  present: readonly ObservedResource<T>[],
  rules: Rules<T>,
): Match<T> {
  const left = new Set(present)
  const pairs: Pair<T>[] = []
  const missing: Missing<T>[] = []
  for (const one of desired) {
    const same = [...left].filter(({ spec }) => spec.id === toTagValue(one.id))
    const fitting = same
      .filter(({ spec, identifier }) => rules.fits(one, spec, identifier))
      .sort((a, b) => rules.rank(one, a) - rules.rank(one, b))
    const [best] = fitting
    if (best === undefined) {
      missing.push({ desired: one, replaces: same[0] ?? null })
      continue
    }
    left.delete(best)
    pairs.push({ desired: one, observed: best })
  }
  return { pairs, missing, extras: [...left] }
}

/** Settings of a target group that cannot be changed. */
function isSameGroup(a: TargetGroup, b: TargetGroup): boolean {
  return (
    a.targetType === b.targetType &&
    a.protocol === b.protocol &&
    (a.protocolVersion ?? defaultVersion(a)) === (b.protocolVersion ?? defaultVersion(b)) &&
    a.port === b.port &&
    a.ipAddressType === b.ipAddressType &&
    a.controlPort === b.controlPort
  )
}

function defaultVersion({ protocol }: TargetGroup): string {
  return protocol === 'HTTP' || protocol === 'HTTPS' ? 'HTTP1' : ''
}

/** Load balancers that shall use each target group, by its id: their ARNs, or `null` for one that is yet to be made. */
function homesOf(desired: AwsStack, match: Match<LoadBalancer>): ReadonlyMap<string, ReadonlySet<string | null>> {
  const arns = new Map(match.pairs.map(({ desired: one, observed }) => [one.id, observed.identifier]))
  const listeners = new Map(desired.listeners.map((one) => [`Listener/${one.id}`, one]))
  const homes = new Map<string, Set<string | null>>()
  const add = (listener: (typeof desired.listeners)[number] | undefined, actions: readonly RuleAction[]): void => {
    if (listener === undefined) return
    const { loadBalancer } = listener
    const home =
      typeof loadBalancer === 'string'
        ? loadBalancer
        : (arns.get(loadBalancer.ref.slice('LoadBalancer/'.length)) ?? null)
    for (const key of groupKeysOf(actions)) {
      const id = key.slice('TargetGroup/'.length)
      homes.set(id, (homes.get(id) ?? new Set()).add(home))
    }
  }
  for (const listener of desired.listeners) add(listener, listener.defaultActions)
  for (const rule of desired.rules) {
    if (typeof rule.listener !== 'string') add(listeners.get(rule.listener.ref), rule.actions)
  }
  return homes
}

function groupKeysOf(actions: readonly RuleAction[]): ResourceKey[] {
  return actions.flatMap((action) =>
    action.type === 'forward'
      ? action.targetGroups.flatMap(({ targetGroup }) => (typeof targetGroup === 'string' ? [] : [targetGroup.ref]))
      : [],
  )
}

/** A target group serves one load balancer only: one that serves another cannot be used. */
function isAtHome(home: ReadonlySet<string | null> | undefined, users: readonly string[] | undefined): boolean {
  return home === undefined || (users ?? []).every((arn) => home.has(arn))
}
