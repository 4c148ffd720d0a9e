import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts'
import type { PlanDocument } from '../aws/report/plan-document.ts'
import { run } from './main.ts'

const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url))
const INVENTORY = `${EXAMPLES}aws-inventory.json`

async function plan(
  example: string,
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let out = ''
  let err = ''
  const code = await run(['plan', resolve(EXAMPLES, example), '--provider=aws', '--cluster-name=demo', ...args], {
    stdout: { write: (text) => void (out += text), isTTY: false, columns: 100 },
    stderr: { write: (text) => void (err += text), isTTY: false },
    env: {},
  })
  return { code, out, err }
}

async function planJson(example: string): Promise<PlanDocument> {
  const { out } = await plan(example, `--inventory=${INVENTORY}`, '--format=json')
  return JSON.parse(out) as PlanDocument
}

test('an Ingress becomes an ALB with its listener, rule, target group, security groups and subnets, each with its origin', async () => {
  const document = await planJson('alb-echoserver')
  const [balancer] = document.loadBalancers
  assert.match(balancer?.name ?? '', /^k8s-echoserv-echoserv-[0-9a-f]{10}$/)
  assert.deepEqual(
    [balancer?.type, balancer?.scheme, balancer?.subnets],
    ['application', 'internet-facing', ['subnet-0a', 'subnet-0c']],
  )
  assert.deepEqual(
    document.listeners.map(({ loadBalancer, port, protocol }) => [loadBalancer, protocol, port]),
    [[balancer?.name, 'HTTP', 80]],
  )
  const [rule] = document.rules
  assert.equal(rule?.priority, 1)
  assert.deepEqual(rule?.conditions, [
    { field: 'host-header', values: ['echoserver.localhost'] },
    { field: 'path-pattern', values: ['/'] },
  ])
  const [group] = document.targetGroups
  assert.deepEqual(rule?.actions, [{ type: 'forward', targetGroups: [{ targetGroup: group?.name, weight: 1 }] }])
  assert.deepEqual(
    group?.targets.map(({ id }) => id),
    ['i-0a', 'i-0c'],
  )
  assert.deepEqual(
    document.subnets.map(({ id, availabilityZone }) => [id, availabilityZone]),
    [
      ['subnet-0a', 'ap-northeast-1a'],
      ['subnet-0c', 'ap-northeast-1c'],
    ],
  )
  for (const list of ['loadBalancers', 'listeners', 'rules', 'targetGroups', 'securityGroups', 'subnets'] as const) {
    for (const resource of document[list]) {
      const isShared = resource.stack === 'shared'
      assert.ok(isShared || resource.origin?.file?.endsWith('echoserver.yaml'), `${list} ${JSON.stringify(resource)}`)
    }
  }
  assert.ok(document.cost.usdPerMonth > 0)
  assert.deepEqual([document.isDifference, document.isComplete], [false, true])
  assert.ok(document.operations.length >= 6)
})

test('a Service with a range for aws-load-balancer-internal becomes an internal Classic ELB, and the range is told to restrict nothing', async () => {
  const { loadBalancers, findings } = await planJson('internal-elb')
  assert.deepEqual(
    loadBalancers.map(({ type, scheme }) => [type, scheme]),
    [['classic', 'internal']],
  )
  assert.ok(findings.some(({ code }) => code === 'NLB_INTERNAL_IS_NOT_A_RANGE'))
})

test('the mistakes of the article are named', async () => {
  const { code, out } = await plan('mistakes', `--inventory=${INVENTORY}`)
  assert.equal(code, 1)
  assert.match(out, /did you mean|means/)
  assert.equal((await planJson('mistakes')).isComplete, false)
})

test('text shows the tree, the calls and the cost', async () => {
  const { out } = await plan('alb-echoserver', `--inventory=${INVENTORY}`)
  assert.match(out, /^AWS \(ap-northeast-1, cluster demo\): 1 load balancer$/m)
  assert.match(out, /^ {4}1 {2}host echoserver\.localhost and path \/ -> echoserver\/echoserver:80 by k8s-/m)
  assert.match(out, /^ {2}\+ create listener HTTP:80 of k8s-/m)
  assert.match(out, /^Fixed cost: \$\d+\.\d\d a month/m)
  assert.doesNotMatch(out, /HTTP:1,|undefined|\[object/)
})

test('without an inventory the plan says what it does not know', async () => {
  const { code, out } = await plan('alb-echoserver')
  assert.equal(code, 0)
  assert.match(out, /^ {2}subnets {2}not known without --inventory or --diff$/m)
  assert.match(out, /list prices of us-east-1/)
})

test('the region of an inventory goes before that of the environment', async () => {
  const regionOf = async (...args: readonly string[]): Promise<string> => {
    let out = ''
    const stdout = { write: (text: string) => void (out += text), isTTY: false, columns: 100 }
    const io = { stdout, stderr: { write: () => undefined, isTTY: false }, env: { AWS_REGION: 'eu-west-1' } }
    const common = ['--provider=aws', '--cluster-name=demo', '--format=json']
    await run(['plan', `${EXAMPLES}alb-echoserver`, ...common, ...args], io)
    return (JSON.parse(out) as PlanDocument).region
  }
  assert.equal(await regionOf(`--inventory=${INVENTORY}`), 'ap-northeast-1')
  assert.equal(await regionOf(`--inventory=${INVENTORY}`, '--aws-region=eu-north-1'), 'eu-north-1')
  assert.equal(await regionOf(), 'eu-west-1')
})

test('the help of flags that serve has too speaks of no inventory where none can be given', async () => {
  const help = async (...args: readonly string[]): Promise<string> => {
    let out = ''
    const stdout = { write: (text: string) => void (out += text), isTTY: false, columns: 100 }
    await run([...args, '--help'], { stdout, stderr: { write: () => undefined, isTTY: false }, env: {} })
    return out.replace(/\s+/g, ' ')
  }
  assert.match(await help('plan'), /--aws-region <region> region \(default: that of --inventory, then \$AWS_REGION\)/)
  const serve = await help('serve', '--provider', 'aws')
  assert.match(serve, /--aws-region <region> region \(default: \$AWS_REGION, then \$AWS_DEFAULT_REGION\)/)
  assert.doesNotMatch(serve, /inventory/)
})

test('a wrong command line is told in one line, exit code 2', async () => {
  const io = (lines: string[]) => ({
    stdout: { write: () => undefined, isTTY: false, columns: 100 },
    stderr: { write: (text: string) => void lines.push(text), isTTY: false },
    env: {},
  })
  for (const [args, message] of [
    [
      ['plan', EXAMPLES, '--provider', 'aws'],
      /the name of the cluster is part of all names there; give --cluster-name/,
    ],
    [['plan', EXAMPLES, '--cluster-name', 'demo'], /--provider/],
    [['plan', '--provider', 'aws', '--cluster-name', 'demo'], /nothing to read is given/],
    [
      ['plan', EXAMPLES, '--provider', 'aws', '--cluster-name', 'demo', '--inventory', '/nowhere.json'],
      /Cannot read the inventory \/nowhere\.json: ENOENT/,
    ],
    [
      ['plan', EXAMPLES, '--provider', 'aws', '--cluster-name', 'demo', '--inventory', INVENTORY, '--diff'],
      /--inventory is for planning without an account, --diff reads one/,
    ],
    [
      ['plan', EXAMPLES, '--provider', 'aws', '--cluster-name', 'demo', '--diff'],
      /^Cannot compare with the account: .*UID of the namespace kube-system.*; give --cluster-uid UID, or read the cluster with --cluster\n$/m,
    ],
  ] as const) {
    const lines: string[] = []
    assert.equal(await run([...args], io(lines)), 2)
    assert.match(lines.join(''), message)
  }
})

test('addresses of an NLB that annotations choose are shown, with their subnets where those are known', async () => {
  using folder = createTemporaryFolder()
  const manifest = (scheme: string, annotation: string): string => `
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
  annotations: {service.beta.kubernetes.io/aws-load-balancer-scheme: ${scheme}, service.beta.kubernetes.io/aws-load-balancer-${annotation}}
spec: {type: LoadBalancer, loadBalancerClass: service.k8s.aws/nlb, ports: [{port: 80, nodePort: 31080}]}
`
  const cases = [
    ['internet-facing', 'eip-allocations: "eipalloc-0a,eipalloc-0b"', 'eipalloc-0a', 'eipalloc-0b'],
    ['internal', 'private-ipv4-addresses: "10.0.21.7,10.0.22.7"', '10.0.21.7', '10.0.22.7'],
  ] as const
  for (const [scheme, annotation, first, second] of cases) {
    const file = folder.file(`${scheme}.yaml`)
    writeFileSync(file, manifest(scheme, annotation))
    const planned = async (...args: readonly string[]): Promise<readonly [string, PlanDocument]> => {
      const { out } = await plan(file, ...args)
      const { out: json } = await plan(file, '--format=json', ...args)
      return [out, JSON.parse(json) as PlanDocument]
    }
    const [unknown, withoutSubnets] = await planned()
    assert.match(unknown, new RegExp(`^  IPs      ${first}, ${second}$`, 'm'))
    assert.deepEqual(
      withoutSubnets.loadBalancers[0]?.addresses.map(({ subnet }) => subnet),
      ['', ''],
    )
    const inventory = folder.file('inventory.json')
    const subnet = (id: string, zone: string, cidr: string): object => ({
      id,
      availabilityZone: zone,
      availableIpAddressCount: 100,
      cidr,
      tags: { 'kubernetes.io/role/elb': '1', 'kubernetes.io/role/internal-elb': '1' },
    })
    const subnets = [subnet('subnet-1', 'a', '10.0.21.0/24'), subnet('subnet-2', 'b', '10.0.22.0/24')]
    writeFileSync(inventory, JSON.stringify({ subnets }))
    const [known] = await planned(`--inventory=${inventory}`)
    assert.match(known, new RegExp(`^  IPs      ${first} in subnet-1, ${second} in subnet-2$`, 'm'))
  }
})

test('a plan of nothing says what would ask for a load balancer', async () => {
  const { out } = await plan('quickstart')
  assert.match(out, /0 load balancers\n\nNothing here asks for a load balancer: Ingresses do by the class alb/)
})

test('a path that does not exist is told as one of files', async () => {
  const { code, out } = await plan('no-such-example')
  assert.match(out, /FILE_UNREADABLE Cannot read .*no-such-example: it does not exist/)
  assert.match(out, /^1 error in 0 files$/m)
  assert.equal(code, 1)
})
