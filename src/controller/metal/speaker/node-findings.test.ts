import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { readMetalConfig } from '../../../dialects/metal/read-metal-config.ts'
import { snapshotFromYaml } from '../../../../test/support/snapshot-from-yaml.ts'
import { findingsOfNode, type NodeFindings } from './node-findings.ts'

const IN = 'namespace: metallb-system'
const PEER = 'myASN: 64512, peerASN: 64513, peerAddress: 192.0.2.1'

function peer(name: string, spec: string): string {
  return `---\n{apiVersion: metallb.io/v1beta2, kind: BGPPeer, metadata: {name: ${name}, ${IN}}, spec: {${spec}}}\n`
}

function judge(yaml: string, labels: Readonly<Record<string, string>> = {}, mayReadSecrets = true): NodeFindings {
  const snapshot = snapshotFromYaml(yaml)
  const { findings } = readMetalConfig(snapshot, { namespace: 'metallb-system' })
  return findingsOfNode(findings, snapshot.metal.peers, labels, mayReadSecrets)
}

const objectsOf = (findings: NodeFindings['own']): string[] => findings.map(({ origin }) => origin.object)

suite('mistakes of a configuration, for one node', () => {
  test('are not those of peers of other nodes', () => {
    const rack = (name: string): string => `nodeSelectors: [{matchLabels: {rack: ${name}}}]`
    const yaml = [
      peer('a', `${PEER}, holdTime: 1s, ${rack('a')}`),
      peer('b', `${PEER}, holdTime: 1s, ${rack('b')}`),
      peer('all', 'myASN: 64512, peerASN: 64513'),
      `---\n{apiVersion: metallb.io/v1beta1, kind: IPAddressPool, metadata: {name: lab, ${IN}}, spec: {addresses: [192.0.2.9-192.0.2.1]}}\n`,
    ].join('')
    assert.deepEqual(objectsOf(judge(yaml, { rack: 'a' }).own).sort(), [
      'BGPPeer metallb-system/a',
      'BGPPeer metallb-system/all',
      'IPAddressPool metallb-system/lab',
    ])
  })

  test('only speakers see what is wrong with a Secret', () => {
    const yaml = [
      peer('gone', `${PEER}, passwordSecret: {name: gone}`),
      peer('wrong', `${PEER}5, passwordSecret: {name: pw}`),
      peer('elsewhere', `${PEER}6, passwordSecret: {name: pw, namespace: other}`),
      peer('two', `${PEER}7, password: a, passwordSecret: {name: pw}`),
      `---\n{apiVersion: v1, kind: Secret, metadata: {name: pw, ${IN}}, type: Opaque, stringData: {password: a}}\n`,
    ].join('')
    const { own, ofSecrets } = judge(yaml)
    assert.deepEqual(objectsOf(ofSecrets), ['BGPPeer metallb-system/gone', 'BGPPeer metallb-system/wrong'])
    assert.ok(own.length >= 4)
  })

  test('who cannot read Secrets does not say that there are none', () => {
    const { own, needsSecrets } = judge(peer('gone', `${PEER}, passwordSecret: {name: gone}`), {}, false)
    assert.deepEqual(own, [])
    assert.equal(needsSecrets, true)
    assert.equal(judge(peer('plain', PEER), {}, false).needsSecrets, false)
  })
})
