/** Pod readiness gates: pods are ready when the load balancer sends them requests, and the gates are added by a webhook. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, suite, test } from 'node:test'
import { findFreePort } from '../support/free-port.ts'
import { type AwsAccount, startAwsAccount } from './parts/aws-account.ts'
import { NLB } from './parts/aws-manifests.ts'
import { type AwsReplica, startAwsReplica, targetGroupsIn, targetsIn } from './parts/aws-replica.ts'
import { pollUntil } from './parts/poll.ts'
import { startTestCluster, type TestCluster } from './parts/test-cluster.ts'

const PREFIX = 'target-health.elbv2.k8s.aws/'
const CONFIGURATION = readFileSync(new URL('../../deploy/aws/pod-webhook.yaml', import.meta.url), 'utf8')
const NAMESPACE = `
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: { elbv2.k8s.aws/pod-readiness-gate-inject: enabled }
`
const pod = (name: string, app: string, gates: readonly string[] = []): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', labels: { app } },
    spec: {
      containers: [{ name: 'web', image: 'example/web', ports: [{ containerPort: 8080 }] }],
      readinessGates: gates.map((group) => ({ conditionType: `${PREFIX}${group}` })),
    },
  })

interface PodObject {
  readonly spec: { readonly readinessGates?: readonly { readonly conditionType: string }[] }
  readonly status?: { readonly podIP?: string; readonly conditions?: readonly { type: string; status: string }[] }
}

suite('pod readiness gates', () => {
  let cluster: TestCluster
  let account: AwsAccount
  const replicas: AwsReplica[] = []
  let group = ''

  before(async () => {
    cluster = await startTestCluster()
    account = await startAwsAccount(cluster, 'demo')
    const ports = [await findFreePort(), await findFreePort()]
    const service = /service: \{[^}]*\}/
    // The API server of the test reaches no Services: it is told of the second replica, which does not lead.
    await cluster.apply(CONFIGURATION.replace(service, `url: 'https://127.0.0.1:${ports[1]}/pods'`))
    for (const [index, port] of ports.entries()) {
      const flags = [`--pod-webhook=127.0.0.1:${port}`, '--webhook-configuration=genkan-aws-pods']
      replicas.push(await startAwsReplica({ cluster, account, clusterName: 'demo', podName: `genkan-${index}`, flags }))
      if (index === 0) await until(async () => (await replicas[0]!.metric('genkan_aws_leader')) === 1, 'a leader')
    }
    await cluster.apply(NAMESPACE, NLB)
    await until(async () => (await targetGroupsIn(account.moto)).size === 1, 'the target group')
    group = [...(await targetGroupsIn(account.moto)).keys()][0] ?? ''
  })
  after(async () => {
    for (const { program } of replicas) await program.stop()
    await account?.stop()
    await cluster?.stop()
  })

  const until = async (holds: () => Promise<boolean>, what: string): Promise<number> =>
    pollUntil(holds, what).catch((error: unknown) =>
      assert.fail(`${String(error)}\n${replicas.map(({ program }) => program.output()).join('\n---\n')}`),
    )
  const read = (name: string): Promise<PodObject> => cluster.api.get<PodObject>(`/api/v1/namespaces/shop/pods/${name}`)
  const conditionOf = async (name: string, type: string): Promise<string> =>
    (await read(name)).status?.conditions?.find((condition) => condition.type === type)?.status ?? ''
  const gatesOf = async (name: string): Promise<readonly string[]> =>
    ((await read(name)).spec.readinessGates ?? []).map(({ conditionType }) => conditionType)

  test('a pod that names its target group is ready when the load balancer calls it healthy', async () => {
    await cluster.apply(pod('named', 'web', [group]))
    await until(async () => (await conditionOf('named', `${PREFIX}${group}`)) === 'True', 'its condition')
    await until(async () => (await conditionOf('named', 'Ready')) === 'True', 'a ready pod')
    const arn = (await targetGroupsIn(account.moto)).get(group) ?? ''
    assert.deepEqual(await targetsIn(account.moto, arn), [(await read('named')).status?.podIP])
  })

  test('the webhook adds the gate, asked of a replica that does not lead', async () => {
    // The certificate goes its way over the leader and a Secret to the other replica.
    let attempt = 0
    await until(async () => {
      const name = `injected-${attempt++}`
      await cluster.apply(pod(name, 'web'))
      const gates = await gatesOf(name)
      if (gates.length === 0) return false
      assert.deepEqual(gates, [`${PREFIX}${group}`])
      await until(async () => (await conditionOf(name, 'Ready')) === 'True', 'a ready pod')
      return true
    }, 'a pod with a gate')
    assert.equal(await replicas[1]!.calls('all'), 0)
  })

  test('pods of other Services, and of namespaces without the label, stay as they are', async () => {
    await cluster.apply(pod('other', 'other'))
    assert.deepEqual(await gatesOf('other'), [])
    await cluster.kubectl('label', 'namespace', 'shop', 'elbv2.k8s.aws/pod-readiness-gate-inject-')
    await cluster.apply(pod('unlabelled', 'web'))
    assert.deepEqual(await gatesOf('unlabelled'), [])
  })

  test('a pod whose target group does not exist does not wait for it', async () => {
    await cluster.apply(pod('stray', 'stray', ['k8s-shop-gone-0123456789']))
    await until(async () => (await conditionOf('stray', 'Ready')) === 'True', 'a ready pod')
  })
})
