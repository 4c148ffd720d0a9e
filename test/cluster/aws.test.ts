/** The story of the founding article: an Ingress becomes an ALB in AWS (moto), changes with it, and goes with its namespace. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { type AwsAccount, startAwsAccount } from './parts/aws-account.ts'
import { type AwsReplica, loadBalancersIn, startAwsReplica, targetGroupsIn, targetsIn } from './parts/aws-replica.ts'
import { pollUntil } from './parts/poll.ts'
import { startTestCluster, type TestCluster } from './parts/test-cluster.ts'

const CLUSTER = 'demo'
const ECHOSERVER = `
apiVersion: v1
kind: Namespace
metadata: { name: echoserver }
---
apiVersion: v1
kind: Service
metadata: { name: echoserver, namespace: echoserver }
spec:
  type: NodePort
  selector: { app: echoserver }
  ports: [{ port: 80, targetPort: 8080, protocol: TCP }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: echoserver, namespace: echoserver }
spec:
  replicas: 1
  selector: { matchLabels: { app: echoserver } }
  template:
    metadata: { labels: { app: echoserver } }
    spec: { containers: [{ name: echoserver, image: example/echoserver, ports: [{ containerPort: 8080 }] }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: echoserver
  namespace: echoserver
  annotations:
    kubernetes.io/ingress.class: alb
    alb.ingress.kubernetes.io/scheme: internet-facing
spec:
  rules:
    - host: echoserver.example.com
      http:
        paths:
          - path: /
            pathType: Prefix
            backend: { service: { name: echoserver, port: { number: 80 } } }
`

suite('load balancers in AWS', () => {
  let cluster: TestCluster
  let account: AwsAccount
  const replicas: AwsReplica[] = []

  const start = async (podName: string): Promise<AwsReplica> => {
    const replica = await startAwsReplica({ cluster, account, clusterName: CLUSTER, podName })
    replicas.push(replica)
    return replica
  }
  const names = async (): Promise<Readonly<Record<'balancers' | 'groups', readonly string[]>>> => ({
    balancers: [...(await loadBalancersIn(account.moto)).keys()],
    groups: [...(await targetGroupsIn(account.moto)).keys()],
  })
  const rules = async (): Promise<readonly string[]> => {
    const { LoadBalancers: [balancer] = [] } = await account.moto.aws.call('elbv2:DescribeLoadBalancers', {})
    const { Listeners: listeners = [] } = await account.moto.aws.call('elbv2:DescribeListeners', {
      LoadBalancerArn: balancer?.LoadBalancerArn,
    })
    const shown: string[] = []
    for (const listener of listeners) {
      const { Rules: found = [] } = await account.moto.aws.call('elbv2:DescribeRules', {
        ListenerArn: listener.ListenerArn,
      })
      for (const { Priority, Conditions = [] } of found) {
        const values = Conditions.map(({ Values = [], HostHeaderConfig, PathPatternConfig }) =>
          [...new Set([...Values, ...(HostHeaderConfig?.Values ?? []), ...(PathPatternConfig?.Values ?? [])])].join(
            '|',
          ),
        )
        shown.push(`${listener.Protocol}:${listener.Port} ${Priority} ${values.join(' ')}`.trim())
      }
    }
    return shown.sort()
  }
  const passes = (replica: AwsReplica): Promise<number> => replica.metric('genkan_aws_passes_total', /result="done"/)
  const hostname = async (): Promise<string> =>
    await cluster.kubectl(
      'get',
      'ingress',
      'echoserver',
      '-n',
      'echoserver',
      '-o',
      'jsonpath={.status.loadBalancer.ingress[0].hostname}',
    )

  before(async () => {
    cluster = await startTestCluster()
    account = await startAwsAccount(cluster, CLUSTER)
  })
  after(async () => {
    for (const { program } of replicas) await program.stop()
    await account?.stop()
    await cluster?.stop()
  })

  let first: AwsReplica

  test('the echoserver of the article gets its load balancer, target group, listener and rule', async () => {
    first = await start('genkan-a')
    await cluster.apply(ECHOSERVER)
    await pollUntil(async () => (await hostname()) !== '', 'the hostname in the status').catch((error: unknown) => {
      assert.fail(`${String(error)}\n${first.program.output()}`)
    })
    const { balancers, groups } = await names()
    assert.equal(balancers.length, 1)
    assert.match(balancers[0] ?? '', /^k8s-echoserv-echoserv-[0-9a-f]{10}$/)
    assert.match(groups.join(), /^k8s-echoserv-echoserv-[0-9a-f]{10}$/)
    assert.ok((await hostname()).startsWith(balancers[0] ?? 'none'))
    assert.deepEqual(await rules(), ['HTTP:80 1 echoserver.example.com /*', 'HTTP:80 default'])
    const [arn = ''] = (await targetGroupsIn(account.moto)).values()
    await pollUntil(async () => (await targetsIn(account.moto, arn)).length === 3, 'three nodes in the target group')
  })

  test('the Ingress tells of it in the words of the article', async () => {
    let text = ''
    await pollUntil(async () => {
      text = await cluster.kubectl('describe', 'ingress', 'echoserver', '-n', 'echoserver')
      return text.includes('SuccessfullyReconciled')
    }, 'the Event of success')
    assert.match(text, /Normal\s+CREATE\s.*k8s-echoserv-echoserv-\w+ created/)
    assert.match(text, /Normal\s+CREATE\s.*k8s-echoserv-echoserv-\w+ target group created/)
    assert.match(text, /Normal\s+CREATE\s.*80 listener created/)
    assert.match(text, /Normal\s+CREATE\s.*1 rule created/)
    const own = '[ALB-INGRESS] [echoserver/echoserver] [INFO]: '
    const wanted = [
      /^\[ALB-INGRESS\] \[controller\] \[INFO\]: Log level read as "", defaulting to INFO\. To change, set LOG_LEVEL environment variable to WARN, ERROR, or DEBUG\.$/,
      /^\[ALB-INGRESS\] \[controller\] \[INFO\]: Ingress class set to alb$/,
      /^\[ALB-INGRESS\] \[ingresses\] \[INFO\]: Build up list of existing ingresses$/,
      /^\[ALB-INGRESS\] \[ingresses\] \[INFO\]: Assembled 0 ingresses from existing AWS resources$/,
      'Start ELBV2 (ALB) creation.',
      /Completed ELBV2 \(ALB\) creation\. Name: k8s-echoserv-echoserv-\w+ \| ARN: arn:aws:elasticloadbalancing:\S+:loadbalancer\/app\/k8s-echoserv-echoserv-\w+\/\w+$/,
      'Start Listener creation.',
      /Completed Listener creation\. ARN: arn:aws:elasticloadbalancing:\S+:listener\/app\/\S+ \| Port: 80 \| Proto: HTTP\.$/,
      'Start Rule creation.',
      `Completed Rule creation. Rule Priority: "1" | Condition: [{    Field: "host-header",    Values: ["echoserver.example.com"]  },{    Field: "path-pattern",    Values: ["/*"]  }]`,
    ]
    let lines = first.program.output().split('\n')
    for (const line of wanted) {
      const index = lines.findIndex((one) => (typeof line === 'string' ? one === own + line : line.test(one)))
      assert.ok(index >= 0, `${String(line)} in its place of\n${first.program.output()}`)
      lines = lines.slice(index + 1)
    }
    // The target group is made beside the load balancer.
    const output = first.program.output()
    assert.ok(output.includes(`${own}Start TargetGroup creation.`))
    assert.match(
      output,
      /Succeeded TargetGroup creation\. ARN: arn:aws:elasticloadbalancing:\S+:targetgroup\/\S+ \| Name: k8s-echoserv-echoserv-\w+\.$/m,
    )
  })

  test('a steady state makes no write call, however often it is looked at', async () => {
    const before = await first.calls('writes')
    const passed = await passes(first)
    await pollUntil(async () => (await passes(first)) >= passed + 3, 'three more passes')
    assert.equal(await first.calls('writes'), before)
  })

  test('a changed Ingress changes its rules and nothing else', async () => {
    const before = await names()
    const rule = { path: '/api', pathType: 'Exact', backend: { service: { name: 'echoserver', port: { number: 80 } } } }
    const patch = JSON.stringify([{ op: 'add', path: '/spec/rules/0/http/paths/-', value: rule }])
    await cluster.kubectl('patch', 'ingress', 'echoserver', '-n', 'echoserver', '--type=json', `--patch=${patch}`)
    await pollUntil(async () => (await rules()).length === 3, 'the second rule')
    assert.deepEqual(await rules(), [
      'HTTP:80 1 echoserver.example.com /api',
      'HTTP:80 2 echoserver.example.com /*',
      'HTTP:80 default',
    ])
    assert.deepEqual(await names(), before)
  })

  test('after kill -9 the next replica takes over what exists and makes nothing twice', async () => {
    const before = await names()
    await first.program.stop('SIGKILL')
    const second = await start('genkan-b')
    await second.program.waitForLine(/Assembled 1 ingresses from existing AWS resources/, 60_000)
    for (const line of [
      /\]: Fetching Targets for Target Group arn:aws:elasticloadbalancing:\S+:targetgroup\/\S+$/m,
      /\]: Fetching Rules for Listener arn:aws:elasticloadbalancing:\S+:listener\/\S+$/m,
      /\[echoserver\/echoserver\] \[INFO\]: Ingress rebuilt from existing ALB in AWS$/m,
    ]) {
      assert.match(second.program.output(), line)
    }
    await pollUntil(async () => (await passes(second)) >= 2, 'two passes of the new leader')
    assert.equal(await second.calls('writes'), 0)
    assert.deepEqual(await names(), before)
  })

  test('a deleted namespace takes everything with it', async () => {
    await cluster.kubectl('delete', 'namespace', 'echoserver', '--timeout=60s')
    assert.deepEqual(await names(), { balancers: [], groups: [] })
    await pollUntil(async () => {
      const groups = await account.securityGroups()
      return groups.every((name) => name === 'default')
    }, 'no security group is left')
  })
})
