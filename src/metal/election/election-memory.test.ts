import assert from 'node:assert/strict'
import test from 'node:test'
import * as fc from 'fast-check'
import { decideAnnouncements } from './decide-announcements.ts'
import { ElectionMemory } from './election-memory.ts'
import { bgp, input, l2, on, peer, service } from './testing/objects.ts'
import { inputArbitrary } from './testing/arbitrary-input.ts'
import { rankPlainly } from './testing/plain-ranking.ts'

test('who announces an address is the first of a ranking that is made plainly', () => {
  fc.assert(
    fc.property(inputArbitrary, (given) => {
      const one = { ...given, options: { ...given.options, spreads: false } }
      const { announcers } = decideAnnouncements(one)
      for (const { addresses, ranked } of rankPlainly(one)) {
        // One that only a Service has which has no endpoint there is announced by nobody.
        const owners = addresses.flatMap((address) => announcers.get(address) ?? [])
        assert.deepEqual([...new Set(owners)], ranked.slice(0, 1))
      }
    }),
    { numRuns: 500 },
  )
})

test('what is remembered of earlier decisions changes nothing', () => {
  const part = fc.constantFrom('nodes', 'services', 'endpoints', 'members', 'config', 'options')
  fc.assert(
    fc.property(
      inputArbitrary,
      fc.array(fc.tuple(inputArbitrary, fc.subarray(['nodes', 'services', 'members', 'config'] as const), part), {
        maxLength: 6,
      }),
      (first, changes) => {
        const memory = new ElectionMemory()
        let now = { ...first, config: { ...first.config, bgpAdvertisements: [bgp()], peers: [peer('a'), peer('b')] } }
        assert.deepEqual(decideAnnouncements(now, memory), decideAnnouncements(now))
        for (const [next, parts, one] of changes) {
          const { bgpAdvertisements, peers } = now.config
          now = { ...now, [one]: next[one] }
          for (const name of parts) now = { ...now, [name]: next[name] }
          now = { ...now, config: { ...now.config, bgpAdvertisements, peers } }
          assert.deepEqual(decideAnnouncements(now, memory), decideAnnouncements(now))
        }
      },
    ),
    { numRuns: 300 },
  )
})

test('what did not change comes out as the same objects, so that it is seen at once', () => {
  const services = [service('x', ['192.0.2.1']), service('y', ['192.0.2.2'])]
  const endpoints = new Map(services.map(({ key }) => [key, on('a', 'b')]))
  const config = { l2Advertisements: [l2()], bgpAdvertisements: [bgp()], peers: [peer('p')] }
  const begin = input({ services, endpoints, config })
  const memory = new ElectionMemory()
  const before = decideAnnouncements(begin, memory)
  const after = decideAnnouncements({ ...begin, endpoints: new Map(endpoints).set('shop/y', []) }, memory)
  assert.equal(after.bgp.length, 1)
  assert.equal(after.bgp[0], before.bgp[0])
  for (const one of after.l2) assert.ok(before.l2.includes(one))
})
