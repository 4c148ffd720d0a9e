/** A speaker on a real API server: what it announces, and what it writes back, with the rights of its manifest alone. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { after, before, suite, test } from 'node:test'
import { type Program, startProgram } from '../support/program.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { formatKubeconfig } from './parts/credentials.ts'
import { pollUntil } from './parts/poll.ts'
import { untilAllowed } from './parts/rights.ts'
import { PROGRAM } from './parts/serve-process.ts'
import { startTestCluster, type TestCluster } from './parts/test-cluster.ts'

const CRDS = readFileSync(new URL('../../deploy/metal/crds.yaml', import.meta.url), 'utf8')
const MANIFEST = readFileSync(new URL('../../deploy/manifests/genkan-speaker.yaml', import.meta.url), 'utf8')
const OBJECTS = `
{apiVersion: v1, kind: Namespace, metadata: {name: metallb-system}}
---
{apiVersion: v1, kind: Node, metadata: {name: laptop}}
---
{apiVersion: metallb.io/v1beta1, kind: IPAddressPool, metadata: {name: lab, namespace: metallb-system}, spec: {addresses: [192.0.2.100-192.0.2.110]}}
---
{apiVersion: metallb.io/v1beta1, kind: L2Advertisement, metadata: {name: lab, namespace: metallb-system}, spec: {}}
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: default}, spec: {type: LoadBalancer, ports: [{port: 80}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: default, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: "", port: 80}]
endpoints: [{addresses: [10.244.0.9], nodeName: laptop, conditions: {ready: true}}]
`

interface Status {
  readonly status?: { readonly node?: string; readonly serviceName?: string; readonly serviceNamespace?: string }
}

suite('a speaker in a cluster', () => {
  let cluster: TestCluster
  let speaker: Program
  const folder = createTemporaryFolder()
  const kubeconfig = folder.file('kubeconfig')

  before(async () => {
    cluster = await startTestCluster()
    // The namespace of the test has loopback alone: a cable with both ends here is a network of one.
    execFileSync('ip', ['link', 'add', 'lan0', 'type', 'veth', 'peer', 'name', 'lan1'])
    for (const name of ['lan0', 'lan1']) execFileSync('ip', ['link', 'set', name, 'up'])
    execFileSync('ip', ['addr', 'add', '192.0.2.1/24', 'dev', 'lan0'])
    await cluster.apply(CRDS)
    await cluster.kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s')
    await cluster.apply(OBJECTS)
    await cluster.apply(MANIFEST)
    await untilAllowed(cluster, 'genkan:genkan-speaker', [
      { verb: 'list', resource: 'services' },
      { verb: 'create', group: 'metallb.io', resource: 'servicel2statuses', namespace: 'genkan' },
    ])
    const token = (await cluster.kubectl('create', 'token', 'genkan-speaker', '-n', 'genkan')).trim()
    writeFileSync(kubeconfig, formatKubeconfig(cluster.url, cluster.credentials.authority.certPem, token))
    speaker = await startProgram(
      process.execPath,
      [PROGRAM, 'speaker', `--kubeconfig=${kubeconfig}`, '--metrics-port=0'],
      { env: { NODE_NAME: 'laptop', POD_NAME: 'speaker-1', POD_NAMESPACE: 'genkan' } },
    )
    await speaker.waitForLine(/Speaking for node laptop/, 60_000)
  })
  after(async () => {
    await speaker.stop()
    await cluster.stop()
    folder[Symbol.dispose]()
    execFileSync('ip', ['link', 'del', 'lan0'])
  })

  const statuses = async (): Promise<readonly Status[]> => {
    const { items } = await cluster.api.get<{ readonly items: readonly Status[] }>(
      '/apis/metallb.io/v1beta1/namespaces/genkan/servicel2statuses',
    )
    return items
  }

  test('an address of .status is announced, and who announces it is written down', async () => {
    const status = '{"status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.100"}]}}}'
    await cluster.kubectl('patch', 'service', 'web', '--subresource=status', '--type=merge', '-p', status)
    const line = await speaker.waitForLine(/^\{"event":"announcing"/, 60_000)
    assert.equal((JSON.parse(line) as { readonly address: string }).address, '192.0.2.100')
    await pollUntil(async () => {
      const [first] = await statuses()
      return first?.status?.node === 'laptop' && first.status.serviceName === 'web'
    }, 'the status object')
    await pollUntil(async () => {
      const selector = encodeURIComponent('involvedObject.name=web,reason=nodeAssigned')
      const { items } = await cluster.api.get<{ readonly items: readonly { readonly message: string }[] }>(
        `/api/v1/namespaces/default/events?fieldSelector=${selector}`,
      )
      return items.some(({ message }) => message === 'announcing from node "laptop" with protocol "layer2"')
    }, 'the Event')
  })

  test('a Service without endpoints is withdrawn, and its record goes', async () => {
    await cluster.kubectl('delete', 'endpointslice', 'web-1')
    await speaker.waitForLine(/^\{"event":"withdrawn"/, 60_000)
    await pollUntil(async () => (await statuses()).length === 0, 'the status object to go')
  })

  test('it asks for no right that it has not, and ends with 0', async () => {
    assert.doesNotMatch(speaker.output(), /forbidden/i)
    await speaker.stop()
    assert.equal((await speaker.exited).code, 0)
  })
})
