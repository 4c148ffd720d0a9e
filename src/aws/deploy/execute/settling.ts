/** Refusals that pass by themselves: AWS is eventually consistent, and what was just made or let go is not so everywhere yet. */
import { type AwsError, isReadOnly } from '../aws-api.ts'
import type { Operation } from '../operation.ts'
import { operationOf } from '../sdk/actions.ts'
import { kindOfError, type RetryBounds } from './retry-policy.ts'

/** About twenty seconds in all. */
const SOON: RetryBounds = { tries: 12, firstMs: 1_000, longestMs: 4_000 }
/** For what takes AWS minutes: a look or two, and the rest is for the next pass, so that nobody else waits for it. */
const SHORTLY: RetryBounds = { tries: 3, firstMs: 2_000, longestMs: 4_000 }

/** Refusals about something that was made a moment ago and does not end in NotFound. */
const NOT_YET: ReadonlySet<string> = new Set(['UnsupportedCertificate', 'InvalidSecurityGroup', 'InvalidInput'])
const STILL_USED: ReadonlySet<string> = new Set(['ResourceInUse', 'OperationInProgress', 'PriorRequestNotComplete'])

/**
 * How long to try again; `null` = the refusal is final.
 *
 * @param usesNew the input names something that this run created
 */
export function settlingBounds(operation: Operation, error: AwsError, usesNew: boolean): RetryBounds | null {
  if (isReadOnly(operation.action)) return null
  if (isPostponed(operation, error)) return operation.action === 'ec2:DeleteSecurityGroup' ? null : SHORTLY
  if (isDelete(operation)) return STILL_USED.has(error.code) ? SOON : null
  if (!usesNew) return null
  return kindOfError(error) === 'absent' || NOT_YET.has(error.code) ? SOON : null
}

/** True for calls after which something is gone. */
export function isDelete(operation: Operation): boolean {
  return /^(?:Delete|Remove|Revoke|Disassociate|Detach)/.test(operationOf(operation.action))
}

/** The refusal says that what is wanted is so: a policy's name tells what is in it, and somebody made it before he crashed. */
export function isDoneAlready(operation: Operation, error: AwsError): boolean {
  if (operation.action === 'elb:CreateLoadBalancerPolicy') return error.code === 'DuplicatePolicyName'
  return isDelete(operation) && kindOfError(error) === 'absent'
}

/** What cannot be done yet, by no fault of anybody, and takes AWS minutes: the next pass, or the collector, tries again. */
export function isPostponed(operation: Operation, error: AwsError): boolean {
  if (operation.action === 'ec2:DeleteSecurityGroup') {
    return error.code === 'DependencyViolation' || error.code === 'InvalidGroup.InUse'
  }
  // A load balancer that is being provisioned takes no web ACL.
  if (error.code === 'WAFUnavailableEntity') return true
  return operation.action === 'acm:DeleteCertificate' && STILL_USED.has(error.code)
}

/** Refusals for which room has to be made: deletes of the same kind go first. */
export function isOverQuota(error: AwsError): boolean {
  return /^(?:RulesPerSecurityGroupLimitExceeded|TooMany(?:Rules|Certificates|Listeners|TargetGroups|UniqueTargetGroupsPerLoadBalancer))$/.test(
    error.code,
  )
}
