/** One operation of a plan: its input put together, its call made and made again, and what AWS said put into an outcome. */
import type { IpPermission } from '@aws-sdk/client-ec2'
import { type AwsApi, type AwsCalls, AwsError } from '../aws-api.ts'
import type { Operation } from '../operation.ts'
import { type OptionalFeature, optionalFeatureOf } from '../sdk/actions.ts'
import { setPermissions } from '../security-groups/permission-calls.ts'
import type { OptionalFeatures } from './optional-features.ts'
import type { Outcome } from './outcome.ts'
import { type ReadSecret, redact, type ResolvedInput, resolvePlaceholders } from './placeholders.ts'
import type { Ports } from './ports.ts'
import { kindOfError, retryPauseMs } from './retry-policy.ts'
import { isDoneAlready, isPostponed, settlingBounds } from './settling.ts'

/** Who collects security groups that are still in use. */
export interface OrphanSink {
  /** It is being collected already: no need to ask AWS again. */
  has(groupId: string): boolean
  /** Marks it and collects it later. @throws {AwsError} when it cannot be marked */
  add(groupId: string, operation: Operation): Promise<void>
  /** It is wanted again. @throws {AwsError} when the mark cannot be taken off */
  release(groupId: string): Promise<void>
}

export interface OperationContext {
  readonly api: AwsApi
  readonly ports: Ports
  readonly readSecret: ReadSecret
  readonly optional: OptionalFeatures
  readonly orphans: OrphanSink | null
  readonly identifiers: ReadonlyMap<string, string>
  /** The input names something that this run created. */
  readonly usesNew: boolean
  readonly signal: AbortSignal | undefined
  readonly onDenied: (feature: OptionalFeature, message: string) => void
}

export interface OperationResult extends Omit<Outcome, 'operation'> {
  /** Of a load balancer that was created. */
  readonly dnsName?: string
  readonly error?: AwsError
}

const DONE: OperationResult = { state: 'done', code: '', message: '' }

/** Never throws for what AWS says. */
export async function runOperation(operation: Operation, context: OperationContext): Promise<OperationResult> {
  // Taking something over is no extra: without its tags it would be managed as if it were ours.
  const feature = operation.verb === 'adopt' ? null : optionalFeatureOf(operation.action)
  const denial = feature === null ? null : context.optional.denialOf(feature)
  if (denial !== null) return { state: 'unmanaged', code: 'AccessDenied', message: denial }

  let resolved: ResolvedInput
  try {
    resolved = await resolvePlaceholders(operation.input, context.identifiers, context.readSecret)
  } catch (error) {
    return { state: 'failed', code: 'Unresolved', message: error instanceof Error ? error.message : String(error) }
  }
  const groupId = (resolved.input as { GroupId?: string }).GroupId ?? ''
  const isGroupDelete = operation.action === 'ec2:DeleteSecurityGroup'
  if (isGroupDelete && context.orphans?.has(groupId) === true) return postponed('still in use')

  for (let failures = 1; ; failures++) {
    try {
      const output = await makeCall(operation, resolved.input, context.api)
      if (feature !== null) context.optional.allow(feature)
      return yielded(operation, output)
    } catch (error) {
      if (!(error instanceof AwsError)) throw error
      const bounds = settlingBounds(operation, error, context.usesNew)
      if (bounds !== null && failures < bounds.tries && context.signal?.aborted !== true) {
        // Half of each pause is fixed: what settles needs time, not luck.
        const longest = Math.min(bounds.longestMs, bounds.firstMs * 2 ** (failures - 1))
        const pauseMs = longest / 2 + retryPauseMs({ ...bounds, firstMs: longest / 2 }, 1, context.ports.random)
        await context.ports.wait(pauseMs, context.signal)
        continue
      }
      const kind = kindOfError(error)
      if (isDoneAlready(operation, error)) return DONE
      const message = redact(error.message, resolved.secrets)
      if (kind === 'denied' && feature !== null) {
        if (context.optional.deny(feature, error)) context.onDenied(feature, message)
        return { state: 'unmanaged', code: error.code, message }
      }
      if (kind === 'aborted') return { state: 'skipped', code: error.code, message }
      if (!isPostponed(operation, error)) return { state: 'failed', code: error.code, message, error }
      if (isGroupDelete && context.orphans !== null) return orphaned(operation, groupId, context.orphans, message)
      return { state: 'postponed', code: error.code, message }
    }
  }
}

async function makeCall(operation: Operation, input: unknown, api: AwsApi): Promise<unknown> {
  const { action } = operation
  if (action === 'ec2:AuthorizeSecurityGroupIngress' || action === 'ec2:RevokeSecurityGroupIngress') {
    const { GroupId, IpPermissions } = input as { GroupId?: string; IpPermissions?: readonly IpPermission[] }
    if (GroupId !== undefined && IpPermissions !== undefined) {
      await setPermissions(api, action, GroupId, IpPermissions)
      return {}
    }
  }
  return api.call(action, input as AwsCalls[typeof action]['input'])
}

function yielded(operation: Operation, output: unknown): OperationResult {
  const first = (output as { LoadBalancers?: readonly { DNSName?: string }[]; DNSName?: string } | undefined) ?? {}
  const dnsName = first.LoadBalancers?.[0]?.DNSName ?? first.DNSName
  const named = dnsName === undefined ? DONE : { ...DONE, dnsName }
  if (operation.yields === undefined) return named
  const identifier = operation.yields
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], output)
  if (typeof identifier === 'string') return { ...named, identifier }
  return { state: 'failed', code: 'NoIdentifier', message: `${operation.action} answered without ${operation.yields}` }
}

async function orphaned(
  operation: Operation,
  groupId: string,
  orphans: OrphanSink,
  message: string,
): Promise<OperationResult> {
  try {
    await orphans.add(groupId, operation)
    return postponed(message)
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    // Its tags of ownership still stand, so that the next pass finds it.
    return postponed(`${message}; it could not be marked: ${error.message}`)
  }
}

function postponed(message: string): OperationResult {
  return { state: 'postponed', code: 'DependencyViolation', message }
}
