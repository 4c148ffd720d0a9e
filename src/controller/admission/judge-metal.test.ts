import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toRaw } from '../../dialects/metal/testing/config-script.ts'
import { decodeObject } from '../../kube/decode/decode-object.ts'
import type { AnyObject } from '../../kube/objects.ts'
import type { AdmissionRequest } from './admission-review.ts'
import { judgeMetal } from './judge-metal.ts'

interface Case {
  readonly name: string
  /** What is stored, as `Kind name {spec}`. */
  readonly stored?: readonly string[]
  /** `+` creates, `-` deletes; without either the stored object of that kind and name is updated. */
  readonly does: string
  /** In the refusal; absent = it is allowed. */
  readonly refused?: RegExp
  /** Warnings, all of them; not looked at when it is refused. */
  readonly warns?: readonly RegExp[]
}

const POOL = 'IPAddressPool a {addresses: [192.0.2.0/28]}'
const PEER = 'myASN: 64512, peerASN: 64513, peerAddress: 203.0.113.1'
const BAD_POOL = 'IPAddressPool bad {addresses: [192.0.2.9-192.0.2.1]}'

const CASES: readonly Case[] = [
  { name: 'a good pool', does: `+${POOL}` },
  {
    name: 'a pool that overlaps another',
    stored: [POOL],
    does: '+IPAddressPool b {addresses: [192.0.2.15-192.0.2.20]}',
    refused: /^Cannot use spec\.addresses\[0\]: pool a has 192\.0\.2\.15 too$/,
  },
  {
    name: 'a pool whose name comes first, and that overlaps another',
    stored: ['IPAddressPool b {addresses: [192.0.2.0/28]}'],
    does: '+IPAddressPool a {addresses: [192.0.2.15/32]}',
    refused: /^IPAddressPool metallb-system\/b: Cannot use spec\.addresses\[0\]: pool a has 192\.0\.2\.15 too$/,
  },
  {
    name: 'a pool beside another',
    stored: [POOL],
    does: '+IPAddressPool b {addresses: [192.0.2.16-192.0.2.20]}',
  },
  {
    name: 'a pool that is widened into another',
    stored: [POOL, 'IPAddressPool b {addresses: [192.0.2.16-192.0.2.20]}'],
    does: 'IPAddressPool b {addresses: [192.0.2.0/24]}',
    refused: /pool a has 192\.0\.2\.0\/28 too/,
  },
  {
    name: 'a pool that overlaps one of the ConfigMap',
    stored: ['legacy {address-pools: [{name: old, protocol: layer2, addresses: [192.0.2.0/24]}]}'],
    does: `+${POOL}`,
    refused: /^ConfigMap metallb-system\/config: .*pool a has 192\.0\.2\.0\/28 too$/,
  },
  { name: 'a range backwards', does: `+${BAD_POOL}`, refused: /it runs backwards/ },
  { name: 'addresses that are none', does: '+IPAddressPool a {addresses: [1.1.1]}', refused: /spec\.addresses\[0\]/ },
  { name: 'another object while one is bad', stored: [BAD_POOL], does: `+${POOL}` },
  {
    name: 'a bad object that stays as bad',
    stored: [BAD_POOL],
    does: 'IPAddressPool bad {autoAssign: false, addresses: [192.0.2.9-192.0.2.1]}',
    warns: [/it runs backwards/],
  },
  {
    name: 'a bad object that is made worse',
    stored: [BAD_POOL],
    does: 'IPAddressPool bad {addresses: [192.0.2.9-192.0.2.1, x]}',
    refused: /^Cannot use spec\.addresses\[1\][^\n]*$/,
  },
  {
    name: 'a bad object of whose entries one goes',
    stored: ['IPAddressPool bad {addresses: [x, 192.0.2.9-192.0.2.1]}'],
    does: 'IPAddressPool bad {addresses: [192.0.2.9-192.0.2.1]}',
    warns: [/it runs backwards/],
  },
  {
    name: 'a bad object that is mended',
    stored: [BAD_POOL],
    does: 'IPAddressPool bad {addresses: [192.0.2.1-192.0.2.9]}',
  },
  {
    name: 'a bad object that is mended into the way of another',
    stored: [BAD_POOL, 'IPAddressPool c {addresses: [198.51.100.0/24]}'],
    does: 'IPAddressPool bad {addresses: [198.51.100.7/32]}',
    refused: /^IPAddressPool metallb-system\/c: .*pool bad has 198\.51\.100\.7 too$/,
  },
  {
    name: 'a change that lets a mistake between two others be seen',
    stored: [
      POOL,
      'IPAddressPool b {addresses: [192.0.2.8-192.0.2.40]}',
      'IPAddressPool c {addresses: [192.0.2.30-192.0.2.50]}',
    ],
    does: 'IPAddressPool a {addresses: [192.0.2.0/29]}',
  },
  {
    name: 'an advertisement of a pool that does not exist yet',
    does: '+L2Advertisement l {ipAddressPools: [later]}',
    warns: [/there is no IPAddressPool "later"/],
  },
  {
    name: 'aggregation shorter than the pool',
    stored: [POOL],
    does: '+BGPAdvertisement b {aggregationLength: 26}',
    refused: /^Cannot use spec\.aggregationLength: 26 is shorter than the prefix of 192\.0\.2\.0\/28 in a$/,
  },
  {
    name: 'aggregation out of bounds',
    does: '+BGPAdvertisement b {aggregationLength: 33}',
    refused: /33 is not from 1 to 32/,
  },
  {
    name: 'aggregation beside serviceSelectors',
    stored: ['IPAddressPool a {addresses: [192.0.2.0/24]}'],
    does: '+BGPAdvertisement b {aggregationLength: 24, serviceSelectors: [{matchLabels: {app: web}}]}',
    refused: /beside serviceSelectors/,
  },
  {
    name: 'a pool for which an advertisement aggregates too much',
    stored: ['BGPAdvertisement b {aggregationLength: 24}'],
    does: `+${POOL}`,
    refused: /^BGPAdvertisement metallb-system\/b: Cannot use spec\.aggregationLength/,
  },
  {
    name: 'another local preference for the same routes',
    stored: [POOL, 'BGPAdvertisement b {localPref: 100}'],
    does: '+BGPAdvertisement c {localPref: 200}',
    refused: /b announces the same routes with 100/,
  },
  {
    name: 'an advertisement that names peers, pools and communities to come',
    does: '+BGPAdvertisement b {peers: [p], ipAddressPools: [a], communities: [vpn]}',
    warns: [/no community named "vpn"/, /no IPAddressPool "a"/, /no BGPPeer "p"/],
  },
  {
    name: 'a mistake behind a community to come',
    stored: [POOL, 'BGPAdvertisement b {localPref: 100}'],
    does: '+BGPAdvertisement c {localPref: 200, communities: [vpn]}',
    refused: /b announces the same routes with 100/,
  },
  {
    name: 'advertisements that differ in communities to come',
    stored: [POOL, 'BGPAdvertisement b {communities: [vpn]}'],
    does: '+BGPAdvertisement c {communities: [transit]}',
    warns: [/no community named "transit"/],
  },
  {
    name: 'a community in an advertisement that is none',
    does: '+BGPAdvertisement b {communities: ["65536:1"]}',
    refused: /"65536:1" is no community/,
  },
  { name: 'a good peer', does: `+BGPPeer p {${PEER}}` },
  {
    name: 'a peer without an address',
    does: '+BGPPeer p {myASN: 1000, peerASN: 64500, peerAddress: 1.1.1}',
    refused: /^Cannot use spec\.peerAddress: "1\.1\.1" is no IP address$/,
  },
  {
    name: 'a peer without a usable hold time',
    does: `+BGPPeer p {${PEER}, holdTime: 2s}`,
    refused: /spec\.holdTime/,
  },
  {
    name: 'two peers of one address on the same nodes',
    stored: [`BGPPeer p {${PEER}}`],
    does: `+BGPPeer q {${PEER}}`,
    refused: /^Cannot use spec\.peerAddress: p is 203\.0\.113\.1 port 179 on the same nodes/,
  },
  {
    name: 'two peers of one address on different nodes',
    stored: [`BGPPeer p {${PEER}, nodeSelectors: [{matchLabels: {rack: a}}]}`],
    does: `+BGPPeer q {${PEER}, nodeSelectors: [{matchLabels: {rack: b}}]}`,
  },
  {
    name: 'a peer whose profile comes later',
    does: `+BGPPeer p {${PEER}, bfdProfile: fast}`,
    warns: [/BFDProfile "fast" does not exist/],
  },
  {
    name: 'a peer whose profile comes later and that is there twice',
    stored: [`BGPPeer p {${PEER}}`],
    does: `+BGPPeer q {${PEER}, bfdProfile: fast}`,
    refused: /p is 203\.0\.113\.1 port 179 on the same nodes/,
  },
  {
    name: 'a profile that a peer waits for',
    stored: [`BGPPeer p {${PEER}, bfdProfile: fast}`],
    does: '+BFDProfile fast',
  },
  {
    name: 'a password of a Secret that nobody here reads',
    does: `+BGPPeer p {${PEER}, passwordSecret: {name: pw}}`,
  },
  {
    name: 'a password twice',
    does: `+BGPPeer p {${PEER}, password: x, passwordSecret: {name: pw}}`,
    refused: /password is written as well/,
  },
  {
    name: 'what is deprecated',
    does: `+BGPPeer p {${PEER}, disableMP: true}`,
    warns: [/spec\.disableMP: it is deprecated/],
  },
  { name: 'what only FRR can do', does: `+BGPPeer p {${PEER}, vrf: red}`, refused: /spec\.vrf/ },
  { name: 'a good profile', does: '+BFDProfile fast {receiveInterval: 100}' },
  {
    name: 'a profile out of bounds',
    does: '+BFDProfile fast {receiveInterval: 9}',
    refused: /9 is not from 10 to 60000/,
  },
  {
    name: 'a profile that is changed out of bounds under a peer',
    stored: ['BFDProfile fast', `BGPPeer p {${PEER}, bfdProfile: fast}`],
    does: 'BFDProfile fast {detectMultiplier: 1}',
    refused: /1 is not from 2 to 255/,
  },
  {
    name: 'a profile in use goes',
    stored: ['BFDProfile fast', `BGPPeer p {${PEER}, bfdProfile: fast}`],
    does: '-BFDProfile fast',
    refused:
      /^Cannot delete BFDProfile metallb-system\/fast: BGPPeer metallb-system\/p uses it; take bfdProfile out of there first$/,
  },
  {
    name: 'a profile in use by a peer that is bad goes',
    stored: ['BFDProfile fast', `BGPPeer p {${PEER}, vrf: red, bfdProfile: fast}`],
    does: '-BFDProfile fast',
    refused: /BGPPeer metallb-system\/p uses it/,
  },
  {
    name: 'a profile in use in the ConfigMap goes',
    stored: [
      'BFDProfile fast',
      'legacy {peers: [{my-asn: 1, peer-asn: 2, peer-address: 203.0.113.1, bfd-profile: fast}]}',
    ],
    does: '-BFDProfile fast',
    refused: /ConfigMap metallb-system\/config uses it/,
  },
  {
    name: 'a profile that nobody uses goes',
    stored: ['BFDProfile fast', `BGPPeer p {${PEER}, bfdProfile: slow}`],
    does: '-BFDProfile fast',
  },
  {
    name: 'a pool goes, whatever is said about it',
    stored: [POOL, 'L2Advertisement l {ipAddressPools: [a]}'],
    does: `-${POOL}`,
  },
  { name: 'a good community', does: '+Community c {communities: [{name: vpn, value: "64512:100"}]}' },
  ...['99999999:1', 'lar:123:9999:123'].map((value): Case => ({
    name: `the community ${value}`,
    does: `+Community c {communities: [{name: vpn, value: "${value}"}]}`,
    refused: /^Cannot use spec\.communities\[0\]\.value: ".*" is no community/,
  })),
  {
    name: 'a community that becomes none',
    stored: ['Community c {communities: [{name: vpn, value: "64512:100"}]}'],
    does: 'Community c {communities: [{name: vpn, value: "99999999:1"}]}',
    refused: /"99999999:1" is no community/,
  },
  {
    name: 'a name twice in one Community',
    does: '+Community c {communities: [{name: vpn, value: "1:1"}, {name: vpn, value: "1:2"}]}',
    refused: /^Cannot use spec\.communities\[1\]\.name: "vpn" is the name of a community already/,
  },
  {
    name: 'a name that another Community has',
    stored: ['Community c {communities: [{name: vpn, value: "1:1"}]}'],
    does: '+Community d {communities: [{name: vpn, value: "1:2"}]}',
    refused: /"vpn" is the name of a community already/,
  },
  {
    name: 'an object of another namespace',
    does: '+IPAddressPool shop/a {addresses: [192.0.2.0/28]}',
    refused:
      /^Cannot use IPAddressPool shop\/a: it would not be read; objects of this kind are read in metallb-system alone$/,
  },
  {
    name: 'an object that was in another namespace before',
    stored: ['IPAddressPool shop/a {addresses: [192.0.2.0/28]}'],
    does: 'IPAddressPool shop/a {addresses: [x]}',
    warns: [/it would not be read/],
  },
  { name: 'an object of another group', does: '+Service web {spec: {type: LoadBalancer}}' },
]

function decode(raw: unknown): readonly AnyObject[] {
  const { object } = decodeObject(raw, undefined, 0)
  return object === null ? [] : [object]
}

function toRequest({ does, stored = [] }: Case): AdmissionRequest {
  const sign = /^[+-]/.exec(does)?.[0] ?? ''
  const raw = toRaw(does.slice(sign.length)) as RawObject
  const isSame = (text: string): boolean => {
    const { kind, metadata } = toRaw(text) as RawObject
    return kind === raw.kind && metadata.name === raw.metadata.name
  }
  const before = stored.find(isSame)
  assert.equal(sign === '+', before === undefined, 'what is created is not stored, all else is')
  const [group = '', version = ''] = raw.apiVersion.includes('/') ? raw.apiVersion.split('/') : ['', raw.apiVersion]
  return {
    uid: '1',
    operation: sign === '+' ? 'CREATE' : sign === '-' ? 'DELETE' : 'UPDATE',
    kind: `${group}/${version}/${raw.kind}`,
    namespace: raw.metadata.namespace,
    object: sign === '-' ? null : raw,
    oldObject: before === undefined ? null : toRaw(before),
  }
}

interface RawObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace: string; readonly [field: string]: unknown }
}

for (const one of CASES) {
  const { name, stored = [], refused, warns = [] } = one
  test(`${name}: ${refused === undefined ? 'allowed' : 'refused'}`, async () => {
    const objects = stored.map(toRaw).flatMap(decode)
    // Only what is in the namespace is read.
    const here = objects.filter(({ meta }) => meta.namespace === 'metallb-system')
    const view = { namespace: 'metallb-system', read: () => Promise.resolve(here) }
    const verdict = await judgeMetal(toRequest(one), view)
    if (refused === undefined) assert.equal(verdict.message, '')
    else return assert.match(verdict.message, refused)
    const texts = verdict.warnings.toSorted()
    for (const pattern of warns)
      assert.ok(
        texts.some((text) => pattern.test(text)),
        `${String(pattern)} in ${texts.join('\n')}`,
      )
    assert.equal(texts.length, warns.length, texts.join('\n'))
  })
}

test('what changes nothing that counts is not judged, nor what is being deleted', async () => {
  const view = { namespace: 'metallb-system', read: () => Promise.reject(new Error('it was read')) }
  const raw = toRaw(BAD_POOL) as RawObject
  const request = { ...toRequest({ name: '', stored: [BAD_POOL], does: BAD_POOL }) }
  assert.equal((await judgeMetal(request, view)).message, '')
  const deleted = { ...raw, metadata: { ...raw.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }
  assert.equal((await judgeMetal({ ...request, operation: 'UPDATE', object: deleted }, view)).message, '')
})

test('what cannot be read is for the caller to tell', async () => {
  const view = { namespace: 'metallb-system', read: () => Promise.reject(new Error('it was read')) }
  await assert.rejects(judgeMetal(toRequest({ name: '', does: `+${POOL}` }), view), /it was read/)
})

test('does not throw on what is no object at all', async () => {
  const view = { namespace: 'metallb-system', read: () => Promise.resolve([]) }
  const request = toRequest({ name: '', does: `+${POOL}` })
  for (const object of [null, 5, [], {}, { metadata: [] }]) {
    for (const operation of ['CREATE', 'UPDATE', 'DELETE', 'CONNECT']) {
      for (const kind of [request.kind, 'metallb.io/v1beta1/BFDProfile', '', 'metallb.io']) {
        const verdict = await judgeMetal({ ...request, kind, operation, object, oldObject: object }, view)
        assert.equal(verdict.message, '')
      }
    }
  }
})
