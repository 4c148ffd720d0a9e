import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVirtualPorts } from '../../../../test/aws/parts/virtual-ports.ts'
import { type AwsAction, type AwsApi, AwsError } from '../aws-api.ts'
import { createBudgets, DEFAULT_RATES } from './budget.ts'
import { createGuardedApi } from './guarded-api.ts'

/** Fails as often as there are errors, then answers. */
function failing(
  errors: readonly (readonly [code: string, status: number])[],
): AwsApi & { readonly calls: AwsAction[] } {
  const calls: AwsAction[] = []
  return {
    calls,
    call(action) {
      const error = errors[calls.length]
      calls.push(action)
      return error === undefined
        ? Promise.resolve({} as never)
        : Promise.reject(new AwsError(action, error[0], 'no', error[1]))
    },
  }
}

function guard(api: AwsApi, signal?: AbortSignal) {
  const ports = createVirtualPorts()
  const budgets = createBudgets(DEFAULT_RATES, ports)
  return { ports, api: createGuardedApi(api, { budgets, ports, ...(signal === undefined ? {} : { signal }) }) }
}

test('a throttled call is made again, with pauses that grow', async () => {
  const aws = failing([
    ['Throttling', 400],
    ['RequestLimitExceeded', 503],
    ['TooManyRequests', 400],
  ])
  const { api, ports } = guard(aws)
  await api.call('elbv2:DescribeRules', {})
  assert.equal(aws.calls.length, 4)
  assert.deepEqual(ports.pauses, [250, 500, 1000])
})

test('throttling for ever ends after ten calls', async () => {
  const aws = failing(Array.from({ length: 50 }, () => ['Throttling', 400] as const))
  await assert.rejects(guard(aws).api.call('elbv2:DescribeRules', {}), { code: 'Throttling' })
  assert.equal(aws.calls.length, 10)
})

test('a lost connection is tried again, but never for what would be made twice', async () => {
  const read = failing([
    ['Unreachable', 0],
    ['ServiceUnavailable', 503],
  ])
  await guard(read).api.call('elbv2:ModifyRule', { RuleArn: 'arn' })
  assert.equal(read.calls.length, 3)
  const create = failing([['Unreachable', 0]])
  await assert.rejects(guard(create).api.call('elbv2:CreateRule', {} as never), { code: 'Unreachable' })
  assert.equal(create.calls.length, 1)
  const fresh = failing([['InternalFailure', 500]])
  await assert.rejects(guard(fresh).api.call('acm:ImportCertificate', {} as never))
  const renewed = failing([['InternalFailure', 500]])
  await guard(renewed).api.call('acm:ImportCertificate', { CertificateArn: 'arn' } as never)
})

test('what a person has to change is said at once', async () => {
  for (const code of ['AccessDenied', 'TooManyRules', 'ListenerNotFound', 'ValidationError']) {
    const aws = failing([[code, 400]])
    await assert.rejects(guard(aws).api.call('elbv2:DescribeRules', {}), { code })
    assert.equal(aws.calls.length, 1)
  }
})

test('calls of one class wait for their budget, others do not', async () => {
  const { api, ports } = guard(failing([]))
  await Promise.all(Array.from({ length: 22 }, () => api.call('elbv2:ModifyRule', { RuleArn: 'arn' })))
  assert.deepEqual(ports.pauses, [334, 667])
  await api.call('elbv2:RegisterTargets', { TargetGroupArn: 'arn', Targets: [] })
  assert.equal(ports.pauses.length, 2)
})

test('an abort ends the waiting', async () => {
  const stop = new AbortController()
  const aws = failing([['Throttling', 400]])
  const { api } = guard({ call: (...args) => (stop.abort(), aws.call(...args)) }, stop.signal)
  await assert.rejects(api.call('elbv2:DescribeRules', {}), { code: 'Aborted' })
  assert.equal(aws.calls.length, 1)
})
