/** Words of retry policies for what can happen to a request on its way. */
import type { RetryCondition } from '../../routing/retry-policy.ts'
import type { CarrierLoss } from './request-carrier.ts'

export const CONDITION_OF_LOSS = {
  'connect-failed': 'error',
  'connect-timeout': 'timeout',
  lost: 'error',
  timeout: 'timeout',
  malformed: 'invalid_header',
  refused: 'error',
  reset: 'error',
} as const satisfies Record<CarrierLoss, RetryCondition>

/** Methods whose requests may be sent twice (RFC 9110, 9.2.2). */
export const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])
