import assert from 'node:assert/strict'
import test from 'node:test'
import { createSnapshot } from '../../../kube/snapshot.ts'
import { readContent } from '../../../sources/files/file-content.ts'
import { readSpeakerInputs, type SpeakerInputs } from './speaker-inputs.ts'

const OPTIONS = { nodeName: 'a', loadBalancerClass: '', namespace: '' }
const POOL = `{apiVersion: metallb.io/v1beta1, kind: IPAddressPool, metadata: {name: pool, namespace: metallb-system}, spec: {addresses: [192.0.2.10-192.0.2.19, '2001:db8::10-2001:db8::19']}}`

function inputsOf(...documents: readonly string[]) {
  const { objects } = readContent(documents.join('\n---\n'), 'objects.yaml', 0)
  return readSpeakerInputs(createSnapshot(objects), OPTIONS, true)
}

function service(name: string, more = '', status = ''): string {
  return `{apiVersion: v1, kind: Service, metadata: {name: ${name}}, spec: {type: LoadBalancer, ports: [{port: 80}]${more}}${status}}`
}

function addressesOf(...documents: readonly string[]): string {
  return inputsOf(...documents)
    .services.map(({ key, addresses }) => `${key}=${addresses.join('+')}`)
    .join(' ')
}

test('a Service of a file gets an address, whatever the order in which files have them', () => {
  const both = 'default/api=192.0.2.10 default/web=192.0.2.11'
  assert.equal(addressesOf(POOL, service('web'), service('api')), both)
  assert.equal(addressesOf(service('api'), service('web'), POOL), both)
})

test('an address of .status stays, and nobody else gets it', () => {
  const status = ', status: {loadBalancer: {ingress: [{ip: 192.0.2.10}]}}'
  assert.equal(
    addressesOf(POOL, service('web', '', status), service('api')),
    'default/api=192.0.2.11 default/web=192.0.2.10',
  )
})

test('a requested address is given, and one that cannot be had is told', () => {
  assert.equal(addressesOf(POOL, service('web', ', loadBalancerIP: 192.0.2.15')), 'default/web=192.0.2.15')
  const { services, refusals } = inputsOf(POOL, service('web', ', loadBalancerIP: 198.51.100.1'))
  assert.deepEqual(services[0]?.addresses, [])
  assert.match(refusals.get('default/web') ?? '', /198\.51\.100\.1/)
})

test('a dual-stack Service gets both addresses', () => {
  const more = ', ipFamilyPolicy: RequireDualStack, ipFamilies: [IPv4, IPv6]'
  assert.equal(addressesOf(POOL, service('web', more)), 'default/web=192.0.2.10+2001:db8::10')
})

test('without a Node object a machine speaks for itself; a Node without conditions is well', () => {
  assert.deepEqual(
    inputsOf(POOL).nodes.map(({ name, isReady }) => [name, isReady]),
    [['a', true]],
  )
  const node =
    '{apiVersion: v1, kind: Node, metadata: {name: b}, spec: {unschedulable: true, taints: [{key: x, effect: NoSchedule}]}, status: {addresses: [{type: InternalIP, address: 192.0.2.1}], conditions: [{type: NetworkUnavailable, status: "True"}]}}'
  assert.deepEqual(inputsOf(POOL, node).nodes, [
    {
      name: 'b',
      labels: {},
      addresses: ['192.0.2.1'],
      isReady: true,
      isUnschedulable: true,
      isNetworkUnavailable: true,
      taints: ['x'],
    },
  ])
})

test('a pool in which there is a mistake now keeps its last good form', () => {
  const before = inputsOf(POOL, service('web'))
  const broken = POOL.replace('192.0.2.10-192.0.2.19', '192.0.2.19-192.0.2.10')
  const { objects } = readContent([broken, service('web')].join('\n---\n'), 'objects.yaml', 0)
  const after = readSpeakerInputs(createSnapshot(objects), OPTIONS, true, before)
  assert.deepEqual(after.services[0]?.addresses, ['192.0.2.10'])
  assert.ok(after.findings.length > 0)
})

test('a password goes with its peer, and stays while its Secret alone is not there', () => {
  const peer =
    '{apiVersion: metallb.io/v1beta2, kind: BGPPeer, metadata: {name: router, namespace: metallb-system}, spec: {myASN: 64500, peerASN: 64501, peerAddress: 192.0.2.1, passwordSecret: {name: secret}}}'
  const secret =
    '{apiVersion: v1, kind: Secret, metadata: {name: secret, namespace: metallb-system}, type: kubernetes.io/basic-auth, stringData: {password: word}}'
  const after = (before: SpeakerInputs | null, ...documents: readonly string[]): SpeakerInputs => {
    const { objects } = readContent(documents.join('\n---\n'), 'objects.yaml', 0)
    return readSpeakerInputs(createSnapshot(objects), OPTIONS, true, before)
  }
  const first = after(null, POOL, peer, secret)
  assert.deepEqual([...first.passwords.keys()], ['router'])
  const second = after(first, POOL, peer)
  assert.deepEqual([...second.passwords.keys()], ['router'])
  const third = after(second, POOL)
  assert.deepEqual([...third.passwords.keys()], [])
})
