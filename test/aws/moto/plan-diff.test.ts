/** `genkan plan --diff`: what exists in the account (moto) is compared with, and taken over only when that is asked for. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import type { PlanDocument } from '../../../src/aws/report/plan-document.ts'
import { readMotoNetwork } from '../parts/moto-network.ts'
import { createTemporaryFolder } from '../../support/temporary-folder.ts'
import { MOTO_REGION, type MotoServer, startMoto } from '../parts/moto-server.ts'

const runFile = promisify(execFile)
const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
let moto: MotoServer
let vpcId = ''
let subnets: readonly string[] = []

before(async () => {
  moto = await startMoto()
  const network = await readMotoNetwork(moto.aws)
  vpcId = network.vpcId
  subnets = network.subnets.slice(0, 2)
  const Tags = [{ Key: 'kubernetes.io/role/elb', Value: '1' }]
  await moto.aws.call('ec2:CreateTags', { Resources: [...subnets], Tags })
})
after(() => moto.stop())

async function plan(...flags: readonly string[]): Promise<PlanDocument> {
  return await planOf(`${ROOT}examples/alb-echoserver`, '--cluster-uid=uid', ...flags)
}

async function planOf(...flags: readonly string[]): Promise<PlanDocument> {
  const account = ['--diff', `--aws-endpoint=${moto.endpoint}`, `--aws-vpc-id=${vpcId}`]
  const args = ['plan', '--provider=aws', '--cluster-name=demo', '--format=json']
  const env = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: MOTO_REGION }
  const { stdout } = await runFile(process.execPath, [`${ROOT}bin/genkan.js`, ...args, ...account, ...flags], {
    env: { ...process.env, ...env },
    timeout: 120_000,
    maxBuffer: 16 * 1024 * 1024,
  })
  return JSON.parse(stdout) as PlanDocument
}

test('in an empty account everything is created', async () => {
  const { isDifference, operations, held } = await plan()
  assert.equal(isDifference, true)
  assert.deepEqual(held, [])
  assert.ok(operations.some(({ action, verb }) => action === 'elbv2:CreateLoadBalancer' && verb === 'create'))
})

test('a load balancer of the controller before is held, and with --adopt taken over instead of made anew', async () => {
  const name = (await plan()).loadBalancers[0]?.name ?? ''
  const tags = {
    'elbv2.k8s.aws/cluster': 'demo',
    'ingress.k8s.aws/stack': 'echoserver/echoserver',
    'ingress.k8s.aws/resource': 'LoadBalancer',
  }
  await moto.aws.call('elbv2:CreateLoadBalancer', {
    Name: name,
    Subnets: [...subnets],
    Scheme: 'internet-facing',
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  })
  const without = await plan()
  assert.match(without.held.map(({ reason }) => reason).join('\n'), new RegExp(`${name} .*adopt it`))
  assert.ok(without.operations.every(({ stack }) => stack === 'shared'))
  const { operations, held } = await plan('--adopt')
  assert.deepEqual(held, [])
  assert.ok(operations.some(({ verb, summary }) => verb === 'adopt' && summary.includes(name)))
  assert.ok(operations.every(({ action }) => action !== 'elbv2:CreateLoadBalancer'))
})

test('a cluster tells its UID itself, so that what its controller made is known as its own', async () => {
  const tags = {
    'elbv2.k8s.aws/cluster': 'demo',
    'genkan.dev/cluster-uid': 'uid-of-kube-system',
    'ingress.k8s.aws/stack': 'gone/gone',
    'ingress.k8s.aws/resource': 'LoadBalancer',
  }
  await moto.aws.call('elbv2:CreateLoadBalancer', {
    Name: 'k8s-gone-gone-0123456789',
    Subnets: [...subnets],
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  })
  const isGone = ({ stack }: { readonly stack: string }): boolean => stack === 'ingress:gone/gone'
  const server = createServer((request, response) => {
    const isNamespaces = request.url?.startsWith('/api/v1/namespaces?') === true
    const items = isNamespaces ? [{ metadata: { name: 'kube-system', uid: 'uid-of-kube-system' } }] : []
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items }))
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  try {
    using folder = createTemporaryFolder()
    const kubeconfig = folder.file('kubeconfig')
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    writeFileSync(
      kubeconfig,
      JSON.stringify({
        clusters: [{ name: 'c', cluster: { server: address } }],
        contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
        users: [{ name: 'u', user: {} }],
        'current-context': 'c',
      }),
    )
    const own = await planOf(`--kubeconfig=${kubeconfig}`)
    assert.ok(own.operations.some((one) => isGone(one) && one.verb === 'delete'))
    const others = await planOf(`--kubeconfig=${kubeconfig}`, '--cluster-uid=of-another')
    assert.ok(!others.operations.some(isGone))
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
