import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keepGood } from './keep-good.ts'
import { readMetalConfig } from './read-metal-config.ts'
import { describeConfig, toSnapshot } from './testing/config-script.ts'

/** The configuration in use after each set of objects in turn. */
function follow(...versions: readonly (readonly string[])[]): readonly string[] {
  let config: ReturnType<typeof keepGood> | null = null
  for (const objects of versions) {
    config = keepGood(config, readMetalConfig(toSnapshot(objects).snapshot, { namespace: '' }))
  }
  return config === null ? [] : describeConfig(config)
}

const A = 'IPAddressPool a {addresses: [192.0.2.0/24]}'
const B = 'IPAddressPool b {addresses: [198.51.100.0/24]}'
const BAD_A = 'IPAddressPool a {addresses: [192.0.2.9-192.0.2.1]}'

test('a pool with a mistake stays as it was, announced as it was', () => {
  assert.deepEqual(follow([A, B, 'L2Advertisement l'], [BAD_A, B, 'L2Advertisement l']), [
    'pool a 192.0.2.0/24',
    'pool b 198.51.100.0/24',
    'l2 l pools=a,b',
  ])
})

test('a pool that is deleted goes, also with its name in use before', () => {
  assert.deepEqual(follow([A, B], [B]), ['pool b 198.51.100.0/24'])
  assert.deepEqual(follow([A, B], [BAD_A, B], [B]), ['pool b 198.51.100.0/24'])
})

test('a mistake is as good as a correction where the old form would overlap another pool now', () => {
  assert.deepEqual(follow([A], [BAD_A, 'IPAddressPool b {addresses: [192.0.2.128/25]}']), ['pool b 192.0.2.128/25'])
})

test('advertisements and peers with mistakes stay as they were', () => {
  const peer = 'BGPPeer p {myASN: 1, peerASN: 2, peerAddress: 203.0.113.1}'
  const before = follow([A, 'BGPAdvertisement v {localPref: 7}', peer])
  const after = follow(
    [A, 'BGPAdvertisement v {localPref: 7}', peer],
    [A, 'BGPAdvertisement v {localPref: -7}', 'BGPPeer p {myASN: 0, peerASN: 2, peerAddress: 203.0.113.1}'],
  )
  assert.deepEqual(after, before)
  assert.equal(after.length, 3)
})
