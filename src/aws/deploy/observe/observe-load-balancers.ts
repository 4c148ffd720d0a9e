import type * as Elb from '@aws-sdk/client-elastic-load-balancing-v2'
import type { ResourceKey } from '../../stack/model.ts'
import { identifierKey } from '../operation.ts'
import type { Draft } from './draft.ts'
import { fromListener, fromLoadBalancer, fromRule } from './from-elbv2.ts'
import { identityOf, type ResourceIdentity } from './identity.ts'
import { rememberedAttributes, SECRET_TAG } from './memory-tags.ts'
import { tagsOfCandidates, toRecord, type Observation } from './observation.ts'
import { readCapacity, readShield, readWebAcl } from './optional-reads.ts'
import { mapLimited, readPages } from './pages.ts'
import { PARALLEL_READS, type TagRecord } from './tag-snapshot.ts'

interface Own {
  readonly shape: Elb.LoadBalancer
  readonly arn: string
  readonly identity: ResourceIdentity
  readonly tags: TagRecord
}

/** Load balancers of ours with their listeners, rules and associations. */
export async function observeLoadBalancers(
  observation: Observation,
  shapes: readonly Elb.LoadBalancer[],
  draft: Draft,
): Promise<void> {
  const { scope, wishes } = observation
  const rows = shapes.map((shape) => ({ arn: shape.LoadBalancerArn ?? '', name: shape.LoadBalancerName ?? '', shape }))
  const tags = await tagsOfCandidates(observation, rows, wishes.loadBalancers, () => true)
  const own: Own[] = []
  for (const { arn, name, shape } of rows) {
    const its = tags.get(arn)
    if (its === undefined) continue
    const identity = identityOf(scope, its)
    if (identity !== null) own.push({ shape, arn, identity, tags: its })
    else draft.foreign.push({ resource: wishes.loadBalancers.get(name) as ResourceKey, name, identifier: arn })
  }
  const listeners = await mapLimited(own, PARALLEL_READS, async (one) => {
    await observeOne(observation, one, draft)
    return (
      await readPages(observation.api, 'elbv2:DescribeListeners', { LoadBalancerArn: one.arn }, (out) => out.Listeners)
    ).map((shape) => ({ one, shape }))
  })
  await observeListeners(observation, listeners.flat(), draft)
}

async function observeOne(observation: Observation, { arn, shape, identity, tags }: Own, draft: Draft): Promise<void> {
  const { api, cache, wishes } = observation
  const { stack, id, isOwned } = identity
  const attributes = await cache.get('attributes', arn, async () =>
    toRecord((await api.call('elbv2:DescribeLoadBalancerAttributes', { LoadBalancerArn: arn })).Attributes),
  )
  const key: ResourceKey = `LoadBalancer/${id}`
  const wantsCapacity = wishes.wants('capacity', stack, id)
  const capacity = wantsCapacity ? await readCapacity(observation, arn) : undefined
  if (capacity === null) draft.markUnread(stack, key)
  const lists = draft.stack(stack)
  const details = { attributes, capacityUnits: capacity ?? undefined }
  lists.loadBalancers.push({ identifier: arn, spec: fromLoadBalancer(id, shape, details), allTags: tags, isOwned })
  const isProvisioning = shape.State?.Code === 'provisioning'
  if (isProvisioning) draft.provisioning.add(arn)
  // The one that answers, and of two the one that is wished.
  const rank = (isProvisioning ? 2 : 0) + (wishes.loadBalancers.has(shape.LoadBalancerName ?? '') ? 0 : 1)
  if (shape.DNSName !== undefined) draft.noteDnsName(identifierKey(stack, key), shape.DNSName, rank)
  await readWebAcl(observation, { arn, stack, id, isOwned }, draft)
  await readShield(observation, { arn, stack, id, isOwned, tags }, draft)
}

async function observeListeners(
  observation: Observation,
  rows: readonly { readonly one: Own; readonly shape: Elb.Listener }[],
  draft: Draft,
): Promise<void> {
  const { api, cache, scope, wishes } = observation
  const tags = await observation.tagsOf(rows.map(({ shape }) => shape.ListenerArn ?? ''))
  const rules = await mapLimited(rows, PARALLEL_READS, async ({ one, shape }) => {
    const arn = shape.ListenerArn ?? ''
    const its = tags.get(arn) ?? {}
    const identity = identityOf(scope, its)
    const port = shape.Port ?? 0
    if (identity === null) {
      draft.strangers.push({ resource: 'Listener', identifier: arn, parent: one.arn, place: port })
      return []
    }
    const { stack, id, isOwned } = identity
    const isSecure = shape.Protocol === 'HTTPS' || shape.Protocol === 'TLS'
    const isRead = wishes.hasAttributes(stack, `Listener/${id}`) || rememberedAttributes(its).size > 0
    const details = {
      secretFingerprint: its[SECRET_TAG] ?? '',
      extraCertificates: isSecure
        ? await cache.get('certificates', arn, () => readExtraCertificates(observation, arn))
        : [],
      attributes: isRead
        ? await cache.get('attributes', arn, async () =>
            toRecord((await api.call('elbv2:DescribeListenerAttributes', { ListenerArn: arn })).Attributes),
          )
        : {},
    }
    draft
      .stack(stack)
      .listeners.push({ identifier: arn, spec: fromListener(id, shape, details), allTags: its, isOwned })
    if (shape.Protocol !== 'HTTP' && shape.Protocol !== 'HTTPS') return []
    const all = await readPages(api, 'elbv2:DescribeRules', { ListenerArn: arn }, (output) => output.Rules)
    return all.filter((rule) => rule.IsDefault !== true).map((rule) => ({ listener: arn, port, rule }))
  })
  const flat = rules.flat()
  const tagsOfRules = await observation.tagsOf(flat.map(({ rule }) => rule.RuleArn ?? ''))
  for (const { listener, rule } of flat) {
    const arn = rule.RuleArn ?? ''
    const its = tagsOfRules.get(arn) ?? {}
    const identity = identityOf(scope, its)
    if (identity === null) {
      const place = Number(rule.Priority)
      draft.strangers.push({ resource: 'ListenerRule', identifier: arn, parent: listener, place })
      continue
    }
    draft.stack(identity.stack).rules.push({
      identifier: arn,
      spec: fromRule(identity.id, listener, rule, its[SECRET_TAG] ?? ''),
      allTags: its,
      isOwned: identity.isOwned,
    })
  }
}

async function readExtraCertificates({ api }: Observation, arn: string): Promise<readonly string[]> {
  const all = await readPages(
    api,
    'elbv2:DescribeListenerCertificates',
    { ListenerArn: arn },
    (out) => out.Certificates,
  )
  return all.filter((one) => one.IsDefault !== true).map((one) => one.CertificateArn ?? '')
}
