import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { createVirtualPorts } from '../../../../test/aws/parts/virtual-ports.ts'
import { Secret } from '../../../base/secret.ts'
import type { StackId } from '../../stack/model.ts'
import { type AwsAction, type AwsApi, AwsError } from '../aws-api.ts'
import type { Operation, Plan } from '../operation.ts'
import { createBudgets, DEFAULT_RATES } from './budget.ts'
import { type ExecutionHooks, execute } from './execute.ts'
import { createGuardedApi } from './guarded-api.ts'
import { createOptionalFeatures } from './optional-features.ts'
import type { ExecutionResult } from './outcome.ts'

const STACK: StackId = 'ingress:shop/web'

function operation(id: string, rest: Partial<Operation> = {}): Operation {
  return {
    id,
    stack: STACK,
    resource: `ListenerRule/${id}`,
    verb: 'modify',
    action: 'elbv2:ModifyRule',
    input: { RuleArn: id },
    after: [],
    summary: `modify ${id}`,
    origins: [],
    ...rest,
  }
}

function plan(operations: readonly Operation[], identifiers: ReadonlyMap<string, string> = new Map()): Plan {
  return { operations, identifiers, held: [], remarks: [] }
}

type Answer = (action: AwsAction, input: Record<string, unknown>) => unknown

/** Answers each call by `answer`: a text is a code to refuse with. */
function fakeApi(answer: Answer = () => ({})): AwsApi & { readonly calls: { action: AwsAction; input: unknown }[] } {
  const calls: { action: AwsAction; input: unknown }[] = []
  return {
    calls,
    async call(action, input) {
      calls.push({ action, input })
      await new Promise((resolve) => setImmediate(resolve))
      const result = answer(action, input as Record<string, unknown>)
      if (typeof result === 'string') throw new AwsError(action, result, `AWS says ${result}`, 400)
      return result as never
    },
  }
}

async function run(given: Plan, api: AwsApi, hooks: Partial<ExecutionHooks> = {}): Promise<ExecutionResult> {
  const ports = createVirtualPorts()
  return execute(given, api, { readSecret: () => Promise.resolve(null), ports, ...hooks })
}

function states(result: ExecutionResult): Record<string, string> {
  const all = [...result.stacks.values()].flatMap(({ outcomes }) => outcomes)
  return Object.fromEntries(
    all.map(({ operation, state, code }) => [operation.id, code === '' ? state : `${state} ${code}`]),
  )
}

test('what is created is put where others refer to it, across stacks too', async () => {
  const api = fakeApi((action) =>
    action === 'elbv2:CreateLoadBalancer'
      ? { LoadBalancers: [{ LoadBalancerArn: 'arn:new', DNSName: 'web.example' }] }
      : {},
  )
  const create = operation('lb', {
    action: 'elbv2:CreateLoadBalancer',
    resource: 'LoadBalancer/LoadBalancer',
    verb: 'create',
    input: { Name: 'k8s-web', SecurityGroups: [{ $ref: 'SecurityGroup/shared', stack: 'shared' }] },
    yields: 'LoadBalancers.0.LoadBalancerArn',
  })
  const listener = operation('listener', {
    stack: 'service:shop/other',
    action: 'elbv2:ModifyListener',
    input: { ListenerArn: 'arn:l', Nested: [{ Deep: { $ref: 'LoadBalancer/LoadBalancer', stack: STACK } }] },
  })
  const result = await run(plan([listener, create], new Map([['shared#SecurityGroup/shared', 'sg-1']])), api)
  assert.deepEqual(api.calls, [
    { action: 'elbv2:CreateLoadBalancer', input: { Name: 'k8s-web', SecurityGroups: ['sg-1'] } },
    { action: 'elbv2:ModifyListener', input: { ListenerArn: 'arn:l', Nested: [{ Deep: 'arn:new' }] } },
  ])
  assert.equal(result.identifiers.get(`${STACK}#LoadBalancer/LoadBalancer`), 'arn:new')
  assert.equal(result.dnsNames.get(`${STACK}#LoadBalancer/LoadBalancer`), 'web.example')
  assert.deepEqual(
    [...result.stacks.values()].map(({ isSettled }) => isSettled),
    [true, true],
  )
})

test('a failed operation skips those that need it, and no others', async () => {
  const api = fakeApi((_, input) => (input['RuleArn'] === 'b' ? 'ValidationError' : {}))
  const given = plan([
    operation('a'),
    operation('b', { after: ['a'] }),
    operation('c', { after: ['b'] }),
    operation('d', { after: ['c'] }),
    operation('e', { after: ['a'] }),
    operation('f', { stack: 'ingress:shop/other' }),
  ])
  const result = await run(given, api)
  assert.deepEqual(states(result), {
    a: 'done',
    b: 'failed ValidationError',
    c: 'skipped Skipped',
    d: 'skipped Skipped',
    e: 'done',
    f: 'done',
  })
  assert.equal(result.stacks.get(STACK)?.isSettled, false)
  assert.equal(result.stacks.get('ingress:shop/other')?.isSettled, true)
  assert.equal(result.stacks.get(STACK)?.outcomes[2]?.message, 'modify b failed: AWS says ValidationError')
})

test('no more run at once than allowed, in all and of one stack', async () => {
  let running = 0
  let most = 0
  const api: AwsApi = {
    async call() {
      running++
      most = Math.max(most, running)
      await new Promise((resolve) => setImmediate(resolve))
      running--
      return {} as never
    },
  }
  const all = Array.from({ length: 60 }, (_, i) => operation(`o${i}`, { stack: `ingress:n/${i % 6}` }))
  await run(plan(all), api, { parallel: 8 })
  assert.equal(most, 8)
  most = 0
  await run(plan(Array.from({ length: 20 }, (_, i) => operation(`o${i}`))), api, { parallelPerStack: 3 })
  assert.equal(most, 3)
})

test('secrets reach AWS, and nothing else', async () => {
  const secret = 'correct horse battery'
  const api = fakeApi(() => 'ValidationError')
  const refusing: AwsApi = {
    call: (action, input) => {
      void api.call(action, input).catch(() => undefined)
      return Promise.reject(new AwsError(action, 'ValidationError', `Value '${secret}' is too long`, 400))
    },
  }
  const given = plan([
    operation('a', {
      input: {
        RuleArn: 'a',
        ClientSecret: { $secret: 'shop/oidc', part: 'clientSecret' },
        PrivateKey: { $secret: 'shop/tls', part: 'privateKey' },
        CertificateChain: { $secret: 'shop/tls', part: 'chain' },
      },
    }),
  ])
  const result = await run(given, refusing, {
    readSecret: (_, part) => Promise.resolve(part === 'chain' ? null : new Secret(Buffer.from(secret))),
  })
  assert.deepEqual(api.calls[0]?.input, {
    RuleArn: 'a',
    ClientSecret: secret,
    PrivateKey: new Uint8Array(Buffer.from(secret)),
  })
  assert.ok(!inspect(result, { depth: 20 }).includes(secret))
  assert.equal(result.stacks.get(STACK)?.outcomes[0]?.message, "Value '[redacted]' is too long")
})

test('a Secret that cannot be read fails its operation alone', async () => {
  const given = plan([
    operation('a', { input: { ClientId: { $secret: 'shop/oidc', part: 'clientId' } } }),
    operation('b'),
  ])
  const result = await run(given, fakeApi(), {
    readSecret: () => Promise.reject(new Error('Secret shop/oidc is not there')),
  })
  assert.deepEqual(states(result), { a: 'failed Unresolved', b: 'done' })
})

test('a listener in a load balancer that AWS does not know yet is tried again, one in an old load balancer is not', async () => {
  let refusals = 3
  const api = fakeApi((action) => {
    if (action === 'elbv2:CreateLoadBalancer') return { LoadBalancers: [{ LoadBalancerArn: 'arn:lb' }] }
    return refusals-- > 0 ? 'LoadBalancerNotFound' : { Listeners: [{ ListenerArn: 'arn:l' }] }
  })
  const lb = operation('lb', {
    action: 'elbv2:CreateLoadBalancer',
    resource: 'LoadBalancer/LoadBalancer',
    yields: 'LoadBalancers.0.LoadBalancerArn',
  })
  const listener = operation('l', {
    action: 'elbv2:CreateListener',
    resource: 'Listener/80',
    input: { LoadBalancerArn: { $ref: 'LoadBalancer/LoadBalancer', stack: STACK } },
    yields: 'Listeners.0.ListenerArn',
  })
  assert.deepEqual(states(await run(plan([lb, listener]), api)), { lb: 'done', l: 'done' })
  refusals = 3
  const known = new Map([[`${STACK}#LoadBalancer/LoadBalancer`, 'arn:lb']])
  assert.deepEqual(states(await run(plan([listener], known), api)), { l: 'failed LoadBalancerNotFound' })
})

test('what is gone already is deleted, what is still in use is waited for', async () => {
  let uses = 4
  const api = fakeApi((action) => {
    if (action === 'elbv2:DeleteTargetGroup') return uses-- > 0 ? 'ResourceInUse' : {}
    return action === 'elbv2:DeleteLoadBalancer' ? 'LoadBalancerNotFound' : 'WAFNonexistentItem'
  })
  const ports = createVirtualPorts()
  const given = plan([
    operation('lb', { action: 'elbv2:DeleteLoadBalancer', verb: 'delete' }),
    operation('tg', { action: 'elbv2:DeleteTargetGroup', verb: 'delete', after: ['lb'] }),
    operation('waf', { action: 'wafv2:DisassociateWebACL', verb: 'delete' }),
  ])
  assert.deepEqual(states(await run(given, api, { ports })), { lb: 'done', tg: 'done', waf: 'done' })
  assert.ok(ports.nowMs() < 20_000)
  uses = 1_000
  const result = await run(plan([operation('tg', { action: 'elbv2:DeleteTargetGroup', verb: 'delete' })]), api, {
    ports,
  })
  assert.deepEqual(states(result), { tg: 'failed ResourceInUse' })
  assert.ok(ports.nowMs() < 120_000, `gave up after ${ports.nowMs()} ms`)
})

test('a security group in use is left to the collector and holds nobody', async () => {
  const added: string[] = []
  const orphans = {
    has: (id: string) => added.includes(id),
    add: (id: string) => {
      added.push(id)
      return Promise.resolve()
    },
    release: () => Promise.resolve(),
  }
  const api = fakeApi(() => 'DependencyViolation')
  const given = plan([
    operation('sg', { action: 'ec2:DeleteSecurityGroup', verb: 'delete', input: { GroupId: 'sg-1' } }),
    operation('next', { action: 'ec2:DeleteSecurityGroup', verb: 'delete', input: { GroupId: 'sg-1' }, after: ['sg'] }),
  ])
  const result = await run(given, api, { orphans })
  assert.deepEqual(states(result), { sg: 'postponed DependencyViolation', next: 'postponed DependencyViolation' })
  assert.equal(result.stacks.get(STACK)?.isSettled, true)
  assert.deepEqual(added, ['sg-1'])
  assert.equal(api.calls.length, 1)
})

test('what takes AWS minutes is looked at twice more and left for the next pass', async () => {
  const api = fakeApi((action) => (action === 'acm:DeleteCertificate' ? 'ResourceInUse' : 'WAFUnavailableEntity'))
  const ports = createVirtualPorts()
  const given = plan([
    operation('certificate', { action: 'acm:DeleteCertificate', verb: 'delete' }),
    operation('waf', { action: 'wafv2:AssociateWebACL' }),
  ])
  const result = await run(given, api, { ports })
  assert.deepEqual(states(result), { certificate: 'postponed ResourceInUse', waf: 'postponed WAFUnavailableEntity' })
  assert.equal(result.stacks.get(STACK)?.isSettled, true)
  assert.equal(api.calls.length, 6)
  assert.ok(ports.nowMs() < 15_000)
})

test('a feature that IAM denies is told once and left alone, and everything else goes on', async () => {
  let now = 0
  const optional = createOptionalFeatures(() => now)
  let isDenied = true
  const api = fakeApi((action) => (isDenied && action.startsWith('wafv2:') ? 'AccessDenied' : {}))
  const waf = operation('waf', { action: 'wafv2:AssociateWebACL' })
  const given = plan([waf, operation('after', { after: ['waf'] })])
  const first = await run(given, api, { optional })
  assert.deepEqual(states(first), { waf: 'unmanaged AccessDenied', after: 'done' })
  assert.deepEqual(first.denied, [{ feature: 'waf', message: 'AWS says AccessDenied' }])
  assert.equal(first.stacks.get(STACK)?.isSettled, true)
  const second = await run(given, api, { optional })
  assert.deepEqual(second.denied, [])
  assert.equal(api.calls.filter(({ action }) => action.startsWith('wafv2:')).length, 1)
  now = 3_600_000
  isDenied = false
  assert.deepEqual(states(await run(given, api, { optional })), { waf: 'done', after: 'done' })
})

test('the tags of ownership are no extra: what cannot be taken over is not managed', async () => {
  const api = fakeApi((action) => (action === 'elbv2:AddTags' ? 'AccessDenied' : {}))
  const given = plan([
    operation('adopt', { action: 'elbv2:AddTags', verb: 'adopt' }),
    operation('next', { after: ['adopt'] }),
  ])
  assert.deepEqual(states(await run(given, api)), { adopt: 'failed AccessDenied', next: 'skipped Skipped' })
})

test('at a quota, deletes make room first although they were to follow', async () => {
  let rules = 2
  const api = fakeApi((action) => {
    if (action === 'elbv2:DeleteRule') rules--
    else if (rules >= 2) return 'TooManyRules'
    else rules++
    return { Rules: [{ RuleArn: 'arn' }] }
  })
  const given = plan([
    operation('create', { action: 'elbv2:CreateRule', verb: 'create' }),
    operation('delete', { action: 'elbv2:DeleteRule', verb: 'delete', after: ['create'] }),
  ])
  assert.deepEqual(states(await run(given, api)), { create: 'done', delete: 'done' })
  rules = 5
  const again = await run(given, api)
  assert.deepEqual(states(again), { create: 'failed TooManyRules', delete: 'done' })
})

test('rules of a security group are authorized and revoked as far as they are not so already', async () => {
  const api = fakeApi((action, input) => {
    const [permission] = input['IpPermissions'] as { IpRanges: { CidrIp: string }[] }[]
    const cidrs = permission?.IpRanges.map((range) => range.CidrIp) ?? []
    if (!cidrs.includes('10.0.0.0/8')) return {}
    return action === 'ec2:AuthorizeSecurityGroupIngress' ? 'InvalidPermission.Duplicate' : 'InvalidPermission.NotFound'
  })
  const IpRanges = [{ CidrIp: '10.0.0.0/8' }, { CidrIp: '192.0.2.0/24' }]
  const input = { GroupId: 'sg-1', IpPermissions: [{ IpProtocol: 'tcp', FromPort: 80, ToPort: 80, IpRanges }] }
  const given = plan([
    operation('in', { action: 'ec2:AuthorizeSecurityGroupIngress', input }),
    operation('out', { action: 'ec2:RevokeSecurityGroupIngress', input, after: ['in'] }),
  ])
  assert.deepEqual(states(await run(given, api)), { in: 'done', out: 'done' })
  assert.equal(api.calls.length, 6)
})

test('nothing begins after an abort, and what runs is waited for', async () => {
  const stop = new AbortController()
  const api = fakeApi(() => {
    stop.abort()
    return {}
  })
  const result = await run(plan([operation('a'), operation('b', { after: ['a'] })]), api, { signal: stop.signal })
  assert.deepEqual(states(result), { a: 'done', b: 'skipped Aborted' })
})

test('an abort ends the waiting for another try', async () => {
  const stop = new AbortController()
  const ports = createVirtualPorts()
  const api = fakeApi(() => {
    stop.abort()
    return 'Throttling'
  })
  const guarded = createGuardedApi(api, { budgets: createBudgets(DEFAULT_RATES, ports), ports })
  const result = await run(plan([operation('a')]), guarded, { signal: stop.signal })
  assert.deepEqual(states(result), { a: 'skipped Aborted' })
  assert.equal(api.calls.length, 1)
})

test('a circle is no hang', async () => {
  const given = plan([operation('a', { after: ['b'] }), operation('b', { after: ['a'] }), operation('c')])
  assert.deepEqual(states(await run(given, fakeApi())), { a: 'skipped Skipped', b: 'skipped Skipped', c: 'done' })
})

test('each outcome is told before anything that needs it begins', async () => {
  const told: string[] = []
  const api = fakeApi((_, input) => {
    told.push(`call ${String(input['RuleArn'])}`)
    return {}
  })
  await run(plan([operation('a'), operation('b', { after: ['a'] })]), api, {
    onOutcome: ({ operation, state }) => told.push(`${state} ${operation.id}`),
  })
  assert.deepEqual(told, ['call a', 'done a', 'call b', 'done b'])
})
