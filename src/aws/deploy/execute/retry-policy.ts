/** Which answers of AWS are worth another try of the same call, and when. Sources: Common Errors of each API, SDK retry tables. */
import { type AwsAction, type AwsError, isReadOnly } from '../aws-api.ts'
import { operationOf } from '../sdk/actions.ts'

export type ErrorKind =
  /** Too fast: slow down and try again. */
  | 'throttled'
  /** Nobody is to blame: try again. */
  | 'transient'
  /** IAM says no. */
  | 'denied'
  /** The resource is not there. */
  | 'absent'
  /** Given up by us. */
  | 'aborted'
  /** A person has to change something. */
  | 'refused'

const THROTTLED: ReadonlySet<string> = new Set([
  'Throttling',
  'Throttled',
  'ThrottledRequest',
  'RequestThrottled',
  'RequestLimitExceeded',
  'TooManyRequests',
  'SlowDown',
  'PriorRequestNotComplete',
  'EC2Throttled',
])

/** Credentials and clocks that the SDK renews before the next try are among them. */
const TRANSIENT: ReadonlySet<string> = new Set([
  'Unreachable',
  'InternalError',
  'InternalFailure',
  'InternalServerError',
  'ServiceUnavailable',
  'Unavailable',
  'RequestTimeout',
  'RequestExpired',
  'RequestTimeTooSkewed',
  'ExpiredToken',
  'WAFInternalError',
])

const DENIED: ReadonlySet<string> = new Set([
  'AccessDenied',
  'UnauthorizedOperation',
  'NotAuthorized',
  'AuthorizationError',
])

/** Codes that say absence and do not end in NotFound. */
const ABSENT: ReadonlySet<string> = new Set(['WAFNonexistentItem', 'InvalidSecurityGroup'])

export function kindOfError(error: AwsError): ErrorKind {
  if (error.code === 'Aborted') return 'aborted'
  if (THROTTLED.has(error.code) || error.status === 429) return 'throttled'
  if (DENIED.has(error.code)) return 'denied'
  // Our clock is wrong: the SDK has taken AWS's from the answer.
  if (/^Signature (?:expired|not yet current)/.test(error.message)) return 'transient'
  if (TRANSIENT.has(error.code) || error.status === 502 || error.status === 503 || error.status === 504) {
    return 'transient'
  }
  if (error.code.endsWith('NotFound') || ABSENT.has(error.code)) return 'absent'
  return 'refused'
}

/**
 * Whether a call may be made again when it is not known if it took effect. A create may not: the second one could make a
 * second resource, or be refused as a duplicate of the first; the next pass sees by the tags what there is.
 */
export function isRepeatable(action: AwsAction, input: unknown): boolean {
  if (isReadOnly(action)) return true
  if (action === 'acm:ImportCertificate') return (input as { CertificateArn?: string }).CertificateArn !== undefined
  if (action === 'ec2:CreateTags') return true
  return !operationOf(action).startsWith('Create')
}

export interface RetryBounds {
  /** Calls at most, the first one counted. */
  readonly tries: number
  /** The first pause is between 0 and this many milliseconds. */
  readonly firstMs: number
  /** No pause is longer. */
  readonly longestMs: number
}

export const THROTTLED_BOUNDS: RetryBounds = { tries: 10, firstMs: 500, longestMs: 20_000 }
export const TRANSIENT_BOUNDS: RetryBounds = { tries: 5, firstMs: 200, longestMs: 5_000 }

/**
 * Full jitter: anything from 0 up to a bound that doubles, so that clients which were refused together come back apart.
 *
 * @param failures how many calls have failed, >= 1
 */
export function retryPauseMs(bounds: RetryBounds, failures: number, random: () => number): number {
  const bound = Math.min(bounds.longestMs, bounds.firstMs * 2 ** (failures - 1))
  return Math.round(random() * bound)
}
