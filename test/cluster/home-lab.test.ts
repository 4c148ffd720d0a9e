/**
 * The cluster at home, from nothing to an answer: a pool of 60 addresses, a Service in front of the proxy that gets the first,
 * a speaker that announces it on a cable, and a blog outside the cluster behind an Ingress and a Service of type ExternalName.
 */
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { after, before, suite, test } from 'node:test'
import { promisify } from 'node:util'
import { type Program, startProgram } from '../support/program.ts'
import { pollUntil } from './parts/poll.ts'
import { PROGRAM, startServe } from './parts/serve-process.ts'
import { startTestCluster, type TestCluster } from './parts/test-cluster.ts'

const execute = promisify(execFile)

const CRDS = readFileSync(new URL('../../deploy/metal/crds.yaml', import.meta.url), 'utf8')
const ADDRESS = '192.168.1.100'
const NODE_MAC = '02:00:00:00:01:01'
const RESOURCES = `
{apiVersion: metallb.io/v1beta1, kind: IPAddressPool, metadata: {name: lab, namespace: metallb-system}, spec: {addresses: [192.168.1.100-192.168.1.159]}}
---
{apiVersion: metallb.io/v1beta1, kind: L2Advertisement, metadata: {name: lab, namespace: metallb-system}, spec: {ipAddressPools: [lab]}}
`
const CONFIG_MAP = `
apiVersion: v1
kind: ConfigMap
metadata: { name: config, namespace: metallb-system }
data:
  config: |
    address-pools:
    - name: default
      protocol: layer2
      addresses:
      - 192.168.1.100-192.168.1.159
`
const FRONT = `
{apiVersion: v1, kind: Service, metadata: {name: front, namespace: ingress}, spec: {type: LoadBalancer, ports: [{name: http, port: 80}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: front-1, namespace: ingress, labels: {kubernetes.io/service-name: front}}
addressType: IPv4
ports: [{name: http, port: 80}]
endpoints: [{addresses: [192.168.1.10], nodeName: laptop, conditions: {ready: true}}]
`
const OBJECTS = `
{apiVersion: v1, kind: Namespace, metadata: {name: metallb-system}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: ingress}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: external-services}}
---
{apiVersion: v1, kind: Node, metadata: {name: laptop}}
---
{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: nginx}, spec: {controller: k8s.io/ingress-nginx}}
---
{apiVersion: v1, kind: Service, metadata: {name: ghost, namespace: external-services}, spec: {type: ExternalName, externalName: 192.168.1.41}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: ghost, namespace: external-services}
spec:
  ingressClassName: nginx
  rules:
    - host: blog.example
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: ghost, port: {number: 2368}}}}]}
`
/** The old server in the cupboard. */
const BLOG = `
require('node:http').createServer((request, response) => {
  response.end('the old blog, asked for ' + request.headers.host + request.url)
}).listen(2368, '192.168.1.41', () => console.log('blog listens'))
`

interface Balanced {
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] } }
}

suite('a cluster at home', () => {
  let cluster: TestCluster
  let speaker: Program
  const programs: Program[] = []
  /** The other end of the cable: whoever else is in the house, and the old server. */
  const house = `genkan-${process.pid}-${Date.now().toString(36)}-house`
  const ip = (...args: readonly string[]): string => execFileSync('ip', args, { encoding: 'utf8' })
  const inHouse = (...command: readonly string[]): Promise<{ readonly stdout: string }> =>
    execute('ip', ['netns', 'exec', house, ...command])
  const start = async (args: readonly string[], env: Record<string, string>, line: RegExp): Promise<Program> => {
    const program = await startProgram(process.execPath, [PROGRAM, ...args, `--kubeconfig=${cluster.kubeconfig}`], {
      env,
    })
    programs.push(program)
    await program.waitForLine(line, 60_000)
    return program
  }
  const addressesOf = async (path: string): Promise<string> => {
    const { status } = await cluster.api.get<Balanced>(path)
    return (status?.loadBalancer?.ingress ?? []).map((entry) => entry.ip ?? '').join(',')
  }
  const ofIngress = (): Promise<string> =>
    addressesOf('/apis/networking.k8s.io/v1/namespaces/external-services/ingresses/ghost')
  const ofFront = (): Promise<string> => addressesOf('/api/v1/namespaces/ingress/services/front')
  const isAnswered = async (): Promise<boolean> => {
    try {
      await inHouse('arping', '-c', '1', '-w', '1', '-I', 'eth0', ADDRESS)
      return true
    } catch (error) {
      // 1 = nobody answered; anything else is a mistake of the test.
      if ((error as { readonly code?: unknown }).code === 1) return false
      throw error
    }
  }
  const withdrawals = (): number => speaker.output().match(/^\{"event":"withdrawn"/gm)?.length ?? 0

  before(async () => {
    cluster = await startTestCluster()
    ip('netns', 'add', house)
    ip('-n', house, 'link', 'set', 'lo', 'up')
    ip('link', 'add', 'lan0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', house)
    ip('link', 'set', 'lan0', 'address', NODE_MAC)
    ip('addr', 'add', '192.168.1.10/24', 'dev', 'lan0')
    ip('-n', house, 'addr', 'add', '192.168.1.2/24', 'dev', 'eth0')
    ip('-n', house, 'addr', 'add', '192.168.1.41/24', 'dev', 'eth0')
    ip('link', 'set', 'lan0', 'up')
    ip('-n', house, 'link', 'set', 'eth0', 'up')
    // As kube-proxy with IPVS and strictARP: the node takes packets for the address, its kernel does not answer for it.
    execFileSync('sysctl', ['-qw', 'net.ipv4.conf.all.arp_ignore=1', 'net.ipv4.conf.all.arp_announce=2'])
    ip('addr', 'add', `${ADDRESS}/32`, 'dev', 'lo')
    const blog = await startProgram('ip', ['netns', 'exec', house, process.execPath, '-e', BLOG])
    programs.push(blog)
    await blog.waitForLine(/blog listens/, 60_000)

    await cluster.apply(CRDS)
    await cluster.kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s')
    await cluster.apply(OBJECTS)
    await start(
      ['serve', '--provider=metal', '--admin-port=0', '--leader-election-ttl=3'],
      { POD_NAME: 'metal-1', POD_NAMESPACE: 'metallb-system' },
      /^\{"event":"ready"/,
    )
    speaker = await start(
      ['speaker', '--metrics-port=0'],
      { NODE_NAME: 'laptop', POD_NAME: 'speaker-1', POD_NAMESPACE: 'metallb-system' },
      /Speaking for node laptop/,
    )
    const flags = ['--host=0.0.0.0', '--http-port=80', '--publish-service=ingress/front']
    const { program } = await startServe(cluster.kubeconfig, 'proxy-1', flags, 60_000, 'ingress')
    programs.push(program)
  })
  after(async () => {
    await Promise.all(programs.map((program) => program.stop()))
    // Before another test cluster starts here, which takes a namespace with loopback alone.
    ip('link', 'del', 'lan0')
    ip('addr', 'del', `${ADDRESS}/32`, 'dev', 'lo')
    execFileSync('sysctl', ['-qw', 'net.ipv4.conf.all.arp_ignore=0', 'net.ipv4.conf.all.arp_announce=0'])
    ip('netns', 'del', house)
    await cluster.stop()
  })

  for (const [what, config, round] of [
    ['custom resources', RESOURCES, 1],
    ['the older ConfigMap', CONFIG_MAP, 2],
  ] as const) {
    test(`${what}: the blog is reached from the house by the first address of the pool`, async () => {
      assert.equal(await isAnswered(), false)
      await cluster.apply(config)
      await cluster.apply(FRONT)
      await pollUntil(async () => (await ofFront()) === ADDRESS, 'the Service has the first address')
      await pollUntil(isAnswered, 'the address is announced')
      await pollUntil(async () => (await ofIngress()) === ADDRESS, 'the status of the Ingress follows')
      const { stdout } = await inHouse(
        'curl',
        '--silent',
        '--show-error',
        '--max-time',
        '30',
        '--resolve',
        `blog.example:80:${ADDRESS}`,
        'http://blog.example/about',
      )
      assert.equal(stdout, 'the old blog, asked for blog.example/about')
      assert.match(ip('-n', house, 'neigh', 'show', ADDRESS, 'dev', 'eth0'), new RegExp(`lladdr ${NODE_MAC} `))
    })

    test(`${what}: without the Service nobody answers for the address, and the Ingress has none`, async () => {
      await cluster.kubectl('delete', 'service', 'front', '-n', 'ingress')
      await pollUntil(() => withdrawals() === round, 'the speaker withdraws the address')
      assert.equal(await isAnswered(), false)
      await pollUntil(async () => (await ofIngress()) === '', 'the status of the Ingress is cleared', 120_000)
      ip('-n', house, 'neigh', 'flush', 'dev', 'eth0')
      const lost = inHouse('curl', '--silent', '--max-time', '2', `http://${ADDRESS}/`)
      await assert.rejects(lost, 'nobody is reached by the address')
      for (const kind of ['ipaddresspool', 'l2advertisement']) {
        await cluster.kubectl('delete', kind, 'lab', '-n', 'metallb-system', '--ignore-not-found')
      }
    })
  }
})
