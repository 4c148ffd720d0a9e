/** The life of each flavour through the real SDK on the wire: made, left alone, changed, deleted; nothing is left. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { type AwsAction, type AwsApi, AwsError, isReadOnly } from '../../../src/aws/deploy/aws-api.ts'
import type { AwsStack } from '../../../src/aws/stack/model.ts'
import { createSelfSigned } from '../../../src/base/certificate.ts'
import { compareText } from '../../../src/base/finding.ts'
import { Secret } from '../../../src/base/secret.ts'
import { type ConvergeOptions, converge, look, type Pass, runPass } from '../parts/converge.ts'
import { readMotoNetwork } from '../parts/moto-network.ts'
import { type MotoServer, startMoto } from '../parts/moto-server.ts'
import { albStack, classicStack, nlbStack, type Place, sharedStack } from '../parts/sample-stacks.ts'

let moto: MotoServer
let place: Place
let options: ConvergeOptions
const calls: AwsAction[] = []

before(async () => {
  moto = await startMoto()
})
after(() => moto.stop())

beforeEach(async () => {
  await moto.reset()
  hasIndex = true
  const { vpcId, subnets } = await readMotoNetwork(moto.aws)
  place = { subnets: subnets.slice(0, 2) }
  const pair = await createSelfSigned(['shop.example.com'])
  options = {
    vpcId,
    // moto refuses to swap priorities, which AWS does.
    plan: { swapsPriorities: false },
    hooks: {
      readSecret: (_, part) =>
        Promise.resolve(
          part === 'chain' ? null : new Secret(Buffer.from(part === 'certificate' ? pair.certPem : pair.keyPem)),
        ),
    },
  }
})

/** moto's index of tags knows no Classic Load Balancers and no certificates, so that some tests do without it. */
let hasIndex = true

/** The SDK, with every call noted. */
const api: AwsApi = {
  call(action, input, signal) {
    calls.push(action)
    if (!hasIndex && action === 'tagging:GetResources') {
      return Promise.reject(new AwsError(action, 'AccessDenied', 'not authorized', 403))
    }
    return moto.aws.call(action, input, signal)
  },
}

/** @returns what failed, for the message of an assertion */
function failures(passes: readonly Pass[]): string[] {
  return passes.flatMap(({ result }) =>
    [...result.stacks.values()].flatMap(({ outcomes }) =>
      outcomes
        .filter(({ state }) => state === 'failed' || state === 'skipped')
        .map(({ operation, code, message }) => `${operation.id}: ${code} ${message}`),
    ),
  )
}

async function reach(desired: readonly AwsStack[]): Promise<readonly Pass[]> {
  const passes = await converge(api, desired, options)
  assert.deepEqual(failures(passes), [])
  // What stands is left alone: not one write.
  calls.length = 0
  const { plan } = await runPass(api, desired, options)
  assert.deepEqual(plan.operations, [])
  assert.deepEqual(
    calls.filter((action) => !isReadOnly(action)),
    [],
  )
  return passes
}

/** Everything in the account that is not the default VPC's. */
async function leftOvers(): Promise<string[]> {
  const { LoadBalancers = [] } = await moto.aws.call('elbv2:DescribeLoadBalancers', {})
  const { TargetGroups = [] } = await moto.aws.call('elbv2:DescribeTargetGroups', {})
  const { LoadBalancerDescriptions = [] } = await moto.aws.call('elb:DescribeLoadBalancers', {})
  const { SecurityGroups = [] } = await moto.aws.call('ec2:DescribeSecurityGroups', {})
  const { CertificateSummaryList = [] } = await moto.aws.call('acm:ListCertificates', {})
  return [
    ...LoadBalancers.map((one) => one.LoadBalancerName ?? ''),
    ...TargetGroups.map((one) => one.TargetGroupName ?? ''),
    ...LoadBalancerDescriptions.map((one) => one.LoadBalancerName ?? ''),
    ...SecurityGroups.map((one) => one.GroupName ?? '').filter((name) => name !== 'default'),
    ...CertificateSummaryList.map((one) => one.DomainName ?? ''),
  ]
}

test('an application load balancer: made, changed, TLS added and given up, deleted', async () => {
  hasIndex = false
  const first = await reach([sharedStack(), albStack(place, { usesShared: true, paths: ['/a', '/b'], team: 'red' })])
  assert.match([...(first[0]?.result.dnsNames.values() ?? [])].join(), /elb\.amazonaws\.com$/)
  const { LoadBalancers: [balancer] = [] } = await moto.aws.call('elbv2:DescribeLoadBalancers', {})
  const { Listeners: [listener] = [] } = await moto.aws.call('elbv2:DescribeListeners', {
    LoadBalancerArn: balancer?.LoadBalancerArn,
  })
  const { Rules = [] } = await moto.aws.call('elbv2:DescribeRules', { ListenerArn: listener?.ListenerArn })
  assert.deepEqual(Rules.map(({ Priority = '' }) => Priority).sort(compareText), ['1', '2', 'default'])
  await reach([
    sharedStack(),
    albStack(place, {
      usesShared: true,
      paths: ['/b', '/c'],
      team: 'blue',
      idleTimeout: '120',
      cidrs: ['192.0.2.0/24'],
    }),
  ])
  const tls = { secret: 'shop/tls', fingerprint: 'a'.repeat(64) }
  await reach([sharedStack(), albStack(place, { usesShared: true, paths: ['/b', '/c'], tls })])
  await reach([albStack(place, { paths: ['/b'] })])
  await reach([])
  assert.deepEqual(await leftOvers(), [])
})

test('an application load balancer whose tags come from the index: made, changed, deleted', async () => {
  await reach([albStack(place, { paths: ['/a', '/b'], team: 'red' })])
  await reach([albStack(place, { paths: ['/b', '/a', '/c'] })])
  await reach([])
  assert.deepEqual(await leftOvers(), [])
})

test('a network load balancer: made, changed, deleted', async () => {
  await reach([nlbStack(place, { ports: [80, 443] })])
  await reach([nlbStack(place, { ports: [443, 8443], crossZone: true })])
  await reach([])
  assert.deepEqual(await leftOvers(), [])
})

test('a Classic Load Balancer: made, changed, deleted', async () => {
  hasIndex = false
  await reach([classicStack(place, { ports: [80, 443] })])
  await reach([classicStack(place, { ports: [80, 443], sendsProxyProtocol: true, idleTimeoutSeconds: 120 })])
  await reach([classicStack(place, { ports: [80, 8443] })])
  await reach([])
  assert.deepEqual(await leftOvers(), [])
})

test('all flavours side by side; what goes leaves the others alone', async () => {
  hasIndex = false
  const alb = albStack(place, { id: 'ingress:shop/other' })
  await reach([albStack(place), alb, nlbStack(place), classicStack(place)])
  await reach([alb])
  assert.deepEqual(await leftOvers(), ['k8s-shop-other-int', 'k8s-shop-other-a', 'k8s-shop-other'])
})

test('what others made is neither changed nor deleted', async () => {
  const { vpcId } = options
  const { LoadBalancers: [balancer] = [] } = await moto.aws.call('elbv2:CreateLoadBalancer', {
    Name: 'of-others',
    Subnets: [...place.subnets],
    Tags: [
      { Key: 'elbv2.k8s.aws/cluster', Value: 'demo' },
      { Key: 'ingress.k8s.aws/stack', Value: 'shop/web' },
      { Key: 'ingress.k8s.aws/resource', Value: 'LoadBalancer' },
    ],
  })
  await moto.aws.call('ec2:CreateSecurityGroup', { GroupName: 'of-others', Description: 'not ours', VpcId: vpcId })
  await reach([albStack(place)])
  await reach([])
  assert.deepEqual(await leftOvers(), ['of-others', 'of-others'])
  const after = await look(moto.aws, [], options)
  assert.ok(
    balancer !== undefined &&
      [...after.stacks.values()].every(({ loadBalancers }) => loadBalancers.every(({ isOwned }) => !isOwned)),
  )
})
