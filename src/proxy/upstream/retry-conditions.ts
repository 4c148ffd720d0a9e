/** What may be sent again (RFC 9110, 9.2.2), and the words of retry policies for what can happen to a request on its way. */
import type { ForwardAction } from '../../routing/model.ts'
import type { RetryCondition } from '../../routing/retry-policy.ts'
import { type ExchangeFailure, NO_BODY, type UpstreamRequest } from '../downstream.ts'
import type { CarrierLoss } from './request-carrier.ts'

const CONDITION_OF_LOSS = {
  'connect-failed': 'error',
  'connect-timeout': 'timeout',
  lost: 'error',
  timeout: 'timeout',
  malformed: 'invalid_header',
  refused: 'error',
  reset: 'error',
} as const satisfies Record<CarrierLoss, RetryCondition>

/** Methods whose requests may be sent twice. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

/** True when nothing follows the head. */
export function isWhole({ contentLength, upgrade }: UpstreamRequest): boolean {
  return (contentLength === NO_BODY || contentLength === 0) && upgrade === ''
}

export function hasBody({ contentLength }: UpstreamRequest): boolean {
  return contentLength !== NO_BODY && contentLength !== 0
}

/**
 * A request that went out may go out once more: nothing of it is gone, and twice does what once does.
 *
 * @param isSafe true when once more is fine whatever the method
 */
export function mayRepeat({ contentLength, upgrade, method }: UpstreamRequest, isSafe: boolean): boolean {
  return contentLength === NO_BODY && upgrade === '' && (isSafe || IDEMPOTENT.has(method))
}

/** The policy says that any method will do. */
export function repeatsAny({ action }: UpstreamRequest): boolean {
  return action.retry?.on.includes('non_idempotent') === true
}

/** Without a policy, where the upstream did nothing. */
export function retriesLoss(retry: ForwardAction['retry'], loss: CarrierLoss): boolean {
  if (retry !== undefined) return retry.on.includes(CONDITION_OF_LOSS[loss])
  return loss === 'connect-failed' || loss === 'connect-timeout' || loss === 'refused'
}

export function retriesStatus({ retry }: ForwardAction, status: number): boolean {
  return retry?.on.some((condition) => condition === `http_${status}`) === true
}

export function failureOf(loss: CarrierLoss): ExchangeFailure {
  return loss === 'timeout' || loss === 'connect-timeout' ? 'gateway-timeout' : 'bad-gateway'
}
