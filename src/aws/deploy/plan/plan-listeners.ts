import type { Listener, ListenerRule, Ref } from '../../stack/model.ts'
import { DEFAULT_QUOTAS } from '../../stack/quotas.ts'
import type { ObservedResource } from '../observed.ts'
import { SECRET_TAG } from '../observe/memory-tags.ts'
import { targetGroupsOf } from '../observe/from-rule.ts'
import { defaultOfListener } from './attribute-defaults.ts'
import { addCertificate, planListenerCertificates, shortArn } from './listener-certificates.ts'
import type { RulePairs } from './pair-rules.ts'
import { deleteRule, matchRules, planRules } from './plan-rules.ts'
import { planAttributes, planTags, writeTags, type Tagged } from './plan-tags.ts'
import { actionsKey, mutualKey } from './same.ts'
import { creationTags, remarkOn, toTagList, type StackContext } from './stack-context.ts'
import { secretFingerprintOf, toActions } from './to-rule.ts'

/** A listener that is wished, what exists on its port, and how its rules become those that are wished. */
export interface ListenerMatch {
  readonly desired: Listener
  /** `null` = its load balancer is yet to be made. */
  readonly balancer: string | null
  readonly observed: ObservedResource<Listener> | null
  readonly rules: RulePairs
}

export interface ListenerMatches {
  readonly listeners: readonly ListenerMatch[]
  /** On load balancers that stay. */
  readonly extras: readonly ObservedResource<Listener>[]
}

/** Finds listeners by load balancer and port, and says of which exist. */
export function matchListeners(context: StackContext): ListenerMatches {
  const { desired, present, match, book, id: stack, observed } = context
  const left = new Set(present.listeners)
  const listeners: ListenerMatch[] = []
  for (const one of desired.listeners) {
    const balancer = book.known(stack, one.loadBalancer)
    const its = [...left].find(({ spec }) => spec.loadBalancer === balancer && spec.port === one.port) ?? null
    const isTaken = (observed.strangers ?? []).some(
      (stranger) => stranger.resource === 'Listener' && stranger.parent === balancer && stranger.place === one.port,
    )
    if (its === null && isTaken) {
      remarkOn(
        context,
        `Listener/${one.id}`,
        `port ${one.port} has a listener that somebody else made; it is left alone, and ours is not created`,
      )
      continue
    }
    if (its !== null) {
      left.delete(its)
      book.identifiers.set(`${stack}#Listener/${one.id}`, its.identifier)
    }
    const rules = its === null ? [] : present.rules.filter(({ spec }) => spec.listener === its.identifier)
    listeners.push({
      desired: one,
      balancer,
      observed: its,
      rules: matchRules(context, one, its?.identifier ?? null, rules),
    })
  }
  for (const { rules } of listeners) {
    for (const pair of rules.pairs)
      book.identifiers.set(`${stack}#ListenerRule/${pair.desired.id}`, pair.observed.identifier)
  }
  const staying = new Set(match.loadBalancers.pairs.map(({ observed: one }) => one.identifier))
  return { listeners, extras: [...left].filter(({ spec }) => staying.has(spec.loadBalancer as string)) }
}

/** Listeners and their rules; those that go come last, unless there is no room for both. */
export function planListeners(context: StackContext, { listeners, extras }: ListenerMatches): void {
  const tight = tightBalancers(context, listeners, extras)
  const isTight = ({ balancer }: ListenerMatch): boolean => balancer !== null && tight.has(balancer)
  /** Operations by load balancer after which there is room for rules, and for verifying clients. */
  const rulesGone = new Map<string, string[]>()
  const verifiersGone = new Map<string, string[]>()
  const note = (map: Map<string, string[]>, balancer: string | null, ids: readonly string[]): void => {
    if (balancer !== null) map.set(balancer, [...(map.get(balancer) ?? []), ...ids])
  }
  const ownDeletes = new Map<ListenerMatch, readonly string[]>()
  for (const one of listeners) {
    if (!isTight(one)) continue
    const ids = one.rules.deletes.map((rule) => deleteRule(context, rule, []))
    ownDeletes.set(one, ids)
    note(rulesGone, one.balancer, ids)
  }
  for (const extra of extras) {
    const balancer = extra.spec.loadBalancer as string
    const id = deleteListener(context, extra)
    if (tight.has(balancer)) note(rulesGone, balancer, [id])
    if (isVerifying(extra.spec)) note(verifiersGone, balancer, [id])
  }
  // A load balancer verifies clients on two listeners at most: those that begin to come after those that cease to.
  const begins = ({ desired, observed }: ListenerMatch): boolean =>
    isVerifying(desired) && (observed === null || !isVerifying(observed.spec))
  for (const one of [...listeners.filter((match) => !begins(match)), ...listeners.filter(begins)]) {
    const own = ownDeletes.get(one)
    const room = one.rules.creates.length > 0 && isTight(one) ? (rulesGone.get(one.balancer ?? '') ?? []) : (own ?? [])
    const before = begins(one) ? (verifiersGone.get(one.balancer ?? '') ?? []) : []
    const { changed, moved } = planListener(context, one, { before, room, areRulesGone: own !== undefined })
    if (one.observed !== null && isVerifying(one.observed.spec) && !isVerifying(one.desired)) {
      note(verifiersGone, one.balancer, changed)
    }
    if (own === undefined) for (const rule of one.rules.deletes) deleteRule(context, rule, moved)
  }
}

function isVerifying({ mutualAuthentication }: Listener): boolean {
  return mutualAuthentication?.mode === 'verify'
}

/** Load balancers on which new rules have no room before old ones are gone. */
function tightBalancers(
  { options }: StackContext,
  listeners: readonly ListenerMatch[],
  extras: readonly ObservedResource<Listener>[],
): ReadonlySet<string> {
  const quota = options.quotas?.rules ?? DEFAULT_QUOTAS['rules-per-application-load-balancer']
  const counts = new Map<string, { present: number; created: number }>()
  for (const { balancer, rules } of listeners) {
    if (balancer === null) continue
    const count = counts.get(balancer) ?? { present: 0, created: 0 }
    count.present += rules.pairs.length + rules.deletes.length
    count.created += rules.creates.length
    counts.set(balancer, count)
  }
  const withExtras = new Set(extras.map(({ spec }) => spec.loadBalancer))
  return new Set(
    [...counts]
      // How many rules a listener that goes has is not worth counting.
      .filter(([arn, { present, created }]) => created > 0 && (present + created > quota || withExtras.has(arn)))
      .map(([arn]) => arn),
  )
}

interface Precedence {
  /** Operations before the listener. */
  readonly before: readonly string[]
  /** Operations before its rules. */
  readonly room: readonly string[]
  /** Rules that are not wished are among them. */
  readonly areRulesGone: boolean
}

/** @returns operations that change the listener, and those after which rules that are not wished may go */
function planListener(
  context: StackContext,
  match: ListenerMatch,
  { before, room, areRulesGone }: Precedence,
): { readonly changed: readonly string[]; readonly moved: readonly string[] } {
  const { desired, observed, rules } = match
  if (observed === null) {
    createListener(context, desired, before)
    planRules(context, desired, rules, room)
    return { changed: [], moved: [] }
  }
  const isLeavingTls = desired.protocol === 'HTTP' && observed.spec.protocol === 'HTTPS'
  const changed = isLeavingTls ? [] : modifyListener(context, desired, observed, before)
  const moves = areRulesGone ? rules.movesAfterDeletes : rules.moves
  const ids = planRules(context, desired, { ...rules, moves }, [...changed, ...room])
  const moved = ids.slice(0, moves.length)
  if (!isLeavingTls) return { changed, moved }
  // Rules that need TLS hold the protocol.
  const gone = rules.deletes.map((rule) => deleteBefore(context, rule))
  return { changed: modifyListener(context, desired, observed, [...ids, ...gone]), moved }
}

/** Id that the delete of a rule will have: it is added later. */
function deleteBefore(context: StackContext, rule: ObservedResource<ListenerRule>): string {
  return `delete ${context.id}#ListenerRule/${rule.spec.id} ${rule.spec.priority}`
}

function createListener(context: StackContext, desired: Listener, after: readonly string[]): void {
  const { book, id: stack } = context
  const resource = `Listener/${desired.id}` as const
  const fingerprint = secretFingerprintOf(desired.defaultActions)
  book.add({
    stack,
    resource,
    verb: 'create',
    action: 'elbv2:CreateListener',
    input: {
      LoadBalancerArn: book.value(stack, desired.loadBalancer),
      ...toSettings(context, desired),
      Tags: creationTags(
        context,
        desired,
        Object.keys(desired.attributes),
        fingerprint === '' ? {} : { [SECRET_TAG]: fingerprint },
      ),
    },
    after,
    yields: 'Listeners.0.ListenerArn',
    summary: `create listener ${desired.protocol}:${desired.port} of ${balancerName(context, desired.loadBalancer)}`,
    event: { reason: 'CREATE', message: `${desired.port} listener created` },
    origins: desired.origins,
  })
  for (const ref of desired.certificates.slice(1)) addCertificate(context, desired, ref, [])
  if (Object.keys(desired.attributes).length > 0) setAttributes(context, desired, [])
}

function modifyListener(
  context: StackContext,
  desired: Listener,
  observed: ObservedResource<Listener>,
  after: readonly string[],
): readonly string[] {
  const { book, id: stack } = context
  const { identifier, spec, allTags } = observed
  const one: Tagged = {
    resource: `Listener/${desired.id}`,
    identifier,
    label: `${desired.port} listener`,
    origins: desired.origins,
    allTags,
  }
  planTags(context, one, desired.tags)
  const isOtherProtocol = desired.protocol !== spec.protocol
  const resolve = (ref: Ref): string => book.known(stack, ref) ?? 'yet to be made'
  const isOtherAction = actionsKey(desired.defaultActions, resolve) !== actionsKey(spec.defaultActions, resolve)
  const wishedDefault = desired.certificates[0] === undefined ? '' : resolve(desired.certificates[0])
  const isOtherCertificate = wishedDefault !== (spec.certificates[0] ?? '')
  const isSecure = desired.protocol === 'HTTPS' || desired.protocol === 'TLS'
  const isChanged =
    isOtherProtocol ||
    isOtherAction ||
    isOtherCertificate ||
    (isSecure && desired.sslPolicy !== undefined && desired.sslPolicy !== spec.sslPolicy) ||
    (desired.protocol === 'TLS' && (desired.alpnPolicy ?? 'None') !== (spec.alpnPolicy ?? 'None')) ||
    (desired.protocol === 'HTTPS' && mutualKey(desired.mutualAuthentication) !== mutualKey(spec.mutualAuthentication))
  const ids: string[] = []
  if (isChanged) {
    const { DefaultActions: actions, ...settings } = toSettings(context, desired)
    const id = book.add({
      stack,
      resource: one.resource,
      verb: 'modify',
      action: 'elbv2:ModifyListener',
      input: {
        ListenerArn: identifier,
        ...settings,
        // Left out they stay, and a Secret of theirs need not be read.
        ...(isOtherAction || isOtherProtocol ? { DefaultActions: actions } : {}),
      },
      after,
      summary: `change listener ${desired.protocol}:${desired.port} of ${balancerName(context, desired.loadBalancer)}`,
      ...(isOtherProtocol
        ? { outage: `clients have to speak ${desired.protocol} on port ${desired.port} from then on` }
        : {}),
      event: { reason: 'MODIFY', message: `${desired.port} listener modified` },
      origins: desired.origins,
    })
    ids.push(id)
    for (const group of targetGroupsOf(spec.defaultActions)) book.release(group, id)
    if (typeof spec.certificates[0] === 'string') book.release(spec.certificates[0], id)
    const fingerprint = secretFingerprintOf(desired.defaultActions)
    if (fingerprint !== '' && fingerprint !== allTags[SECRET_TAG]) {
      writeTags(context, one, { [SECRET_TAG]: fingerprint }, 'client secret memory', [id])
    }
  }
  const wasSecure = spec.protocol === 'HTTPS' || spec.protocol === 'TLS'
  planListenerCertificates(context, desired, wasSecure ? spec.certificates : [], identifier, isChanged ? ids : after)
  planAttributes(context, one, {
    action: 'elbv2:ModifyListenerAttributes',
    input: { ListenerArn: identifier },
    current: spec.attributes,
    wished: desired.attributes,
    defaultOf: (key) => defaultOfListener(key, desired.protocol),
    // Another protocol has other attributes, at their defaults.
    isReset: isOtherProtocol,
    after: isOtherProtocol ? ids : [],
  })
  return ids
}

function setAttributes({ book, id: stack }: StackContext, desired: Listener, after: readonly string[]): void {
  book.add({
    stack,
    resource: `Listener/${desired.id}`,
    verb: 'modify',
    part: 'attributes',
    action: 'elbv2:ModifyListenerAttributes',
    input: {
      ListenerArn: book.value(stack, { ref: `Listener/${desired.id}` }),
      Attributes: toTagList(desired.attributes),
    },
    after,
    summary: `set ${Object.keys(desired.attributes).sort().join(', ')} of the listener on port ${desired.port}`,
    origins: desired.origins,
  })
}

function deleteListener(context: StackContext, observed: ObservedResource<Listener>): string {
  const { book, id: stack, present } = context
  const { identifier, spec } = observed
  const id = book.add({
    stack,
    resource: `Listener/${spec.id}`,
    verb: 'delete',
    part: String(spec.port),
    action: 'elbv2:DeleteListener',
    input: { ListenerArn: identifier },
    deletes: identifier,
    summary: `delete listener ${spec.protocol}:${spec.port}`,
    outage: `nobody is answered on port ${spec.port} any more`,
    event: { reason: 'DELETE', message: `${spec.port} listener deleted` },
    origins: spec.origins,
  })
  releaseListener(context, observed, present.rules, id)
  return id
}

/** What a listener that goes used. */
export function releaseListener(
  { book }: StackContext,
  { identifier, spec }: ObservedResource<Listener>,
  rules: readonly ObservedResource<ListenerRule>[],
  operation: string,
): void {
  for (const arn of spec.certificates) if (typeof arn === 'string') book.release(arn, operation)
  for (const group of targetGroupsOf(spec.defaultActions)) book.release(group, operation)
  for (const { spec: rule } of rules) {
    if (rule.listener === identifier) for (const group of targetGroupsOf(rule.actions)) book.release(group, operation)
  }
}

function toSettings({ book, id: stack }: StackContext, desired: Listener): Record<string, unknown> {
  const { certificates, mutualAuthentication: mutual, protocol } = desired
  const isSecure = protocol === 'HTTPS' || protocol === 'TLS'
  const [first] = certificates
  return {
    Port: desired.port,
    Protocol: protocol,
    DefaultActions: toActions(desired.defaultActions, (ref) => book.value(stack, ref)),
    ...(isSecure && first !== undefined ? { Certificates: [{ CertificateArn: book.value(stack, first) }] } : {}),
    ...(isSecure && desired.sslPolicy !== undefined ? { SslPolicy: desired.sslPolicy } : {}),
    ...(protocol === 'TLS' ? { AlpnPolicy: [desired.alpnPolicy ?? 'None'] } : {}),
    ...(protocol === 'HTTPS'
      ? {
          MutualAuthentication:
            mutual?.mode === 'verify'
              ? {
                  Mode: 'verify',
                  TrustStoreArn: mutual.trustStoreArn,
                  IgnoreClientCertificateExpiry: mutual.ignoreClientCertificateExpiry ?? false,
                  AdvertiseTrustStoreCaNames: mutual.advertiseTrustStoreCaNames ?? 'off',
                }
              : { Mode: mutual?.mode ?? 'off' },
        }
      : {}),
  }
}

function balancerName({ desired }: StackContext, ref: Ref): string {
  if (typeof ref === 'string') return shortArn(ref)
  return desired.loadBalancers.find(({ id }) => ref.ref === `LoadBalancer/${id}`)?.name ?? ref.ref
}
