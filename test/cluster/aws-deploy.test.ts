/** The chart's Deployment for AWS: with its flags and its rights the real program provisions (in moto), and may do nothing more. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments } from 'yaml'
import { findFreePort } from '../support/free-port.ts'
import { type Program, startProgram } from '../support/program.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { type AwsAccount, startAwsAccount } from './parts/aws-account.ts'
import { SHOP } from './parts/aws-manifests.ts'
import { eventsOf } from './parts/aws-replica.ts'
import { formatKubeconfig } from './parts/credentials.ts'
import { pollUntil } from './parts/poll.ts'
import { isAllowed, type Right, untilAllowed } from './parts/rights.ts'
import { PROGRAM } from './parts/serve-process.ts'
import { startTestCluster, type TestCluster } from './parts/test-cluster.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CRDS = readFileSync(join(ROOT, 'deploy/aws/crds.yaml'), 'utf8')
const ACCOUNT = 'genkan:genkan-aws'
const APP = `
apiVersion: v1
kind: Service
metadata: { name: front, namespace: shop, annotations: { service.beta.kubernetes.io/aws-load-balancer-scheme: internet-facing } }
spec: { type: LoadBalancer, loadBalancerClass: service.k8s.aws/nlb, selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: shop
  annotations: { alb.ingress.kubernetes.io/scheme: internet-facing, alb.ingress.kubernetes.io/healthcheck-interval-seconds: soon, alb.ingress.kubernetes.io/no-such: x }
spec:
  tls: [{ hosts: [web.example.com], secretName: web-tls }]
  rules: [{ host: web.example.com, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] } }]
---
apiVersion: elbv2.k8s.aws/v1beta1
kind: TargetGroupBinding
metadata: { name: others, namespace: shop }
spec: { targetGroupName: of-somebody-else, targetType: instance, serviceRef: { name: web, port: 80 } }
`

suite('the chart for AWS', () => {
  let cluster: TestCluster
  let account: AwsAccount
  let program: Program
  let admin = ''

  before(async () => {
    cluster = await startTestCluster()
    account = await startAwsAccount(cluster, 'demo')
    await cluster.apply(CRDS)
    const helm = execFileSync('bash', [join(ROOT, 'scripts/build-helm.sh')], { encoding: 'utf8' }).trim()
    const args = ['template', 'genkan', join(ROOT, 'deploy/chart/genkan'), '-n', 'genkan']
    const values = join(ROOT, 'test/deploy/values/aws.yaml')
    const manifests = execFileSync(join(helm, 'helm'), [...args, '-f', values], { encoding: 'utf8' })
    await cluster.kubectl('create', 'namespace', 'genkan')
    await cluster.apply(manifests)
    await untilAllowed(cluster, ACCOUNT, [
      { verb: 'watch', group: 'elbv2.k8s.aws', resource: 'targetgroupbindings' },
      { verb: 'create', group: 'coordination.k8s.io', resource: 'leases', namespace: 'genkan' },
    ])
    const token = (await cluster.kubectl('create', 'token', 'genkan-aws', '-n', 'genkan')).trim()
    using folder = createTemporaryFolder()
    const kubeconfig = folder.file('kubeconfig')
    writeFileSync(kubeconfig, formatKubeconfig(cluster.url, cluster.credentials.authority.certPem, token))
    const webhook = `--pod-webhook=127.0.0.1:${await findFreePort()}`
    const flags = flagsOf(manifests).map((flag) => (flag.startsWith('--pod-webhook=') ? webhook : flag))
    const here = [`--kubeconfig=${kubeconfig}`, `--aws-endpoint=${account.moto.endpoint}`, '--admin-port=0']
    program = await startProgram(process.execPath, [PROGRAM, ...flags, ...here, `--aws-vpc-id=${account.vpcId}`], {
      env: { ...account.env, POD_NAME: 'genkan-aws-a', POD_NAMESPACE: 'genkan' },
    })
    const ready = JSON.parse(await program.waitForLine(/^\{"event":"ready"/, 60_000)) as { readonly admin: string }
    admin = ready.admin
  })
  after(async () => {
    await program?.stop()
    await account?.stop()
    await cluster?.stop()
  })

  const until = (holds: () => Promise<boolean>, what: string): Promise<unknown> =>
    pollUntil(holds, what).catch((error: unknown) => assert.fail(`${String(error)}\n${program.output()}`))
  const get = (...what: readonly string[]): Promise<string> => cluster.kubectl('get', ...what, '-n', 'shop')

  test('load balancers come and go, statuses, finalizers and Events are written, and nothing is forbidden', async () => {
    await cluster.apply(SHOP, APP)
    const hostname = 'jsonpath={.status.loadBalancer.ingress[0].hostname}'
    await until(async () => (await get('ingress/web', '-o', hostname)) !== '', 'an address of the Ingress')
    await until(async () => (await get('service/front', '-o', hostname)) !== '', 'an address of the Service')
    const said = async (text: string): Promise<boolean> =>
      (await eventsOf(cluster, 'Ingress', 'shop', 'web')).some((event) => event.includes(text))
    await until(() => said('SuccessfullyReconciled'), 'the Event of success')
    await until(() => said('healthcheck-interval-seconds'), 'the Event of a mistake')
    await until(() => said('no-such'), 'the Event of a name that nobody reads')
    const finalizers = (): Promise<string> => get('targetgroupbinding/others', '-o', 'jsonpath={.metadata.finalizers}')
    await until(async () => (await finalizers()).includes('elbv2.k8s.aws/resources'), 'a finalizer of the binding')
    const bundle = 'jsonpath={.webhooks[0].clientConfig.caBundle}'
    const configuration = ['get', 'mutatingwebhookconfiguration', 'genkan-aws-pods', '-o', bundle]
    await until(async () => (await cluster.kubectl(...configuration)) !== '', 'the authority of the webhook')
    const version = (await (await fetch(`${admin}/api/v1/version`)).json()) as { readonly cluster: unknown }
    assert.deepEqual(version.cluster, { staleSince: '', forbidden: [] })
    await cluster.kubectl('delete', 'namespace', 'shop', '--timeout=120s')
    assert.doesNotMatch(program.output(), /\bforbid(den|s)\b|: 403 /i)
  })

  for (const refused of [
    { verb: 'update', group: 'networking.k8s.io', resource: 'ingresses', namespace: 'shop' },
    { verb: 'delete', group: 'networking.k8s.io', resource: 'ingresses', namespace: 'shop' },
    { verb: 'create', resource: 'secrets', namespace: 'shop' },
    { verb: 'patch', resource: 'pods', namespace: 'shop' },
    { verb: 'create', resource: 'pods', namespace: 'genkan' },
    { verb: 'patch', resource: 'nodes' },
    { verb: 'list', resource: 'configmaps', namespace: 'shop' },
    { verb: 'get', group: 'coordination.k8s.io', resource: 'leases', name: 'other', namespace: 'genkan' },
  ] satisfies readonly Right[]) {
    test(`it may not ${refused.verb} ${refused.resource}`, async () => {
      assert.equal(await isAllowed(cluster, ACCOUNT, refused), false)
    })
  }
})

/** Of the container: what the pod would run with. */
function flagsOf(manifests: string): readonly string[] {
  const workload = parseAllDocuments(manifests).find((document) => document.get('kind') === 'Deployment')
  const args = workload?.getIn(['spec', 'template', 'spec', 'containers', 0, 'args']) as {
    readonly items: readonly { readonly value: string }[]
  }
  return args.items.map(({ value }) => value)
}
