/** What moto cannot show: a strict AWS in this process that throttles, forgets, cuts connections and holds security groups. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { DEFAULT_RATES, type Rates } from '../../src/aws/deploy/execute/budget.ts'
import type { AwsServeOptions } from '../../src/controller/aws/aws-options.ts'
import { type AwsServer, startAwsServer } from '../../src/controller/aws/aws-server.ts'
import { AWS_DEFAULTS } from '../../src/dialects/aws/options.ts'
import { openCluster } from '../../src/sources/cluster/open-cluster.ts'
import { type AwsDouble, createAwsDouble } from '../aws/double/aws-double.ts'
import { formatAlbIngress, SHOP } from './parts/aws-manifests.ts'
import { eventsOf } from './parts/aws-replica.ts'
import { pollUntil } from './parts/poll.ts'
import { startTestCluster, type TestCluster } from './parts/test-cluster.ts'

const ingress = (name: string, annotations: Readonly<Record<string, string>> = {}): string =>
  formatAlbIngress(name, { scheme: 'internet-facing', ...annotations })
const FAST = { perSecond: 1e6, burst: 1e6 }
const RATES = Object.fromEntries(Object.keys(DEFAULT_RATES).map((name) => [name, FAST])) as unknown as Rates

suite('the AWS controller and a strict AWS', () => {
  let cluster: TestCluster
  let aws: AwsDouble
  let server: AwsServer | null = null
  const lines: string[] = []

  const start = async (): Promise<void> => {
    const options: AwsServeOptions = {
      aws: { ...AWS_DEFAULTS, clusterName: 'demo' },
      region: aws.state.region,
      endpoint: '',
      vpcId: aws.state.vpcId,
      adopts: false,
      maxDeleteShare: 0.5,
      confirmsDeletes: false,
      adminHost: '127.0.0.1',
      adminPort: 0,
      podWebhook: '',
      webhookConfiguration: '',
      podName: 'genkan',
      podNamespace: 'default',
      electionId: 'genkan-aws-leader',
      electionTtlMs: 5000,
      resyncMs: 1000,
    }
    const say = (line: string): void => void lines.push(line)
    server = await startAwsServer(
      await openCluster({ kubeconfig: cluster.kubeconfig, context: '' }),
      options,
      { line: say, problem: say, leading: () => undefined },
      new AbortController().signal,
      { open: () => Promise.resolve({ ...aws, close: () => undefined }), rates: RATES },
    )
  }
  const until = async (holds: () => Promise<boolean> | boolean, what: string): Promise<number> =>
    pollUntil(holds, what, 120_000).catch((error: unknown) => assert.fail(`${String(error)}\n${lines.join('\n')}`))
  const hostname = (name: string): Promise<string> =>
    cluster.kubectl('get', 'ingress', name, '-n', 'shop', '-o', 'jsonpath={.status.loadBalancer.ingress[*].hostname}')
  const ours = (): readonly string[] =>
    [...aws.state.securityGroups.values()].map(({ name }) => name).filter((name) => name.startsWith('k8s-'))

  before(async () => {
    cluster = await startTestCluster()
    aws = createAwsDouble({ hiddenReads: 1, taggingLag: 3, targetCalls: 2, interfaceCalls: 60 })
    for (const [index, name] of ['node-a', 'node-b', 'node-c'].entries()) {
      const providerID = `aws:///eu-central-1a/i-node${index + 1}`
      await cluster.kubectl('patch', 'node', name, '--type=merge', `--patch={"spec":{"providerID":"${providerID}"}}`)
    }
    await cluster.apply(SHOP)
    await start()
  })
  after(async () => {
    await server?.close()
    await cluster?.stop()
  })

  test('throttled, and with an AWS that does not know yet what was just made, everything is made once', async () => {
    aws.faults.throttleEvery = 7
    await cluster.apply(ingress('a'))
    await cluster.apply(ingress('b'))
    for (const name of ['a', 'b']) await until(async () => (await hostname(name)) !== '', `the hostname of ${name}`)
    assert.equal(aws.state.loadBalancers.size, 2)
    assert.equal(aws.state.targetGroups.size, 2)
    assert.ok(aws.calls.some(({ refusal }) => refusal === 'Throttling'))
    aws.faults.throttleEvery = 0
  })

  test('a load balancer whose creation was not answered is not made again', async () => {
    let isCut = false
    aws.faults.cutAfter = ({ action }) => {
      if (action !== 'elbv2:CreateLoadBalancer' || isCut) return false
      isCut = true
      return true
    }
    await cluster.apply(ingress('cut'))
    await until(async () => (await hostname('cut')) !== '', 'its hostname')
    assert.ok(isCut)
    assert.equal(aws.state.loadBalancers.size, 3)
  })

  test('a feature that IAM denies is left alone, and told once', async () => {
    const [acl = ''] = aws.state.webAcls.keys()
    aws.faults.denied.add('wafv2:AssociateWebACL')
    await cluster.apply(ingress('guarded', { 'wafv2-acl-arn': acl }))
    await until(async () => (await hostname('guarded')) !== '', 'its hostname')
    await until(() => lines.some((line) => line.includes('is left alone: AWS denies it')), 'the log line')
    const before = aws.calls.length
    await until(() => aws.calls.length > before + 30, 'further passes')
    assert.equal(lines.filter((line) => line.includes('is left alone: AWS denies it')).length, 1)
  })

  test('what AWS refuses is told on the Ingress, and is well again when AWS takes it', async () => {
    aws.faults.refuse = ({ action, input }) =>
      action === 'elbv2:CreateRule' && JSON.stringify(input).includes('refused.example.com')
        ? { code: 'TooManyRules', message: 'The maximum number of rules was reached' }
        : null
    await cluster.apply(ingress('refused'))
    const said = async (reason: string): Promise<boolean> =>
      (await eventsOf(cluster, 'Ingress', 'shop', 'refused')).some((text) => text.includes(` ${reason} `))
    await until(async () => said('FailedDeployModel'), 'its Event')
    assert.equal(await hostname('a').then((name) => name !== ''), true)
    aws.faults.refuse = null
    await until(async () => said('SuccessfullyReconciled'), 'the Event of success')
  })

  test('security groups that AWS holds for a while hold no Ingress back, and go later', async () => {
    const names = ours()
    await cluster.kubectl('delete', 'ingress', 'cut', '-n', 'shop', '--timeout=60s')
    assert.equal(aws.state.loadBalancers.size, 4)
    await until(() => ours().length === names.length - 1, 'one security group less')
    assert.ok(aws.calls.some(({ action, refusal }) => action === 'ec2:DeleteSecurityGroup' && refusal !== null))
  })

  test('a steady state makes no write call', async () => {
    const settled = async (): Promise<boolean> => {
      const text = await (await fetch(`http://127.0.0.1:${server?.adminPort}/metrics`)).text()
      return text.includes('genkan_aws_settled 1')
    }
    await until(settled, 'a settled state')
    const writes = (): number => aws.calls.filter(({ isWrite }) => isWrite).length
    const [before, called] = [writes(), aws.calls.length]
    await until(() => aws.calls.length > called + 60, 'further passes')
    assert.equal(writes(), before)
  })
})
