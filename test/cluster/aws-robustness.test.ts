/** What happens to the AWS controller and what it must do about it: kills, replicas, outages, mass deletes, drift. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type AwsAccount, startAwsAccount } from './parts/aws-account.ts'
import { formatAlbIngress, SHOP } from './parts/aws-manifests.ts'
import { type AwsReplica, eventsOf, loadBalancersIn, startAwsReplica } from './parts/aws-replica.ts'
import { pollUntil } from './parts/poll.ts'
import { startTcpGate, type TcpGate } from './parts/tcp-gate.ts'
import { startTestCluster, type TestCluster } from './parts/test-cluster.ts'

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f']

const ingress = (name: string, annotations: Readonly<Record<string, string>> = {}): string =>
  formatAlbIngress(name, { scheme: 'internet-facing', ...annotations })

suite('the AWS controller in trouble', () => {
  let cluster: TestCluster
  let account: AwsAccount
  let gate: TcpGate
  const replicas: AwsReplica[] = []

  const start = async (podName: string, ...flags: readonly string[]): Promise<AwsReplica> => {
    const all = [`--aws-endpoint=${gate.url}`, ...flags]
    const replica = await startAwsReplica({ cluster, account, clusterName: 'demo', podName, flags: all })
    replicas.push(replica)
    return replica
  }
  const until = async (holds: () => Promise<boolean>, what: string, timeoutMs = 120_000): Promise<number> =>
    pollUntil(holds, what, timeoutMs).catch((error: unknown) =>
      assert.fail(`${String(error)}\n${replicas.at(-1)?.program.output() ?? ''}`),
    )
  const hostname = (name: string): Promise<string> =>
    cluster.kubectl('get', 'ingress', name, '-n', 'shop', '-o', 'jsonpath={.status.loadBalancer.ingress[*].hostname}')
  /** Of everything that has a name: one that is there twice is in the list twice. */
  const names = async (): Promise<readonly string[]> => {
    const { LoadBalancers: balancers = [] } = await account.moto.aws.call('elbv2:DescribeLoadBalancers', {})
    const { TargetGroups: groups = [] } = await account.moto.aws.call('elbv2:DescribeTargetGroups', {})
    return [
      ...balancers.map(({ LoadBalancerName = '' }) => `load balancer ${LoadBalancerName}`),
      ...groups.map(({ TargetGroupName = '' }) => `target group ${TargetGroupName}`),
      ...(await account.securityGroups()).map((name) => `security group ${name}`),
    ].sort()
  }
  const said = async (name: string, reason: string): Promise<readonly string[]> =>
    (await eventsOf(cluster, 'Ingress', 'shop', name)).filter((text) => text.includes(` ${reason} `))

  before(async () => {
    cluster = await startTestCluster()
    account = await startAwsAccount(cluster, 'demo')
    gate = await startTcpGate(account.moto.endpoint)
    await cluster.apply(SHOP)
  })
  after(async () => {
    for (const { program } of replicas) await program.stop()
    await gate?.stop()
    await account?.stop()
    await cluster?.stop()
  })

  let leader: AwsReplica

  test('killed in the middle of creation, the next replica comes to the same end with nothing twice', async () => {
    for (const name of NAMES) await cluster.apply(ingress(name))
    // After the first thing that is made, and after the first one that the next replica makes.
    for (const podName of ['genkan-0', 'genkan-1']) {
      const killed = await start(podName)
      await killed.program.waitForLine(/: done$|(?:Completed|Succeeded) \w+.* creation|Successfully/, 60_000)
      await killed.program.stop('SIGKILL')
    }
    leader = await start('genkan-a')
    for (const name of NAMES) await until(async () => (await hostname(name)) !== '', `the hostname of ${name}`)
    await until(async () => (await leader.metric('genkan_aws_settled')) === 1, 'a settled state')
    const all = await names()
    assert.equal(all.filter((name) => name.startsWith('load balancer')).length, NAMES.length)
    assert.equal(all.filter((name) => name.startsWith('target group')).length, NAMES.length)
    assert.deepEqual(all, [...new Set(all)], 'nothing is there twice')
  })

  test('of two replicas the leader alone calls AWS, and the other takes over when it ends', async () => {
    const before = await names()
    const second = await start('genkan-b')
    const passed = await leader.metric('genkan_aws_passes_total', /done/)
    await until(async () => (await leader.metric('genkan_aws_passes_total', /done/)) > passed + 1, 'two more passes')
    assert.equal(await second.calls('all'), 0)
    await leader.program.stop()
    await until(async () => (await second.metric('genkan_aws_passes_total', /done/)) >= 2, 'passes of the other one')
    assert.equal(await second.calls('writes'), 0)
    assert.deepEqual(await names(), before)
    leader = second
  })

  test('a load balancer that somebody deletes in AWS comes back', async () => {
    const host = await hostname('a')
    const [name = '', arn = ''] = [...(await loadBalancersIn(account.moto))].find(([one]) => host.startsWith(one)) ?? []
    assert.notEqual(arn, '')
    await account.moto.aws.call('elbv2:DeleteLoadBalancer', { LoadBalancerArn: arn })
    await until(async () => {
      const now = (await loadBalancersIn(account.moto)).get(name)
      return now !== undefined && now !== arn
    }, 'another one of its name')
    await until(async () => (await leader.metric('genkan_aws_settled')) === 1, 'a settled state')
  })

  test('a load balancer of our name without our tags is never touched', async () => {
    const { LoadBalancers: [theirs] = [] } = await account.moto.aws.call('elbv2:CreateLoadBalancer', {
      Name: 'theirs',
      Subnets: [...account.subnetIds],
      Scheme: 'internal',
    })
    await cluster.apply(ingress('stranger', { 'load-balancer-name': 'theirs' }))
    await until(async () => (await said('stranger', 'FailedDeployModel')).length > 0, 'its Event')
    assert.match(
      (await said('stranger', 'FailedDeployModel')).join(),
      /the name theirs belongs to .*not this cluster's/,
    )
    const { LoadBalancers: [now] = [] } = await account.moto.aws.call('elbv2:DescribeLoadBalancers', {
      Names: ['theirs'],
    })
    assert.equal(now?.LoadBalancerArn, theirs?.LoadBalancerArn)
    assert.equal(now?.Scheme, 'internal')
    const { TagDescriptions: [tags] = [] } = await account.moto.aws.call('elbv2:DescribeTags', {
      ResourceArns: [theirs?.LoadBalancerArn ?? ''],
    })
    assert.deepEqual(tags?.Tags ?? [], [])
    await cluster.kubectl('delete', 'ingress', 'stranger', '-n', 'shop', '--timeout=60s')
    assert.ok((await loadBalancersIn(account.moto)).has('theirs'))
    await account.moto.aws.call('elbv2:DeleteLoadBalancer', { LoadBalancerArn: theirs?.LoadBalancerArn })
  })

  test('while AWS is away each Ingress says so once, and all is well when it is back', async () => {
    await until(async () => (await leader.metric('genkan_aws_settled')) === 1, 'a settled state')
    const before = await names()
    await gate.goAway()
    await cluster.apply(ingress('late'))
    await until(async () => (await said('late', 'FailedDeployModel')).length > 0, 'an Event on the new one')
    await until(async () => (await said('a', 'FailedDeployModel')).length > 0, 'an Event on one that works')
    const failed = await leader.metric('genkan_aws_passes_total', /failed/)
    await until(async () => (await leader.metric('genkan_aws_passes_total', /failed/)) > failed, 'another try')
    assert.deepEqual(await said('a', 'FailedDeployModel'), [
      'Warning FailedDeployModel Failed deploy model due to AWS cannot be reached',
    ])
    await gate.comeBack()
    await until(async () => (await hostname('late')) !== '', 'the load balancer of the new one')
    const now = await names()
    assert.deepEqual(
      before.filter((name) => !now.includes(name)),
      [],
      'nothing is lost',
    )
  })

  test('while the API server is away nothing changes in AWS, and afterwards changes go on', async () => {
    const before = await names()
    process.kill(cluster.apiServer.pid, 'SIGSTOP')
    try {
      // Longer than the Lease of the leader.
      await delay(8000)
      assert.deepEqual(await names(), before)
    } finally {
      process.kill(cluster.apiServer.pid, 'SIGCONT')
    }
    await cluster.apply(ingress('after'))
    await until(async () => (await hostname('after')) !== '', 'a load balancer')
  })

  test('a mass delete is held back with its reason, until it is confirmed', async () => {
    await until(async () => (await leader.metric('genkan_aws_settled')) === 1, 'a settled state')
    const before = await names()
    // One after the other would be many small deletes: the controller sees them all at once when it comes.
    await leader.program.stop('SIGKILL')
    await cluster.kubectl('delete', 'ingress', '--all', '-n', 'shop', '--wait=false')
    leader = await start('genkan-c')
    await until(async () => (await leader.metric('genkan_aws_held_stacks')) === NAMES.length + 2, 'held stacks')
    assert.deepEqual(await names(), before)
    await until(
      async () => (await said('b', 'FailedDeployModel')).some((text) => text.includes('Held back')),
      'an Event',
    )
    assert.match((await said('b', 'FailedDeployModel')).join('\n'), /Held back: 8 of 8 load balancers .* confirm it/)
    await leader.program.stop()
    leader = await start('genkan-d', '--confirm-deletes')
    await cluster.kubectl('wait', '--for=delete', 'ingress', '--all', '-n', 'shop', '--timeout=120s')
    assert.equal((await loadBalancersIn(account.moto)).size, 0)
  })
})
