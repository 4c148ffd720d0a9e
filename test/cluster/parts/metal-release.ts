/** A release of the chart on bare metal: controller and speaker with the flags and the accounts that it gives them. */
import { writeFileSync } from 'node:fs'
import { parseAllDocuments } from 'yaml'
import { type Program, startProgram } from '../../support/program.ts'
import { createTemporaryFolder } from '../../support/temporary-folder.ts'
import { formatKubeconfig } from './credentials.ts'
import { type Right, untilAllowed } from './rights.ts'
import { PROGRAM } from './serve-process.ts'
import type { TestCluster } from './test-cluster.ts'

/** Pools of both kinds, and a peer whose password is in a Secret. */
export const METAL_OBJECTS = `
{apiVersion: v1, kind: Node, metadata: {name: laptop}}
---
{apiVersion: metallb.io/v1beta1, kind: IPAddressPool, metadata: {name: lab, namespace: home}, spec: {addresses: [192.0.2.100-192.0.2.110]}}
---
{apiVersion: metallb.io/v1beta1, kind: L2Advertisement, metadata: {name: lab, namespace: home}, spec: {}}
---
{apiVersion: metallb.io/v1beta2, kind: BGPPeer, metadata: {name: router, namespace: home}, spec: {myASN: 64512, peerASN: 64512, peerAddress: 192.0.2.9, passwordSecret: {name: router}}}
---
{apiVersion: v1, kind: Secret, metadata: {name: router, namespace: home}, type: kubernetes.io/basic-auth, stringData: {username: "", password: opensesame}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: config, namespace: home}
data:
  config: |
    address-pools: [{name: older, protocol: layer2, addresses: [192.0.2.120-192.0.2.121]}]
---
{apiVersion: v1, kind: Service, metadata: {name: lamp, namespace: shop, annotations: {metallb.io/loadBalancerIPs: 192.0.2.105}}, spec: {type: LoadBalancer, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: radio, namespace: shop, annotations: {metallb.io/address-pool: older}}, spec: {type: LoadBalancer, ports: [{port: 80}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: lamp-1, namespace: shop, labels: {kubernetes.io/service-name: lamp}}
addressType: IPv4
ports: [{name: "", port: 80}]
endpoints: [{addresses: [10.244.0.9], nodeName: laptop, conditions: {ready: true}}]
`

export const CONTROLLER = 'genkan:genkan-metal'
export const SPEAKER = 'genkan:genkan-speaker'

/** Neither may do these. */
export const REFUSED_TO_BOTH: readonly Right[] = [
  { verb: 'get', resource: 'secrets', namespace: 'shop' },
  { verb: 'list', resource: 'secrets', namespace: 'genkan' },
  { verb: 'create', resource: 'secrets', namespace: 'genkan' },
  { verb: 'get', resource: 'configmaps', namespace: 'shop' },
  { verb: 'get', resource: 'configmaps', namespace: 'home', name: 'kube-root-ca.crt' },
  { verb: 'list', resource: 'configmaps', namespace: 'home' },
  { verb: 'patch', resource: 'services', namespace: 'shop' },
  { verb: 'patch', resource: 'nodes' },
  { verb: 'list', group: 'metallb.io', resource: 'bgppeers', namespace: 'shop' },
  { verb: 'patch', group: 'metallb.io', resource: 'ipaddresspools', namespace: 'home' },
  { verb: 'get', group: 'coordination.k8s.io', resource: 'leases', name: 'other', namespace: 'genkan' },
]

/** @param workload of which the flags are taken, but for ports */
export async function startReleased(
  cluster: TestCluster,
  manifests: string,
  workload: 'Deployment' | 'DaemonSet',
): Promise<Program> {
  const account = workload === 'Deployment' ? CONTROLLER : SPEAKER
  const [namespace = '', name = ''] = account.split(':')
  await untilAllowed(cluster, account, [
    { verb: 'list', resource: 'namespaces' },
    { verb: 'watch', group: 'metallb.io', resource: 'communities', namespace: 'home' },
    workload === 'Deployment'
      ? { verb: 'create', group: 'coordination.k8s.io', resource: 'leases', namespace }
      : { verb: 'patch', resource: 'secrets', name: 'genkan-heartbeat', namespace },
  ])
  using folder = createTemporaryFolder()
  const kubeconfig = folder.file('kubeconfig')
  const token = (await cluster.kubectl('create', 'token', name, '-n', namespace)).trim()
  writeFileSync(kubeconfig, formatKubeconfig(cluster.url, cluster.credentials.authority.certPem, token))
  const found = parseAllDocuments(manifests).find((document) => document.get('kind') === workload)
  const args = found?.getIn(['spec', 'template', 'spec', 'containers', 0, 'args']) as {
    readonly items: readonly { readonly value: string }[]
  }
  const port = workload === 'Deployment' ? '--admin-port=0' : '--metrics-port=0'
  const flags = [...args.items.map(({ value }) => value), port, `--kubeconfig=${kubeconfig}`]
  const program = await startProgram(process.execPath, [PROGRAM, ...flags], {
    env: { NODE_NAME: 'laptop', POD_NAME: `${name}-a`, POD_NAMESPACE: namespace },
  })
  try {
    await program.waitForLine(workload === 'Deployment' ? /^\{"event":"ready"/ : /Speaking for node laptop/, 60_000)
  } catch (error) {
    await program.stop('SIGKILL')
    throw error
  }
  return program
}
