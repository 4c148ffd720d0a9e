/** A speaker on a real API server: what it announces, and what it writes back, with the rights of its manifest alone. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { after, before, suite, test } from 'node:test'
import { type Program, startProgram } from '../support/program.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { eventsAbout, readState, untilState } from './parts/configuration-state.ts'
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

/** That the speaker says to be in. */
const POD = `
apiVersion: v1
kind: Pod
metadata: {name: speaker-1, namespace: genkan}
spec: {serviceAccountName: genkan-speaker, containers: [{name: speaker, image: none}]}
`

interface Status {
  readonly metadata: { readonly ownerReferences?: readonly Readonly<Record<string, unknown>>[] }
  readonly status?: { readonly node?: string; readonly serviceName?: string; readonly serviceNamespace?: string }
}

suite('a speaker in a cluster', () => {
  let cluster: TestCluster
  let speaker: Program
  let podUid = ''
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
      { verb: 'create', group: 'metallb.io', resource: 'configurationstates', namespace: 'metallb-system' },
    ])
    const token = (await cluster.kubectl('create', 'token', 'genkan-speaker', '-n', 'genkan')).trim()
    writeFileSync(kubeconfig, formatKubeconfig(cluster.url, cluster.credentials.authority.certPem, token))
    await cluster.apply(POD)
    podUid = (await cluster.kubectl('get', 'pod', 'speaker-1', '-n', 'genkan', '-o=jsonpath={.metadata.uid}')).trim()
    speaker = await startProgram(
      process.execPath,
      [PROGRAM, 'speaker', `--kubeconfig=${kubeconfig}`, '--metrics-port=0'],
      { env: { NODE_NAME: 'laptop', POD_NAME: 'speaker-1', POD_UID: podUid, POD_NAMESPACE: 'genkan' } },
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
    const owner = { apiVersion: 'v1', kind: 'Pod', name: 'speaker-1', uid: podUid }
    assert.deepEqual((await statuses())[0]?.metadata.ownerReferences, [owner])
    await pollUntil(async () => {
      const selector = encodeURIComponent('involvedObject.name=web,reason=nodeAssigned')
      const { items } = await cluster.api.get<{ readonly items: readonly { readonly message: string }[] }>(
        `/api/v1/namespaces/default/events?fieldSelector=${selector}`,
      )
      return items.some(({ message }) => message === 'announcing from node "laptop" with protocol "layer2"')
    }, 'the Event')
  })

  test('a mistake leaves everything announced, and is told in the state of the node until it is mended', async () => {
    assert.deepEqual((await untilState(cluster, 'speaker-laptop', 'Valid')).conditions, [
      'configReconcilerValid True Reconciled',
    ])
    const backwards = '{"spec":{"addresses":["192.0.2.110-192.0.2.100"]}}'
    const pool = ['patch', 'ipaddresspool', 'lab', '-n', 'metallb-system', '--type=merge', '-p']
    await cluster.kubectl(...pool, backwards)
    const { conditions } = await untilState(cluster, 'speaker-laptop', 'Invalid')
    assert.deepEqual(conditions, [
      'configReconcilerValid False ConfigurationError',
      'IPAddressPool.lab.MetalRangeBackwards False ConfigurationError',
    ])
    await cluster.kubectl('delete', 'configurationstate', 'speaker-laptop', '-n', 'metallb-system')
    await untilState(cluster, 'speaker-laptop', 'Invalid')
    assert.deepEqual((await readState(cluster, 'speaker-laptop'))?.metadata.labels, {
      'metallb.io/component-type': 'speaker',
      'metallb.io/node-name': 'laptop',
    })
    await cluster.kubectl(...pool, '{"spec":{"addresses":["192.0.2.100-192.0.2.110"]}}')
    await untilState(cluster, 'speaker-laptop', 'Valid')
    assert.doesNotMatch(speaker.output(), /^\{"event":"withdrawn"/m)
    // One controller tells of what everybody can see.
    assert.deepEqual(await eventsAbout(cluster, 'IPAddressPool', 'lab'), [])
  })

  test('a password that its node’s peer has not is told by one Event and in the state, until it is there', async () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'tor', namespace: 'metallb-system' } }
    const spec = { myASN: 64512, peerASN: 64512, peerAddress: '192.0.2.200', passwordSecret: { name: 'tor' } }
    const metadata = { name: 'tor', namespace: 'metallb-system' }
    await cluster.apply(JSON.stringify({ apiVersion: 'metallb.io/v1beta2', kind: 'BGPPeer', metadata, spec }))
    const { conditions, summary } = await untilState(cluster, 'speaker-laptop', 'Invalid')
    assert.deepEqual(conditions, [
      'configReconcilerValid False ConfigurationError',
      'BGPPeer.tor.MetalPeerPassword False ConfigurationError',
    ])
    assert.match(summary, /there is no Secret metallb-system\/tor/)
    await pollUntil(
      async () => (await eventsAbout(cluster, 'BGPPeer', 'tor')).includes('MetalPeerPassword x1'),
      'the Event of the peer',
    )
    const type = 'kubernetes.io/basic-auth'
    await cluster.apply(JSON.stringify({ ...secret, type, stringData: { password: 'of the test' } }))
    await untilState(cluster, 'speaker-laptop', 'Valid')
    await pollUntil(
      async () => (await eventsAbout(cluster, 'BGPPeer', 'tor')).includes('Resolved x1'),
      'an Event that nothing is wrong any more',
    )
    assert.deepEqual(await eventsAbout(cluster, 'BGPPeer', 'tor'), ['MetalPeerPassword x1', 'Resolved x1'])
    await cluster.kubectl('delete', 'bgppeer', 'tor', '-n', 'metallb-system')
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
