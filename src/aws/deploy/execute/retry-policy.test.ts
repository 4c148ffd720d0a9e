import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AwsError } from '../aws-api.ts'
import { type ErrorKind, isRepeatable, kindOfError, retryPauseMs, THROTTLED_BOUNDS } from './retry-policy.ts'

const KINDS: readonly (readonly [code: string, status: number, kind: ErrorKind, message?: string])[] = [
  ['Throttling', 400, 'throttled'],
  ['RequestLimitExceeded', 503, 'throttled'],
  ['TooManyRequests', 400, 'throttled'],
  ['AnythingElse', 429, 'throttled'],
  ['Unreachable', 0, 'transient'],
  ['InternalFailure', 500, 'transient'],
  ['ServiceUnavailable', 503, 'transient'],
  ['Unparsable', 502, 'transient'],
  ['ExpiredToken', 403, 'transient'],
  [
    'SignatureDoesNotMatch',
    403,
    'transient',
    'Signature expired: 20261121T000000Z is now earlier than 20261121T001000Z',
  ],
  ['SignatureDoesNotMatch', 403, 'refused', 'The request signature we calculated does not match'],
  ['AccessDenied', 403, 'denied'],
  ['UnauthorizedOperation', 403, 'denied'],
  ['ListenerNotFound', 400, 'absent'],
  ['InvalidGroup.NotFound', 400, 'absent'],
  ['InvalidPermission.NotFound', 400, 'absent'],
  ['WAFNonexistentItem', 400, 'absent'],
  ['Aborted', 0, 'aborted'],
  ['TooManyRules', 400, 'refused'],
  ['TooManyTags', 400, 'refused'],
  ['ValidationError', 400, 'refused'],
  ['NoCredentials', 0, 'refused'],
  // What no AWS API says is no reason to ask again.
  ['Unparsable', 500, 'refused'],
]

test('each code of AWS is of one kind', () => {
  for (const [code, status, kind, message = 'no'] of KINDS) {
    assert.equal(kindOfError(new AwsError('elbv2:CreateRule', code, message, status)), kind, `${code} ${status}`)
  }
})

test('a call is repeated blindly only if twice is as good as once', () => {
  assert.ok(isRepeatable('elbv2:DescribeRules', {}))
  assert.ok(isRepeatable('elbv2:SetRulePriorities', {}))
  assert.ok(isRepeatable('elbv2:DeleteListener', {}))
  assert.ok(isRepeatable('ec2:CreateTags', {}))
  assert.ok(isRepeatable('acm:ImportCertificate', { CertificateArn: 'arn' }))
  for (const action of ['elbv2:CreateRule', 'ec2:CreateSecurityGroup', 'shield:CreateProtection'] as const) {
    assert.ok(!isRepeatable(action, {}), action)
  }
  assert.ok(!isRepeatable('acm:ImportCertificate', {}))
})

test('pauses are anything up to a bound that doubles and ends', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1000 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (failures, chance) => {
        const pause = retryPauseMs(THROTTLED_BOUNDS, failures, () => chance)
        assert.ok(pause >= 0 && pause <= Math.min(THROTTLED_BOUNDS.longestMs, 500 * 2 ** Math.min(40, failures - 1)))
      },
    ),
  )
})
