/** Every rule of the configuration, as tables. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeObject } from '../../kube/decode/decode-object.ts'
import { createSnapshot } from '../../kube/snapshot.ts'
import { readMetalConfig } from './read-metal-config.ts'
import { ADVERTISEMENT_CONFIG_CASES } from './testing/advertisement-cases.ts'
import { runCase, toRaw, toSnapshot } from './testing/config-script.ts'
import { LEGACY_CONFIG_CASES, PEER_CONFIG_CASES } from './testing/peer-cases.ts'
import { POOL_CONFIG_CASES } from './testing/pool-cases.ts'

const TABLES = {
  pools: POOL_CONFIG_CASES,
  advertisements: ADVERTISEMENT_CONFIG_CASES,
  peers: PEER_CONFIG_CASES,
  ConfigMap: LEGACY_CONFIG_CASES,
}

for (const [area, cases] of Object.entries(TABLES)) {
  for (const { name, objects, findings = [], has = [], lacks = [] } of cases) {
    test(`${area}: ${name}`, () => {
      const { findings: found, lines } = runCase(objects)
      assert.deepEqual([...found].sort(), [...findings].sort())
      const missing = has.filter((line) => !lines.includes(line))
      assert.deepEqual(missing, [], `it has:\n${lines.join('\n')}`)
      assert.deepEqual(
        lines.filter((line) => lacks.some((start) => line.startsWith(start))),
        [],
      )
    })
  }
}

test('passwords are given beside the configuration, never within it', () => {
  const { snapshot } = toSnapshot([
    'BGPPeer inline {myASN: 1, peerASN: 2, peerAddress: 203.0.113.1, password: first}',
    'BGPPeer named {myASN: 1, peerASN: 2, peerAddress: 203.0.113.2, passwordSecret: {name: pw}}',
    'Secret pw {type: kubernetes.io/basic-auth, data: {password: c2Vjb25k}}',
  ])
  const { config, passwords } = readMetalConfig(snapshot, { namespace: 'metallb-system' })
  assert.deepEqual(
    [...passwords].map(([name, secret]) => [name, secret.reveal().toString()]),
    [
      ['inline', 'first'],
      ['named', 'second'],
    ],
  )
  assert.doesNotMatch(JSON.stringify(config), /first|second/)
})

test('a peer of the old version with zeros, as programs wrote it, has the defaults', () => {
  const zeros = 'peerPort: 0, holdTime: 0s, keepaliveTime: 0s'
  const raw = toRaw(`BGPPeer p {myASN: 1, peerASN: 2, peerAddress: 203.0.113.1, ${zeros}}`)
  const { object } = decodeObject({ ...(raw as object), apiVersion: 'metallb.io/v1beta1' }, undefined, 0)
  assert.ok(object !== null)
  const { config, findings } = readMetalConfig(createSnapshot([object]), { namespace: 'metallb-system' })
  assert.deepEqual(findings, [])
  assert.deepEqual(
    config.peers.map(({ port, holdSeconds, keepaliveSeconds }) => [port, holdSeconds, keepaliveSeconds]),
    [[179, 90, 30]],
  )
})

test('interfaces that nothing is announced on are those of the ConfigMap, or the usual ones', () => {
  const read = (data: string): readonly string[] => {
    const { snapshot } = toSnapshot([`ConfigMap metallb-excludel2 {data: {excludel2.yaml: ${JSON.stringify(data)}}}`])
    return readMetalConfig(snapshot, { namespace: '' }).config.excludedInterfaces
  }
  assert.deepEqual(read('announcedInterfacesToExclude: ["^wlan.*", "^("]'), ['^wlan.*'])
  assert.ok(readMetalConfig(toSnapshot([]).snapshot, { namespace: '' }).config.excludedInterfaces.includes('^lo$'))
})

test('whatever is written in a spec or in the ConfigMap, nothing throws and every finding has a place', () => {
  const kinds = ['IPAddressPool', 'L2Advertisement', 'BGPAdvertisement', 'BGPPeer', 'BFDProfile', 'Community', 'legacy']
  const keys = ['addresses', 'peers', 'nodeSelectors', 'communities', 'address-pools', 'passwordSecret', 'myASN']
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom('192.0.2.0/24', '', 'x', '1:2', '192.0.2.1-192.0.2.0', 'name'),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...keys, 'name', 'matchLabels', 'values'), tie('any'), { maxKeys: 3 }),
    ),
  })).any
  fc.assert(
    fc.property(fc.constantFrom(...kinds), fc.dictionary(fc.constantFrom(...keys), value), (kind, spec) => {
      const text = JSON.stringify(spec)
      const { snapshot } = toSnapshot([kind === 'legacy' ? `legacy ${text}` : `${kind} x ${text}`])
      const { findings } = readMetalConfig(snapshot, { namespace: '' })
      for (const { origin, message } of findings) {
        assert.notEqual(origin.object, '')
        assert.match(message, /^Cannot /)
      }
    }),
  )
})
